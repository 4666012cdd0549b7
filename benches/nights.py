#!/usr/bin/env python3
"""Ten nights of arrivals against one list, beside linking everything at once.

    benches/nights.py --midband target/release/midband --people ../shared/lists/make_people.py [--records 6000] [--nights 10]

A list of noisy people is cut: `--start` of it (default one half) is resolved at first, the rest arrives in equal nights, each by
`midband match NEW --known … --known-clusters …`. Printed: by night, records, seconds of processor time and what changed; at the
end the share of records whose cluster is the same set as when all are linked at once, and F1 of pairs against the known matches of
both. `--state` keeps the list in a folder (`--known-state`), whose nights cost what the new records cost. With `--folder` the files stay there. `--learn-from N` is for what a night costs beside a long list: match weights are learnt from N
records alone, and the clusters of what is there at first are the known matches. Python 3, no packages.
"""
import argparse, collections, json, os, pathlib, resource, subprocess, sys, tempfile


def run(command):
    """Seconds of processor time, and megabytes at the most."""
    process = subprocess.Popen([str(part) for part in command], stderr=subprocess.PIPE, text=True)
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 3):
        sys.exit(said)
    return f"{used.ru_utime + used.ru_stime:.1f} s, {used.ru_maxrss / 1024:.0f} MB"


def clusters(path):
    groups = collections.defaultdict(set)
    for line in open(path):
        row = json.loads(line)
        groups[row["cluster"]].add(str(row["id"]))
    return {record: frozenset(group) for group in groups.values() for record in group}


def from_gold(ids, gold, path):
    """Writes clusters of these records: those that known matches join."""
    home = {record: record for record in ids}

    def root(record):
        while home[record] != record:
            home[record] = home[home[record]]
            record = home[record]
        return record

    for a, b in gold:
        if a in home and b in home:
            home[root(a)] = root(b)
    numbers = {}
    with open(path, "w") as out:
        for record in ids:
            cluster = numbers.setdefault(root(record), len(numbers))
            row = {"cluster": cluster, "list": "left", "id": record, "contradicted": False}
            out.write(json.dumps(row) + "\n")


def f1(of, gold):
    found = {tuple(sorted((a, b))) for group in set(of.values()) for a in group for b in group if a < b}
    true = len(found & gold)
    return 2 * true / (len(found) + len(gold))


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--midband", required=True, type=pathlib.Path)
    words.add_argument("--people", required=True, type=pathlib.Path)
    words.add_argument("--records", type=int, default=6000)
    words.add_argument("--start", type=float, default=0.5, help="share of the records that is there at first")
    words.add_argument("--nights", type=int, default=10)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--merges", default="join", choices=["join", "propose"])
    words.add_argument("--folder", type=pathlib.Path)
    words.add_argument("--state", action="store_true", help="keep the list in a folder")
    words.add_argument("--each", type=int, metavar="N", help="new records a night")
    words.add_argument("--learn-from", type=int, metavar="N")
    words.add_argument("--no-whole", action="store_true", help="do not link everything at once")
    said = words.parse_args()
    kept = tempfile.TemporaryDirectory()
    folder = said.folder or pathlib.Path(kept.name)
    folder.mkdir(parents=True, exist_ok=True)
    midband, people = said.midband.resolve(), said.people.resolve()
    os.chdir(folder)
    with open("people.csv", "w") as out:
        subprocess.run([sys.executable, people, str(said.records), str(said.seed)], stdout=out, check=True)
    header, *rows = open("people.csv").read().splitlines(keepends=True)
    pathlib.Path("list").mkdir(exist_ok=True)
    first = int(len(rows) * said.start)
    if said.each:
        first = len(rows) - said.each * said.nights
    size = max(1, (len(rows) - first) // said.nights)
    cuts = [0, first] + [first + size * night for night in range(1, said.nights)] + [len(rows)]
    parts = []
    for at, (begin, end) in enumerate(zip(cuts, cuts[1:])):
        parts.append(pathlib.Path(f"list/{at:02}.csv"))
        parts[-1].write_text(header + "".join(rows[begin:end]))
    always = ["--judge", "none", "--only", "match", "-q"]
    gold_file = people.parent / "people_gold.csv"
    gold_file = pathlib.Path("people_gold.csv") if pathlib.Path("people_gold.csv").exists() else gold_file
    gold = {tuple(sorted(line.strip().split(","))) for line in open(gold_file).readlines()[1:]}
    if said.learn_from:
        pathlib.Path("learn.csv").write_text(header + "".join(rows[: said.learn_from]))
        took = run([midband, "match", "learn.csv", "-o", "night-00.jsonl", "--clusters", "learnt.jsonl", *always])
        os.replace("learnt.jsonl.weights.json", "clusters-00.jsonl.weights.json")
        from_gold([row.split(",", 1)[0] for row in rows[:first]], gold, "clusters-00.jsonl")
        print(f"first: {cuts[1]} records by known matches; weights of {said.learn_from}, {took}")
    else:
        more = ["--known-state", "state"] if said.state else ["--clusters", "clusters-00.jsonl"]
        took = run([midband, "match", parts[0], "-o", "night-00.jsonl", *more, *always])
        print(f"first: {cuts[1]} records, {took}")
    for night in range(1, len(parts)):
        if said.state:
            more = ["--clusters", f"clusters-{night:02}.jsonl"] if night == len(parts) - 1 and not said.no_whole else []
            took = run([midband, "match", parts[night], "--known-state", "state", "-o", f"night-{night:02}.jsonl",
                        "--merges", said.merges, *more, *always])
            print(f"night {night}: {cuts[night + 1] - cuts[night]} new beside {cuts[night]}, {took}")
            continue
        # What is known is all the parts before.
        with open("known.csv", "w") as known:
            known.write(header + "".join(rows[: cuts[night]]))
        state = f"clusters-{night - 1:02}.jsonl"
        new = f"clusters-{night:02}.jsonl"
        took = run([midband, "match", parts[night], "--known", "known.csv", "--known-clusters", state,
                    "-o", f"night-{night:02}.jsonl", "--clusters", new, "--merges", said.merges, *always])
        changes = collections.Counter(json.loads(line)["change"] for line in open(f"{new}.changes.jsonl"))
        print(f"night {night}: {cuts[night + 1] - cuts[night]} new beside {cuts[night]}, {took}, {dict(changes)}")
    if said.no_whole:
        return
    nightly = clusters(f"clusters-{len(parts) - 1:02}.jsonl")
    print(f"nightly: F1 {f1(nightly, gold):.4f}")
    took = run([midband, "match", "people.csv", "-o", "whole.jsonl", "--clusters", "whole-clusters.jsonl", *always])
    whole = clusters("whole-clusters.jsonl")
    same = sum(nightly[record] == group for record, group in whole.items())
    print(f"at once: {took}, F1 {f1(whole, gold):.4f}")
    print(f"records whose cluster is the same: {same} of {len(whole)} ({same / len(whole):.4f})")


if __name__ == "__main__":
    main()

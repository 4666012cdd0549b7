#!/usr/bin/env python3
"""Labels on the pairs that a run leaves for review, then the run again: prints a Markdown table.

    benches/review_labels.py --midband target/release/midband list.csv:gold.csv left.csv,right.csv:gold.csv [--labels 30]

By list: `match` without labels; the pairs for review that are nearest to even odds, or, if there are too few, the other pairs
nearest to them, are labeled by the gold; `match` again with these labels. Printed: labeled pairs that came out as labeled, pairs
for review that are labeled (none should be), F1 over the pairs that nobody labeled and pairwise F1 of the clusters, before and
after. Python 3, no packages.
"""
import argparse, csv, itertools, json, subprocess, sys, tempfile
from pathlib import Path

from linkage_peers import gold_pairs, named_work, quality


def match(midband, lists, folder, *more):
    command = [midband, "match", *lists, "-o", "out.jsonl", "--clusters", "clusters.csv", "--judge", "none", "-q", *more]
    done = subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True)
    if done.returncode not in (0, 3):
        sys.exit(done.stderr)
    one_list = len(lists) == 1
    rows = {}
    for row in map(json.loads, open(folder / "out.jsonl")):
        pair = (str(row["left_id"]), str(row["right_id"]))
        rows[tuple(sorted(pair)) if one_list else pair] = row
    groups = {}
    for row in csv.DictReader(open(folder / "clusters.csv", newline="")):
        groups.setdefault(row["cluster"], {}).setdefault(row["list"], []).append(row["id"])
    joined = set()
    for group in groups.values():
        left, right = group.get("left", []), group.get("right", [])
        joined |= {tuple(sorted(pair)) for pair in itertools.combinations(left, 2)} if one_list else set(itertools.product(left, right))
    return rows, joined


def matches(rows, without):
    return {pair for pair, row in rows.items() if row["decision"] == "match"} - without


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--midband", required=True, type=Path)
    words.add_argument("--labels", type=int, default=30)
    words.add_argument("works", nargs="+", type=named_work, metavar="LIST.csv[,RIGHT.csv]:GOLD.csv")
    said = words.parse_args()
    midband = said.midband.resolve()
    print("| list | labels (match, not) | as labeled | labeled and for review | pairs, before | after | clusters, before | after |\n" + "|---" * 8 + "|")
    for name, (left, right, gold_path) in said.works:
        lists = [Path(left)] + ([] if right == "-" else [Path(right)])
        gold = gold_pairs(gold_path, right == "-")
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            before, joined = match(midband, lists, folder)
            near = sorted(before, key=lambda pair: (before[pair]["decision"] != "review", abs(before[pair]["score"] - 0.5), pair))
            labeled = set(near[: said.labels])
            with open(folder / "labels.csv", "w", newline="") as file:
                out = csv.writer(file)
                out.writerow(["left_id", "right_id", "label"])
                out.writerows([before[pair]["left_id"], before[pair]["right_id"], int(pair in gold)] for pair in sorted(labeled))
            after, again = match(midband, lists, folder, "--labels", "labels.csv")
            kept = sum(after[pair]["decision"] == ("match" if pair in gold else "no_match") for pair in labeled if pair in after)
            open_ = sum(after[pair]["decision"] == "review" for pair in labeled if pair in after)
            rest = gold - labeled
            compared = [(matches(before, labeled), rest), (matches(after, labeled), rest), (joined, gold), (again, gold)]
            scores = [quality(found, wanted)[2] for found, wanted in compared]
            shown = " | ".join(f"{score:.4f}" for score in scores)
            yes = len(labeled & gold)
            print(f"| {name} | {len(labeled)} ({yes}, {len(labeled) - yes}) | {kept} | {open_} | {shown} |", flush=True)


if __name__ == "__main__":
    main()

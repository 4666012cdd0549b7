#!/usr/bin/env python3
"""Compares linkers on the same lists in one run, none of them with labels: Splink, recordlinkage's ECM, GoldenMatch and
midband. Prints a Markdown table: precision, recall and F1 over all gold pairs at each tool's own decision, B-cubed F1
where that decision is clusters, seconds of CPU and of the clock, peak memory.

    benches/linkage_peers.py --midband target/release/midband people.csv:gold.csv left.csv,right.csv:gold.csv
    benches/linkage_peers.py --midband target/release/midband --shared ../shared    the shared lists and 20,000 people
    benches/linkage_peers.py --shared ../shared --people 100000 --only splink,goldenmatch

A list is CSV with a header and a column `id`; gold is CSV with `left_id,right_id` (for one list: either order).
Each tool runs in a process of its own, with an empty home where it keeps anything between runs. What is not installed
comes from PyPI into a cache folder. How the other tools are set up: linkage_tools.py.
"""

import argparse
import csv
import importlib.metadata
import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGES = {
    "splink": "4.0.17",
    "duckdb": "2.0.1",
    "recordlinkage": "0.16",
    "goldenmatch": "3.22.0",
    "goldenmatch-native": "0.2.3",
    "pandas": "2.3.3",
    "pyarrow": "26.0.1",
}
TOOLS = ("splink", "recordlinkage", "goldenmatch", "midband")


def python():
    """A Python that has the packages."""
    try:
        if all(importlib.metadata.version(name) == version for name, version in PACKAGES.items()):
            return sys.executable
    except importlib.metadata.PackageNotFoundError:
        pass
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "midband/linkage-peers"
    wanted = [f"{name}=={version}" for name, version in PACKAGES.items()]
    done = cache / "installed"
    if not done.exists() or done.read_text().split() != wanted:
        print(f"linkage_peers: installs {' '.join(wanted)}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(cache)], check=True)
        subprocess.run([cache / "bin/pip", "-q", "install", *wanted], check=True, stdout=sys.stderr)
        done.write_text("\n".join(wanted))
    return str(cache / "bin/python")


def measured(command, folder, home, limit):
    """Runs a command: (what it cost, its last words where it fails)."""
    environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
    if home:
        environment.update(HOME=str(home), USERPROFILE=str(home))
    log = Path(folder) / "log"
    begin = time.monotonic()
    with open(log, "w") as out:
        child = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        over = threading.Timer(limit, child.kill)
        over.start()
        _, status, used = os.wait4(child.pid, 0)
        over.cancel()
    child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - begin
    # Linux counts kilobytes, macOS bytes.
    peak = used.ru_maxrss / (1 if sys.platform == "darwin" else 1 / 1024) / 1e6
    cost = (used.ru_utime + used.ru_stime, wall, peak)
    if child.returncode == 0:
        return cost, None
    if wall >= limit:
        return cost, f"no end in {limit} s"
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    said = [line for line in lines if "rror" in line] or lines or [f"exit code {child.returncode}"]
    return cost, said[-1][:100]


def gold_pairs(path, one_list):
    with open(path, encoding="utf-8-sig", newline="") as file:
        pairs = [(row["left_id"], row["right_id"]) for row in csv.DictReader(file)]
    return {tuple(sorted(pair)) if one_list else pair for pair in pairs}


def midband_pairs(path):
    with open(path, encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if row["decision"] == "match":
                yield "", str(row["left_id"]), str(row["right_id"])


def midband_clusters(path):
    """Pairs of records of one cluster; of two lists those between them."""
    clusters = {}
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            clusters.setdefault(row["cluster"], {}).setdefault(row["list"], []).append(row["id"])
    for lists in clusters.values():
        left, right = lists.get("left", []), lists.get("right")
        pairs = itertools.combinations(left, 2) if right is None else itertools.product(left, right)
        yield from (("clusters", a, b) for a, b in pairs)


def b_cubed(found, gold, path):
    """B-cubed F1 of the clusters that these pairs of one list make (Bagga and Baldwin, 1998)."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        ids = [row["id"] for row in csv.DictReader(file)]

    def clusters(pairs):
        first = {one: one for one in ids}

        def root(one):
            while first[one] != one:
                first[one] = one = first[first[one]]
            return one

        for a, b in pairs:
            first[root(a)] = root(b)
        return {one: root(one) for one in ids}

    ours, truth = clusters(found), clusters(gold)
    both = Counter((ours[one], truth[one]) for one in ids)
    of_ours, of_truth = Counter(ours.values()), Counter(truth.values())
    precision = sum(n * n / of_ours[a] for (a, _), n in both.items()) / len(ids)
    recall = sum(n * n / of_truth[b] for (_, b), n in both.items()) / len(ids)
    return 2 * precision * recall / (precision + recall)


def quality(found, gold):
    """Precision and recall are said for nothing found and nothing to find: none of either is right."""
    right = len(found & gold)
    precision = right / len(found) if found else float(not gold)
    recall = right / len(gold) if gold else float(not found)
    return precision, recall, 2 * right / (len(found) + len(gold)) if found or gold else 1.0


def run(tool, work, settings):
    left, right, gold_path = work
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        if tool == "midband":
            out = Path(folder) / "out.jsonl"
            lists = [left] if right == "-" else [left, right]
            clusters = Path(folder) / "clusters.csv"
            command = [settings.midband, "match", *lists, "-o", str(out), "--clusters", str(clusters)]
            command += ["--judge", "none"]
            cost, failure = measured(command, folder, None, settings.timeout)
        else:
            out = Path(folder) / "out.csv"
            command = [settings.python, str(HERE / "linkage_tools.py"), tool, left, right, str(out)]
            cost, failure = measured(command, folder, home, settings.timeout)
        if failure:
            return [("", cost, failure, None, 0)]
        # Only now: memory of this process before it starts another would count as the other's.
        one_list = right == "-"
        gold = gold_pairs(gold_path, one_list)
        found = {"": set()}
        if tool == "midband":
            pairs = itertools.chain(midband_pairs(out), midband_clusters(clusters))
        else:
            pairs = csv.reader(open(out, encoding="utf-8", newline=""))
        for way, a, b in pairs:
            found.setdefault(way, set()).add(tuple(sorted((a, b))) if one_list else (a, b))
        cubed = lambda way, some: b_cubed(some, gold, left) if one_list and (way or tool == "goldenmatch") else None
        return [(way, cost, None, (*quality(some, gold), cubed(way, some)), len(some)) for way, some in found.items()]


def table(works, settings):
    labels = {
        "splink": f"Splink {PACKAGES['splink']}, at .5",
        "recordlinkage": f"recordlinkage {PACKAGES['recordlinkage']}, ECM",
        "goldenmatch": f"GoldenMatch {PACKAGES['goldenmatch']}, zero configuration",
        "midband": "midband, no judge",
    }
    print("| lists | tool | precision | recall | F1 | B-cubed F1 | pairs | CPU s | s | peak MB |\n" + "|---" * 10 + "|")
    for name, work in works:
        for tool in settings.tools:
            for way, (cpu, wall, peak), failure, score, pairs in run(tool, work, settings):
                label = labels[tool] if not way else f"{labels[tool].split(',')[0]}, {way}"
                shown = ("" if x is None else f"{x:.4f}" for x in score or ())
                figures = " | ".join(shown) if score else f"fails: {failure.replace('|', '/')} | | | "
                count = f"{pairs:,}" if score else ""
                print(f"| {name} | {label} | {figures} | {count} | {cpu:.1f} | {wall:.1f} | {peak:.0f} |", flush=True)


def shared_works(shared, people, folder):
    lists = Path(shared).resolve() / "lists"
    for name in ("febrl2", "febrl4", "patients_small"):
        left = lists / (f"{name}_left.csv" if name == "febrl4" else f"{name}.csv")
        right = str(lists / f"{name}_right.csv") if name == "febrl4" else "-"
        yield name, (str(left), right, str(lists / f"{name}_gold.csv"))
    if people:
        with open(Path(folder) / "people.csv", "w") as out:
            subprocess.run([sys.executable, lists / "make_people.py", str(people)], cwd=folder, stdout=out, check=True)
        yield f"{people:,} people", (f"{folder}/people.csv", "-", f"{folder}/people_gold.csv")


def named_work(text):
    lists, _, gold = text.rpartition(":")
    left, _, right = lists.partition(",")
    if not left or not gold:
        raise argparse.ArgumentTypeError(f"{text!r} is not LIST.csv[,RIGHT.csv]:GOLD.csv")
    paths = [str(Path(path).resolve()) for path in (left, right, gold) if path]
    for path in paths:
        if not Path(path).is_file():
            raise argparse.ArgumentTypeError(f"no file {path}")
    return Path(left).stem.removesuffix("_left"), (paths[0], paths[1] if right else "-", paths[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("works", nargs="*", type=named_work, metavar="LIST.csv[,RIGHT.csv]:GOLD.csv")
    parser.add_argument("--midband", help="the binary; left out, only the others run")
    parser.add_argument("--shared", help="folder of the shared sets: febrl2, febrl4, patients_small and made people")
    parser.add_argument("--people", type=int, default=20_000, help="how many, with --shared; 0 for none (default 20000)")
    parser.add_argument("--only", help="tools, by commas: " + ",".join(TOOLS))
    parser.add_argument("--lists", help="with --shared: only these, by commas (febrl2, febrl4, patients_small, people)")
    parser.add_argument("--timeout", type=int, default=1_800, help="seconds a tool has for a list (default 1800)")
    settings = parser.parse_args()
    settings.tools = settings.only.split(",") if settings.only else [t for t in TOOLS if t != "midband" or settings.midband]
    if set(settings.tools) - set(TOOLS) or ("midband" in settings.tools and not settings.midband):
        parser.error("--only names a tool that isn't there, or midband without --midband")
    if settings.midband:
        settings.midband = str(Path(settings.midband).resolve())
    settings.python = python() if set(settings.tools) - {"midband"} else sys.executable
    versions = ", ".join(f"{name} {version}" for name, version in PACKAGES.items())
    print(f"Linkers beside one another on {os.cpu_count()} cores, Python {sys.version.split()[0]}: {versions}.\n")
    with tempfile.TemporaryDirectory() as folder:
        works = list(settings.works)
        if settings.shared:
            some = settings.lists.split(",") if settings.lists else None
            people = settings.people if some is None or "people" in some else 0
            for name, work in shared_works(settings.shared, people, folder):
                if some is None or name.split()[-1] in some:
                    works.append((name, work))
        if not works:
            parser.error("names no list; --shared or LIST.csv:GOLD.csv")
        table(works, settings)


if __name__ == "__main__":
    main()

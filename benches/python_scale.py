#!/usr/bin/env python3
"""Many cached pairs through polars beside the command of the same wheel: rows a second, processor time, peak memory.

    python benches/python_scale.py [PAIRS] [TEXTS]        1000000 pairs of 2000 texts by default

Run it with an interpreter that has the wheel, polars and pyarrow. Texts are embedded once, before anything is measured; both sides read
the same Parquet file, use the same cache, and their scores must be the same. Each side is a process of its own.
"""

import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

SCORE = """
import sys, midband, polars as pl
pairs = pl.read_parquet("pairs.parquet")
scores = midband.score(pairs, judge="none", policy="band", cache="cache")
scores.to_polars().write_parquet("python.parquet")
"""
WORDS = "cough fever rash stroke asthma lisinopril metformin left right knee hip pain chronic acute follow up visit".split()


def measured(command, folder):
    """Seconds, processor seconds and peak memory of a process."""
    begin = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit(said)
    return time.monotonic() - begin, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main():
    import polars as pl

    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    distinct = int(sys.argv[2]) if len(sys.argv) > 2 else 2_000
    draw = random.Random(1)
    texts = [f"patient {at}: " + " ".join(draw.choices(WORDS, k=12)) for at in range(distinct)]
    midband = pathlib.Path(sys.executable).parent / "midband"
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        pairs = pl.DataFrame({"id": range(count), "a": draw.choices(texts, k=count), "b": draw.choices(texts, k=count)})
        pairs.write_parquet(folder / "pairs.parquet")
        warm = pl.DataFrame({"id": range(distinct), "a": texts, "b": texts[1:] + texts[:1]})
        warm.write_parquet(folder / "warm.parquet")
        options = ["--judge=none", "--policy=band", "--cache=cache", "-q"]
        measured([midband, "score", "warm.parquet", "-o", "warm-scores.parquet", *options], folder)
        rows = {
            "the command, Parquet to Parquet": measured([midband, "score", "pairs.parquet", "-o", "command.parquet", *options], folder),
            "polars": measured([sys.executable, "-c", SCORE], folder),
        }
        ours, theirs = (pl.read_parquet(folder / f"{name}.parquet", columns=["score"]) for name in ("python", "command"))
        if not ours.equals(theirs):
            sys.exit("the scores differ")
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.0f}; {count:,} pairs of {distinct:,} texts.\n")
    print("| way | rows a second | processor, s | peak memory, MB |\n|---|---:|---:|---:|")
    for name, (took, used, peak) in rows.items():
        print(f"| {name} | {count / took:,.0f} | {used:.1f} | {peak:,.0f} |")


if __name__ == "__main__":
    main()

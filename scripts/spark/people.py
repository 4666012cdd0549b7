"""Lists of people on Spark beside the command: `python scripts/spark/people.py PEOPLE.csv GOLD.csv [MASTER] [LEARN_ON]`.

The list is de-duplicated by both, without a judge. Prints one JSON line for each: seconds, pairs, precision, recall and F1 of the
matches against the gold pairs (`left_id,right_id`), and the seconds of Spark's stages. `local-cluster[2,1,1024]` starts executors of
their own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

COMMAND = "import sys; from midband import _midband; sys.exit(_midband.main(['midband', *sys.argv[1:]]))"


def measured(pairs: pl.DataFrame, gold: pl.DataFrame) -> dict[str, float]:
    """Precision, recall and F1 of the matches."""

    def ends(of: pl.DataFrame) -> pl.DataFrame:
        both = of.select(pl.min_horizontal("left_id", "right_id").alias("a"), pl.max_horizontal("left_id", "right_id").alias("b"))
        return both.unique()

    found, wanted = ends(pairs.filter(pl.col("decision") == "match")), ends(gold)
    right = found.join(wanted, on=["a", "b"], how="inner").height
    precision, recall = right / max(found.height, 1), right / max(wanted.height, 1)
    f1 = 2 * right / max(found.height + wanted.height, 1)
    return {"pairs": pairs.height, "precision": round(precision, 4), "recall": round(recall, 4), "f1": round(f1, 4)}


def main(people: str, gold: str, master: str, learn_on: int) -> None:
    from session import session

    import midband.spark

    os.environ["PYSPARK_PYTHON"] = sys.executable
    work = Path(tempfile.mkdtemp(prefix="midband-people."))
    wanted = pl.read_csv(gold, infer_schema=False)
    pl.read_csv(people, infer_schema=False).write_parquet(work / "people.parquet", row_group_size=50_000)
    spark = session(master, "2g", 8, "ERROR")
    begin = time.monotonic()
    list_ = spark.read.parquet(str(work / "people.parquet"))
    folder = work / "run"
    matched = midband.spark.match(list_, folder=folder, judge="none", clusters=True, learn_on=learn_on)
    made = pl.DataFrame(matched.select("left_id", "right_id", "decision").toArrow())
    took = time.monotonic() - begin
    seconds = {}
    for marker in sorted(folder.glob("*.whole")):
        seconds[marker.name.removesuffix(".whole")] = round(spark.read.parquet(str(marker)).collect()[0]["seconds"], 1)
    candidates = spark.read.parquet(str(folder / "pairs")).count()
    print(json.dumps({"by": f"Spark, {master}", "seconds": round(took, 1), "candidates": candidates, **measured(made, wanted), "stages": seconds}), flush=True)
    spark.stop()
    begin = time.monotonic()
    said = ["match", work / "people.parquet", "-o", work / "command.parquet", "--judge=none", "--clusters", work / "clusters.jsonl", "-q"]
    subprocess.run([sys.executable, "-c", COMMAND, *map(str, said)], check=True)
    took = time.monotonic() - begin
    theirs = pl.read_parquet(work / "command.parquet", columns=["left_id", "right_id", "decision"])
    print(json.dumps({"by": "the command", "seconds": round(took, 1), **measured(theirs, wanted)}), flush=True)
    shutil.rmtree(work)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else "local[2]", int(sys.argv[4]) if len(sys.argv) > 4 else 200_000)

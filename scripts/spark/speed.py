"""Pairs per second of the score stage beside the command on the same core: `python scripts/spark/speed.py PAIRS.jsonl [ROWS] [CORES]`.

Both learn from the same 1,000 pairs without a judge and score the others by that. Runs take turns, so that what else the machine does
falls on both. Prints one JSON line for each turn.
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

SAMPLE = 1_000

COMMAND = "import sys; from midband import _midband; sys.exit(_midband.main(['midband', *sys.argv[1:]]))"


def main(path: str, rows: int, cores: int) -> None:
    from pyspark.sql import SparkSession

    import midband.spark

    os.environ["PYSPARK_PYTHON"] = sys.executable
    given = pl.read_ndjson(path).select("a", "b")
    given = pl.concat([given] * -(-rows // given.height)).head(rows)
    # Repeated pairs are other pairs: a number in each text, as in a record's key.
    number = pl.int_range(pl.len()).cast(pl.String)
    pairs = given.select(
        number.alias("id"), (pl.col("a") + "; number: " + number).alias("a"), (pl.col("b") + "; number: " + number).alias("b")
    )
    work = Path(tempfile.mkdtemp(prefix="midband-speed."))
    pairs.write_ndjson(work / "pairs.jsonl")
    pairs.write_parquet(work / "pairs.parquet", row_group_size=max(rows // (4 * cores), 1))
    spark = SparkSession.builder.master(f"local[{cores}]").config("spark.ui.enabled", "false").getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    for turn in range(3):
        begun = time.monotonic()
        said = ["score", str(work / "pairs.jsonl"), "--output", str(work / f"scored-{turn}.jsonl")]
        said += ["--sample", str(SAMPLE), "--judge", "none", "--threads", str(cores), "--quiet"]
        code = subprocess.run([sys.executable, "-c", COMMAND, *said], stderr=subprocess.DEVNULL).returncode
        command = time.monotonic() - begun
        assert code in (0, 1), code
        begun = time.monotonic()
        frame = spark.read.parquet(str(work / "pairs.parquet")).repartition(4 * cores)
        folder = work / f"run-{turn}"
        midband.spark.score(frame, folder, judge="none", sample=SAMPLE, threads=cores)
        whole = time.monotonic() - begun
        took = {
            name: spark.read.parquet(str(folder / f"{name}.whole")).collect()[0]["seconds"]
            for name in ("calibration", "score", "scores")
        }
        same = took["calibration"] + took["score"]
        said_ = {"turn": turn, "rows": rows, "cores": cores, "command_s": command, "spark_s": same, "all_stages_s": whole, **took}
        print(json.dumps({name: round(value, 1) for name, value in said_.items()} | {"ratio": round(same / command, 2)}), flush=True)
    spark.stop()
    shutil.rmtree(work)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if sys.argv[2:] else 20_000, int(sys.argv[3]) if sys.argv[3:] else 1)

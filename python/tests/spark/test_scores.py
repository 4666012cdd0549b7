"""Scores on Spark are those of one machine, whatever the partitions."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from comparing import same

import midband

from .conftest import Judge, frame

pytest.importorskip("pyarrow")


def test_a_run_that_learns_is_that_of_one_machine(spark, terms, judge, tmp_path):
    import midband.spark

    options = {"sample": 90, "seed": 3, "task": "same-concept"}
    wanted = midband.score(terms, judge=Judge(), **options).to_polars()
    made = []
    for parts in (1, 5):
        pairs = spark.createDataFrame(terms.to_arrow()).repartition(parts)
        folder = tmp_path / f"of-{parts}"
        made.append(frame(midband.spark.score(pairs, folder, judge=judge, **options)))
        same(made[-1], wanted)
        asked = set(judge.asked)
        assert len(asked) == len(judge.asked), "a pair was asked about twice"
        assert asked, "nobody was asked, and nothing was shown"
        judge.asked.clear()
        no_text_in(folder, terms)
    # All stages are whole: nothing is scored, nobody asked.
    stamps = {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}
    again = frame(midband.spark.score(spark.createDataFrame(terms.to_arrow()), folder, judge=judge, **options))
    same(again, wanted)
    assert judge.asked == []
    assert stamps == {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}


def no_text_in(folder: Path, pairs: pl.DataFrame) -> None:
    """No stage holds a text of the pairs."""
    texts = {text for name in ("a", "b") for text in pairs[name].to_list() if len(text) > 6}
    read = 0
    for path in folder.rglob("*.parquet"):
        table = pq.read_table(path)
        for name in table.column_names:
            if str(table.schema.field(name).type) == "string":
                values = table.column(name).to_pylist()
                read += len(values)
                for value in values:
                    assert value is None or not any(text in value for text in texts), (path, name)
    assert read > len(pairs), "no stage was read"


def test_a_calibration_alone_scores_as_the_commands_stream(spark, terms, tmp_path):
    import midband.spark

    labelled = pl.read_ndjson(Path(__file__).parents[3] / "data" / "terms.jsonl")
    calibration = midband.calibrate(labelled.head(160), task="same-concept")
    file = calibration.save(tmp_path / "calibration.json")
    rest = terms.tail(104)
    # Rows that are no pairs, and numbers as ids.
    broken = pl.DataFrame({"id": [900, 901], "a": ["one side", None], "b": [None, "another"]})
    numbered = pl.concat([rest.with_columns(pl.int_range(pl.len()).alias("id")), broken])
    pairs = spark.createDataFrame(numbered.to_arrow()).repartition(3)
    made = frame(
        midband.spark.score(pairs, tmp_path / "run", judge="none", calibration=file, sample=0, task="same-concept")
    )
    command = Path(sys.executable).parent / "midband"
    if command.exists():
        lines = numbered.write_ndjson()
        done = subprocess.run(
            [command, "score", "-", "--calibration", file, "--judge", "none", "--task", "same-concept"],
            input=lines,
            capture_output=True,
            text=True,
        )
        wanted = pl.read_ndjson(done.stdout.encode())
    else:
        scorer = midband.Scorer(calibration, judge="none", task="same-concept")
        wanted = scorer.score(numbered).to_polars()
    wanted = wanted.with_columns(
        *[pl.lit(None).alias(name) for name in ("judge_score", "reason") if name not in wanted.columns]
    )
    same(made, wanted)
    rejected = frame(spark.read.parquet(str(tmp_path / "run" / "score"))).filter(pl.col("rejected").is_not_null())
    assert rejected["id"].sort().to_list() == [900, 901]
    assert made.height == 104


def test_what_was_answered_is_not_asked_again(spark, terms, tmp_path):
    import midband.spark

    pairs = spark.createDataFrame(terms.to_arrow())
    options = {"sample": 60, "task": "same-concept"}
    first = Judge()
    wanted = frame(midband.spark.score(pairs, tmp_path / "whole", judge=first, **options))
    # One that goes away while the ask stage runs, after the sample's own questions.
    learnt = len(midband_asked(terms, options))
    breaks = Judge(breaks_after=learnt)
    with pytest.raises(midband.JudgeError):
        midband.spark.score(pairs, tmp_path / "broken", judge=breaks, **options)
    then = Judge()
    made = frame(midband.spark.score(pairs, tmp_path / "broken", judge=then, **options))
    same(made, wanted)
    assert not set(then.asked) & set(breaks.asked)
    assert sorted(then.asked + breaks.asked) == sorted(first.asked)


def midband_asked(terms: pl.DataFrame, options: dict) -> list[tuple[str, str]]:
    """What the sample's run asks: that of a run over the sample alone."""
    from midband import _midband
    from midband._tables import table_of

    ranks = pl.DataFrame(_midband.sample_ranks(table_of(terms), "id", 0))
    sample = pl.concat([terms, ranks], how="horizontal").sort("rank").head(options["sample"]).drop("rank")
    judge = Judge()
    midband.learn(sample, judge=judge, **options)
    return judge.asked


def test_what_can_not_be_is_said(spark, terms, tmp_path):
    import midband.spark

    twice = spark.createDataFrame(terms.vstack(terms.head(1)).to_arrow())
    with pytest.raises(midband.InputError, match="an id of its own"):
        midband.spark.score(twice, tmp_path / "twice", judge="none")
    pairs = spark.createDataFrame(terms.to_arrow())
    with pytest.raises(midband.InputError, match="no column 'x'"):
        midband.spark.score(pairs, tmp_path / "x", id="x", judge="none")
    with pytest.raises(midband.InputError, match="texts are needed"):
        midband.spark.score(pairs.selectExpr("id", "a", "1 AS b"), tmp_path / "b", judge="none")
    with pytest.raises(midband.InputError, match="stages of a cluster hold none"):
        midband.spark.score(pairs, tmp_path / "t", judge="none", include_text=True)
    with pytest.raises(midband.InputError, match="one machine"):
        midband.spark.score(pairs, tmp_path / "t", judge="none", band=(0.2, 0.8))
    with pytest.raises(midband.InputError, match="give a calibration"):
        midband.spark.score(pairs, tmp_path / "t", judge="none", sample=0)


def test_an_estimate_counts_what_there_is(spark, terms):
    import midband.spark

    pairs = spark.createDataFrame(terms.to_arrow())
    found = midband.spark.estimate(pairs, show=120, cores=4, core_hour=0.1, question=0.001, task="same-concept")
    assert found.pairs == terms.height
    assert found.pairs_per_core_second > 0 and 0 <= found.questions <= found.pairs
    assert abs(found.hours - (found.core_hours / 4 + found.judge_hours)) < 1e-9
    assert abs(found.bill - (found.core_hours * 0.1 + found.questions * 0.001)) < 1e-9
    assert "264 pairs" in str(found)

"""Scores on Ray Data are those of one machine."""

from __future__ import annotations

import logging
from pathlib import Path

import polars as pl
import pytest
from comparing import same

import midband

pytestmark = pytest.mark.filterwarnings("ignore")

try:
    import ray
except ImportError:
    pytest.skip("*** SKIPPED: ray is not installed: pip install 'midband[ray]' ***", allow_module_level=True)

DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.fixture(scope="module")
def cluster():
    ray.init(num_cpus=2, include_dashboard=False, logging_level=logging.ERROR, log_to_driver=False)
    yield
    ray.shutdown()


@pytest.fixture(scope="module")
def terms() -> pl.DataFrame:
    return pl.read_ndjson(DATA / "terms.jsonl").select("id", "a", "b")


def table(dataset) -> pl.DataFrame:
    return pl.concat([pl.DataFrame(one) for one in ray.get(dataset.to_arrow_refs()) if one.num_rows])


class Judge:
    """Says what a fixed rule says, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def __call__(self, pairs):
        self.asked.extend(pairs)
        return [0.93 if set(a.lower()) & set("aeiou") == set(b.lower()) & set("aeiou") else 0.08 for a, b in pairs]


def test_a_run_that_learns_is_that_of_one_machine(cluster, terms):
    import midband.ray

    options = {"sample": 90, "seed": 3, "task": "same-concept"}
    wanted = midband.score(terms, judge=Judge(), **options).to_polars()
    judge = Judge()
    pairs = ray.data.from_arrow(terms.to_arrow()).repartition(4)
    same(table(midband.ray.score(pairs, judge=judge, **options)), wanted)
    assert judge.asked, "nobody was asked, and nothing was shown"
    assert len(set(judge.asked)) == len(judge.asked), "a pair was asked about twice"


def test_a_calibration_alone_scores_as_a_scorer(cluster, terms, caplog):
    import midband.ray

    labelled = pl.read_ndjson(DATA / "terms.jsonl")
    calibration = midband.calibrate(labelled.head(160), task="same-concept")
    # A row that is no pair, and numbers as ids.
    numbered = terms.tail(104).with_columns(pl.int_range(pl.len()).alias("id"))
    broken = pl.DataFrame({"id": [900], "a": ["one side"], "b": [None]}, schema_overrides={"b": pl.String})
    pairs = ray.data.from_arrow(pl.concat([numbered, broken]).rename({"a": "left", "b": "right"}).to_arrow())
    with caplog.at_level(logging.WARNING, "midband.ray"):
        made = midband.ray.score(
            pairs, left="left", right="right", judge="none", calibration=calibration, sample=0, task="same-concept"
        )
    assert "1 rows are no pairs" in caplog.text
    wanted = midband.Scorer(calibration, judge="none", task="same-concept").score(numbered).to_polars()
    found = table(made)
    assert found["id"].sort().to_list() == list(range(104))
    same(found, wanted.with_columns(pl.lit(None).alias(name) for name in ("judge_score", "reason") if name not in wanted.columns))


def test_what_can_not_be_is_said(cluster, terms):
    import midband.ray

    pairs = ray.data.from_arrow(terms.to_arrow())
    for options, said in [
        ({"id": "x"}, "no column 'x'"),
        ({"band": (0.2, 0.8)}, "one machine"),
        ({"include_text": True}, "would write texts"),
        ({"sample": 0}, "give a calibration"),
    ]:
        with pytest.raises(midband.InputError, match=said):
            midband.ray.score(pairs, judge="none", **options)

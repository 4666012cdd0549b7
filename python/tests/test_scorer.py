"""A scorer that stays open."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import polars as pl
import pytest

import midband


def near(one: pl.Series, other: pl.Series) -> bool:
    most = (one - other).abs().max()
    return one.is_null().equals(other.is_null()) and (most is None or most <= 1e-5)


def test_what_a_run_learns_scores_the_pairs_beyond_its_sample(questions):
    wanted = midband.score(questions, judge="none", sample=60).to_polars()
    scores, calibration = midband.learn(questions, judge="none", sample=60)
    assert scores.to_polars().drop("latency_ms").equals(wanted.drop("latency_ms"))
    from midband import _midband
    from midband._tables import table_of

    ranks = pl.DataFrame(_midband.sample_ranks(table_of(questions), "id", 0))["rank"]
    beyond = questions.filter(ranks > ranks.sort()[59])
    assert beyond.height == questions.height - 60
    wanted = wanted.filter(pl.col("id").is_in(beyond["id"].to_list()))
    scorer = midband.Scorer(calibration, judge="none")
    # Whole, in parts, and on threads: the same.
    parts = list(beyond.iter_slices(13))
    with ThreadPoolExecutor(3) as threads:
        made = pl.concat([part.to_polars() for part in threads.map(scorer.score, parts)])
    for part in (scorer.score(beyond).to_polars(), made):
        for name in ("cosine", "proxy_score", "score"):
            assert near(part[name], wanted[name]), name
        for name in ("id", "route", "decision", "status"):
            assert part[name].to_list() == wanted[name].to_list(), name


def test_a_scorer_asks_its_judge_and_tells_rejected_rows(questions):
    calibration = midband.learn(questions, judge="none").calibration
    asked = []

    def judge(pairs):
        asked.extend(pairs)
        return [0.9] * len(pairs)

    scorer = midband.Scorer(calibration, judge=judge, min_gain=0.0)
    broken = pl.DataFrame({"id": ["x"], "a": ["text"], "b": [None]}, schema_overrides={"b": pl.String})
    scores = scorer.score(pl.concat([questions.select("id", "a", "b"), broken]))
    assert [row.id for row in scores.rejected] == ["x"]
    judged = scores.to_polars().filter(pl.col("decided_by") == "judge")
    assert 0 < judged.height == len(asked) == scores.summary["routes"]["ask"]


def test_a_scorer_says_what_it_can_not_do(questions, tmp_path):
    calibration = midband.learn(questions, judge="none").calibration
    with pytest.raises(midband.InputError, match="policy"):
        midband.Scorer(calibration, judge="none", policy="budget", max_questions=3)
    with pytest.raises(midband.InputError, match="learns nothing"):
        midband.learn(questions, judge="none", band=(0.2, 0.8))
    with pytest.raises(midband.InputError):
        midband.Scorer(tmp_path / "none.json", judge="none")
    scorer = midband.Scorer(calibration, judge="none")
    with pytest.raises(midband.InputError, match='no column "b"'):
        scorer.score(questions.drop("b"))
    with pytest.raises(RuntimeError, match="Engine"):
        pickle.dumps(scorer)
    # It is as good as before.
    assert len(scorer.score(questions)) == questions.height

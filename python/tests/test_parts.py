"""What a call can be given that stays: a judge, an embedder; and what a result can show."""

from __future__ import annotations

import asyncio
import math
import pickle
import time

import polars as pl
import pytest

import midband


@pytest.fixture
def patients(patients) -> pl.DataFrame:
    """A few of them: what is looked at here is not how well they are scored."""
    return patients.head(40)


def letters(texts):
    """A vector of how often each letter occurs."""
    return [[text.lower().count(chr(97 + at)) + 0.001 for at in range(26)] for text in texts]


def same_start(pairs):
    return [1.0 if a[:4] == b[:4] else 0.0 for a, b in pairs]


def test_one_open_model_gives_the_scores_of_a_model_a_call(patients):
    embedder = midband.Embedder()
    expected = midband.score(patients, judge="none").to_polars()
    for _ in range(2):
        got = midband.score(patients, judge="none", embedder=embedder).to_polars()
        assert (got["score"] - expected["score"]).abs().max() <= 1e-5
        assert got["decision"].equals(expected["decision"])
    begin = time.perf_counter()
    midband.score(patients.head(1), judge="none", policy="band", embedder=embedder)
    shared = time.perf_counter() - begin
    begin = time.perf_counter()
    midband.score(patients.head(1), judge="none", policy="band")
    assert shared < time.perf_counter() - begin
    calibration = midband.calibrate(patients, embedder=embedder)
    scorer = midband.Scorer(calibration, judge="none", embedder=embedder)
    assert len(scorer.score(patients)) == len(patients)


def test_vectors_come_out_of_lists_and_of_tables():
    import numpy

    embedder = midband.Embedder()
    texts = ["a cough", "coughing", "a broken knee"]
    vectors = embedder.embed(texts).to_numpy()
    assert vectors.shape == (3, 384) == (3, embedder.width) and vectors.dtype == numpy.float32
    assert numpy.allclose(numpy.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]
    table = pl.DataFrame({"note": texts})
    assert numpy.allclose(embedder.embed(table, "note").to_numpy(), vectors, atol=1e-5)
    assert "all-MiniLM-L6-v2" in embedder.model[0]
    with pytest.raises(midband.InputError, match="no column"):
        embedder.embed(table, "text")
    with pytest.raises(TypeError, match="unexpected"):
        midband.Embedder(mdel="x").embed(texts)


def test_a_function_of_ones_own_embeds(patients):
    embedder = midband.Embedder.of(letters, width=26, name="letters")
    scores = midband.score(patients, judge="none", embedder=embedder, embed="all")
    assert scores.provenance["embedding_model"] == {"name": "letters", "digest": "python:letters"}
    assert scores.to_polars()["cosine"].is_between(-1, 1).all()
    again = pickle.loads(pickle.dumps(embedder))
    assert again == embedder and again.embed(["ab"]).to_numpy().shape == (1, 26)
    with pytest.raises(midband.ModelError, match="2 texts"):
        midband.Embedder.of(lambda texts: letters(texts)[:1], width=26).embed(["a", "b"])
    with pytest.raises(midband.ModelError, match="width"):
        midband.Embedder.of(letters, width=25).embed(["a", "b"])


def test_a_judge_is_said_once_and_pickles(patients):
    judge = midband.Judge(same_start)
    options = {"policy": "band", "band": (-1.0, 1.0)}
    by_judge = midband.score(patients, judge=judge, **options).to_polars()
    by_function = midband.score(patients, judge=same_start, **options).to_polars()
    assert by_judge.drop("latency_ms").equals(by_function.drop("latency_ms"))
    assert pickle.loads(pickle.dumps(judge)) == judge
    assert midband.score(patients, judge=midband.Judge.nobody()).summary["judge_failed"] is None
    gone = midband.Judge.openai("http://127.0.0.1:9/v1", "some-model", request_timeout="5s")
    assert gone.options == {"judge_url": "http://127.0.0.1:9/v1", "models": "some-model", "request_timeout": "5s"}
    with pytest.raises(midband.JudgeError, match="allow_remote_judge"):
        midband.score(patients, judge=midband.Judge.openai("http://example.com/v1"))
    with pytest.raises(TypeError, match="no callable"):
        midband.match(patients, judge=judge)
    assert "ollama" in repr(midband.Judge.ollama("medgemma1.5"))


def test_a_result_shows_what_it_is_made_of(patients, tmp_path):
    scores = midband.score(patients, judge="none", parts=True)
    row = scores.to_polars().row(3, named=True)
    waterfall = scores.waterfall(row["id"])
    parts = {part["name"]: part["log_odds"] for part in row["parts"]}
    assert waterfall.parts == parts and "log odds" in repr(waterfall)
    odds = row["score"] / (1 - row["score"])
    assert sum(parts.values()) == pytest.approx(math.log(odds), abs=1e-3)
    assert waterfall._repr_html_().startswith("<svg") and "final score" in waterfall.svg
    shown = scores._repr_html_()
    assert f"{len(patients):,} pairs" in shown and "wait for a person" in shown and str(row["id"]) in shown
    assert not any(text[:20] in shown for text in patients["a"])
    # Parts come through other libraries' tables too.
    for table in (scores, scores.to_polars(), scores.to_arrow()):
        midband.report(table, tmp_path / "report.html")
        assert "What the score is made of" in (tmp_path / "report.html").read_text()
    with pytest.raises(midband.InputError, match="parts=True"):
        midband.score(patients, judge="none").waterfall(row["id"])
    with pytest.raises(midband.InputError, match="no row"):
        scores.waterfall("nobody")


def test_scores_go_back_to_splink_in_its_names():
    pairs = pl.DataFrame(
        {
            "unique_id_l": [1, 1],
            "unique_id_r": [7, 8],
            "first_name_l": ["Anna", "Anna"],
            "first_name_r": ["Anna", "Bert"],
        }
    )
    scores = midband.from_splink(pairs, judge="none")
    theirs = pl.DataFrame(scores.to_splink())
    assert theirs.columns[:4] == ["unique_id_l", "unique_id_r", "match_weight", "match_probability"]
    assert theirs["match_probability"].equals(scores.to_polars()["score"].rename("match_probability"))
    with pytest.raises(midband.InputError, match="left_id"):
        midband.score(pl.DataFrame({"id": [1], "a": ["x"], "b": ["x"]}), judge="none").to_splink()


def test_a_task_that_is_cancelled_ends_its_run(questions):
    calls = []

    def slow(texts):
        calls.append(len(texts))
        time.sleep(0.01 * len(texts))
        return letters(texts)

    async def cancelled():
        embedder = midband.Embedder.of(slow, width=26)
        task = asyncio.create_task(midband.ascore(questions, judge="none", embed="all", embedder=embedder))
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    begin = time.monotonic()
    asyncio.run(cancelled())
    assert calls and time.monotonic() - begin < 60
    people = pl.DataFrame({"id": ["1", "2"], "name": ["Anna Berg", "Anna Berg"], "born": ["1980-01-02"] * 2})
    assert len(asyncio.run(midband.amatch(people, judge="none", min_proxy=0.0))) <= 1


def test_importing_takes_a_fifth_of_a_second():
    import subprocess
    import sys

    code = "import os, time; begin = time.process_time(); import midband; print(time.process_time() - begin)"
    times = [float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(5)]
    # Processor time: the machine may be busy with other things.
    assert min(times) < 0.2, times

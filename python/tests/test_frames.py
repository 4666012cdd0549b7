"""What people bring in notebooks: frames of all kinds, labels in tables, functions that fail."""

from __future__ import annotations

import datetime
import logging

import midband
import numpy
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conftest import DATA

PAIRS = {"id": [1, 2, 3], "a": ["heart attack", "a cough", "broken leg"], "b": ["myocardial infarction", "coughing", "a fever"]}


def alone(table, **options) -> midband.Scores:
    return midband.score(table, judge="none", policy="band", **options)


@pytest.mark.parametrize(
    ("index", "more"),
    [(pd.Index([0, 0, 0]), []), (pd.Index(["x", "y", "z"]), []), (pd.Index([7, 8, 9], name="ward"), ["ward"])],
)
def test_an_index_of_pandas_is_a_column_where_it_has_a_name(index, more):
    frame = pd.DataFrame(PAIRS).set_index(index)
    names = alone(frame).column_names
    assert names[names.index("latency_ms") + 1 :] == more
    assert list(frame.columns) == list(PAIRS)
    by_id = pd.DataFrame(PAIRS).set_index("id")
    assert alone(by_id).to_polars()["id"].to_list() == PAIRS["id"]
    of_two = pd.DataFrame(PAIRS).set_index(["id", "a"])
    assert alone(of_two).to_polars()["id"].to_list() == PAIRS["id"]


def test_a_table_that_lacks_a_column_says_what_it_has():
    with pytest.raises(midband.InputError, match='no column "a"; it has id, text, b'):
        alone(pd.DataFrame(PAIRS).rename(columns={"a": "text"}))
    with pytest.raises(midband.InputError, match="it has no columns"):
        alone(pd.DataFrame())
    with pytest.raises(midband.InputError, match="the same column"):
        alone(pd.DataFrame(PAIRS), right="a")


def test_a_column_of_mixed_values_is_named_without_its_values():
    mixed = pd.DataFrame({**PAIRS, "a": pd.Series(["secret", 3, None], dtype=object)})
    with pytest.raises(midband.InputError, match="column a") as raised:
        alone(mixed)
    assert "secret" not in str(raised.value)


def test_one_column_is_no_table():
    for column in (pd.Series(["x"]), pl.Series(["x"]), pa.array(["x"]), pa.chunked_array([["x"]])):
        with pytest.raises(TypeError, match="one column"):
            midband.score(column)


class OneCapsule:
    """Speaks the interface for one array alone."""

    def __init__(self, array: pa.Array):
        self.array = array

    def __arrow_c_array__(self, requested_schema: object | None = None):
        return self.array.__arrow_c_array__(requested_schema)


def test_an_array_that_is_no_table_is_refused():
    rows = pa.array([{"id": 1, "a": "x", "b": "x"}])
    assert len(alone(OneCapsule(rows))) == 1
    with pytest.raises(TypeError, match="not of rows"):
        alone(OneCapsule(pa.array([1, 2])))
    with pytest.raises(TypeError, match="rows are null"):
        alone(OneCapsule(pa.array([{"id": 1, "a": "x", "b": "x"}, None])))


def test_texts_are_embedded_from_any_series():
    embedder = midband.Embedder.of(lambda texts: [[float(len(text)), 1.0] for text in texts], width=2)
    wanted = embedder.embed(["ab", "abcd"]).to_numpy()
    kinds = (pd.Series, pl.Series, pa.array, numpy.array, lambda texts: pa.chunked_array([texts]))
    for kind in kinds:
        assert (embedder.embed(kind(["ab", "abcd"])).to_numpy() == wanted).all()
    with pytest.raises(TypeError, match="one text"):
        embedder.embed("ab")
    for missing in (["ab", None], pd.Series(["ab", None]), pl.Series(["ab", None])):
        with pytest.raises(midband.InputError, match="text 1 is missing"):
            embedder.embed(missing)
    with pytest.raises(midband.InputError, match="text 0 is no text"):
        embedder.embed([3])


def test_days_with_a_zone_are_the_days_of_that_zone():
    left, right = (pl.read_csv(DATA / f"{name}.csv", infer_schema=False) for name in ("hospital", "practice"))
    plain = midband.match(left, right, judge="none", one_to_one=True)
    born = pl.col("dob").str.to_datetime("%Y-%m-%d", strict=False).dt.replace_time_zone("Europe/Berlin")
    zoned = midband.match(left.with_columns(born), right, judge="none", one_to_one=True)
    matches = lambda scores: set(scores.to_polars().filter(pl.col("decision") == "match")["id"])
    assert len(matches(plain)) > 100
    assert matches(zoned) == matches(plain)
    passed = alone(pl.DataFrame(PAIRS).with_columns(at=pl.lit(datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc))))
    assert passed.to_polars()["at"][0].year == 2020


def test_labels_in_a_table_stand_in_scores_and_in_matches(patients):
    labels = patients.select("id", "label").head(5)
    scores = midband.score(patients.drop("label"), judge="none", labels=labels).to_polars()
    labelled = scores.head(5)
    assert set(labelled["decided_by"]) == {"person"}
    assert [decision == "match" for decision in labelled["decision"]] == [label == 1 for label in labels["label"]]
    with pytest.raises(midband.InputError, match="none of the 1 labels"):
        midband.score(patients.drop("label"), judge="none", labels=pl.DataFrame({"id": ["nobody"], "label": [1]}))

    left, right = (pl.read_csv(DATA / f"{name}.csv", infer_schema=False) for name in ("hospital", "practice"))
    found = midband.match(left, right, judge="none", one_to_one=True).to_polars().filter(pl.col("decision") == "match").head(1)
    no = found.select("left_id", "right_id", label=pl.lit(0))
    again = midband.match(left, right, judge="none", one_to_one=True, labels=no).to_polars()
    assert again.filter(pl.col("id") == found["id"][0])["decision"].to_list() == ["no_match"]


def test_clusters_and_golden_records_come_as_tables(tmp_path):
    people = pl.read_csv(DATA / "hospital.csv", infer_schema=False)
    again = people.head(20).with_columns((pl.lit("again-") + pl.col("id")).alias("id"))
    both = pl.concat([people, again])
    scores = midband.match(both, judge="none", clusters=True, golden=True, golden_rule="surname=longest")
    clusters, golden = scores.clusters.to_polars(), scores.golden.to_polars()
    assert sorted(clusters["id"]) == sorted(both["id"])
    joined = clusters.filter(pl.col("id").str.starts_with("again-"))
    assert joined.height == 20 and clusters["cluster"].n_unique() == golden.height < both.height
    assert "rows" in scores.clusters._repr_html_() and "Records" in repr(scores.golden)
    written = midband.match(both, judge="none", clusters=tmp_path / "c.csv")
    assert written.clusters is None and pl.read_csv(tmp_path / "c.csv").height == both.height
    assert midband.match(both, judge="none").clusters is None


def test_a_judge_that_never_works_is_an_error_with_its_cause(patients, caplog):
    few = patients.head(8)
    wrong = {
        ZeroDivisionError: lambda pairs: [1 / 0 for _ in pairs],
        TypeError: lambda pairs: ["yes" for _ in pairs],
        ValueError: lambda pairs: [2.0 for _ in pairs],
    }
    for kind, judge in wrong.items():
        with pytest.raises(midband.JudgeError, match=kind.__name__) as raised:
            midband.score(few, policy="band", band=(-1.0, 1.0), judge=judge)
        assert isinstance(raised.value.__cause__, kind)
    assert "raised ZeroDivisionError" in caplog.text


def test_a_judge_that_works_in_parts_leaves_the_rest_unanswered(patients, caplog):
    calls = []

    def judge(pairs):
        calls.append(len(pairs))
        if len(calls) > 1:
            raise RuntimeError("busy")
        return numpy.full(len(pairs), 0.9, dtype=numpy.float32)

    embedder = midband.Embedder()
    engine = midband.Engine(policy="band", band=(-1.0, 1.0), judge=judge, embedder=embedder)
    with caplog.at_level(logging.WARNING, "midband"):
        first = engine.score(patients.head(4))
    assert first.summary["decided_by"] == {"judge": 4} and not caplog.records
    with pytest.raises(midband.JudgeError, match="RuntimeError"):
        engine.score(patients.tail(4))


# The function's own error is shown as of a thread, with its traceback.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_embedder_that_fails_is_a_model_error(patients):
    def broken(texts):
        raise RuntimeError("no device")

    embedder = midband.Embedder.of(broken, width=2)
    with pytest.raises(midband.ModelError, match="RuntimeError"):
        midband.score(patients.head(3), judge="none", policy="band", embedder=embedder)

"""Tables in, scores out: the same bits as the command's, whatever the table is made of."""

from __future__ import annotations

import json
import random

import polars as pl
import pyarrow as pa
import pytest
from conftest import DATA, objects
from polars.testing import assert_frame_equal

import midband

FIELDS = [
    "id",
    "cosine",
    "proxy_score",
    "route",
    "judge_score",
    "score",
    "decision",
    "decided_by",
    "status",
    "reason",
    "truncated",
    "latency_ms",
]


def rows(scores: midband.Scores) -> list[dict]:
    return scores.to_arrow().to_pylist()


@pytest.mark.parametrize(
    "options", [{}, {"policy": "band"}, {"band": (0.4, 0.8), "band_on": "cosine"}, {"sample": 20, "seed": 3}]
)
def test_the_same_input_gives_the_same_bits_as_the_command(patients, command, tmp_path, options):
    scores = midband.score(patients, judge="none", parts=True, **options)
    flags = {"band": "0.4..0.8"} | {name: value for name, value in options.items() if name != "band"}
    said = [f"--{name.replace('_', '-')}={value}" for name, value in flags.items() if name in options]
    command("score", DATA / "patients.jsonl", "-o", "out.jsonl", "--judge=none", "--parts", "-q", *said)
    theirs = objects(tmp_path / "out.jsonl")
    ours = rows(scores)
    for row in ours:
        row["parts"] = None if row["parts"] is None else {part["name"]: part["log_odds"] for part in row["parts"]}
    assert scores.column_names == [*FIELDS, "parts", "contradictions", "label", "difficulty"]
    of_notes = options.get("policy") != "band" and "band" not in options
    assert any(row["contradictions"] for row in ours) == of_notes
    assert [list(row.items()) for row in ours] == [list(row.items()) for row in theirs]
    provenance = json.loads((tmp_path / "out.jsonl.provenance.json").read_text())
    # Files have names and digests; a table has none.
    of_files = {"inputs", "calibration"}
    theirs = {name: value for name, value in provenance.items() if name not in of_files}
    assert {**scores.provenance, "started": ""} == {**theirs, "started": ""}
    summary = json.loads((tmp_path / "out.jsonl.summary.json").read_text())
    assert {**scores.summary, "seconds": 0} == {**summary, "seconds": 0}


def test_any_tables_of_the_same_pairs_give_the_same_scores(command, tmp_path):
    """A property: whatever pairs, chunks and string types, the command and every kind of table agree."""
    draw = random.Random(7)
    words = ["fever", "cough", "knee", "heart", "the", "of", "left", "right", "aspirin", "1994", "Ä", "漢字", "🙂"]
    text = lambda: " ".join(draw.choices(words, k=draw.randint(0, 8)))
    pairs = [{"id": f"p{at}", "a": text(), "b": text(), "n": at, "day": None} for at in range(60)]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(pair) + "\n" for pair in pairs), encoding="utf-8")
    command("score", "in.jsonl", "-o", "out.jsonl", "--judge=none", "-q")
    theirs = objects(tmp_path / "out.jsonl")
    for kind in (pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int16(), pa.string())):
        table = pa.Table.from_pylist(pairs)
        for name in ("a", "b"):
            column = table[name].dictionary_encode() if pa.types.is_dictionary(kind) else table[name]
            table = table.set_column(table.column_names.index(name), name, column.cast(kind))
        chunks = pa.Table.from_batches(table.to_batches(max_chunksize=draw.randint(1, 30)))
        assert rows(midband.score(chunks, judge="none")) == theirs, kind


def test_every_kind_of_table_is_taken(patients):
    import duckdb
    import pandas

    expected = midband.score(patients, judge="none").to_polars()
    arrow = patients.to_arrow()
    relation = duckdb.connect().from_arrow(arrow)
    for table in (arrow, arrow.to_reader(), arrow.combine_chunks().to_batches()[0], patients.to_pandas(), relation):
        got = midband.score(table, judge="none")
        assert_frame_equal(got.to_polars(), expected, check_dtypes=False)
    assert isinstance(got.to_pandas(), pandas.DataFrame)
    assert duckdb.connect().from_arrow(got.to_arrow()).count("id").fetchall() == [(len(patients),)]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (pl.LazyFrame({"id": [1]}), "collect"),
        ({"id": [1]}, "dict"),
        ("pairs.parquet", "path"),
        (pl.Series(["x"]), "one column"),
        ([{"id": 1}], "from_pylist"),
        (7, "__arrow_c_stream__"),
    ],
)
def test_what_is_no_table_is_a_type_error_that_says_what_to_do(table, said):
    with pytest.raises(TypeError, match=said):
        midband.score(table)


def test_columns_pass_through_without_a_copy(patients):
    table = patients.with_columns(at=pl.int_range(pl.len()), day=pl.date(2026, 11, 26)).to_arrow()
    scored = midband.score(table, judge="none").to_arrow()
    assert scored.schema.field("day").type == pa.date32()
    for name in ("at", "day", "difficulty"):
        ours = [b.address for chunk in scored[name].chunks for b in chunk.buffers() if b]
        theirs = [b.address for chunk in table[name].chunks for b in chunk.buffers() if b]
        assert ours == theirs, name
    assert scored["id"].to_pylist() == table["id"].to_pylist()


def test_rows_that_are_no_pairs_are_told_and_leave_the_others_in_their_places():
    table = pa.table(
        {
            "id": [1, 2, 2, 4, 5],
            "a": ["x", None, "x", "y", "z"],
            "b": ["x"] * 5,
            "score": [10, 20, 30, 40, 50],
            "texts": list("vwxyz"),
        }
    )
    scores = midband.score(table, judge="none", include_text=True)
    assert [(row.row, row.id, row.reason) for row in scores.rejected] == [(1, "2", 'field "a" is not a text')]
    table = table.set_column(1, "a", pa.array(["x", "w", "x", "y", "z"]))
    scores = midband.score(table, judge="none", include_text=True)
    assert [(row.row, row.reason) for row in scores.rejected] == [(2, "duplicate id")]
    got = rows(scores)
    assert [row["id"] for row in got] == [1, 2, 4, 5]
    assert [row["input_score"] for row in got] == [10, 20, 40, 50]
    assert [(row["a"], row["b"]) for row in got] == [("x", "x"), ("w", "x"), ("y", "x"), ("z", "x")]
    assert scores.summary["rejected_rows"] == 1


def test_mistakes_are_errors_that_name_the_keyword(patients, monkeypatch):
    with pytest.raises(midband.InputError, match="no column"):
        midband.score(patients.drop("b"))
    with pytest.raises(midband.InputError, match="texts are needed"):
        midband.score(patients.with_columns(a=pl.lit(1)))
    with pytest.raises(midband.InputError, match="max_questions"):
        midband.score(patients, policy="budget")
    with pytest.raises(midband.InputError, match="policy"):
        midband.score(patients, policy="clever")
    with pytest.raises(TypeError, match="did you mean 'policy'"):
        midband.score(patients, polcy="band")
    with pytest.raises(midband.JudgeError, match="allow_remote_judge"):
        midband.score(patients, judge="openai", judge_url=["http://example.com/v1"])
    monkeypatch.setenv("MIDBAND_OFFLINE", "1")
    with pytest.raises(midband.ModelError, match="midband.setup"):
        midband.score(patients, judge="none", embed_model_dir="nowhere")
    assert issubclass(midband.InputError, ValueError) and issubclass(midband.JudgeError, midband.MidbandError)


def test_an_empty_table_gives_an_empty_table():
    table = pl.DataFrame(schema={"id": pl.String, "a": pl.String, "b": pl.String})
    scores = midband.score(table, judge="none", policy="band")
    assert len(scores) == 0 and scores.column_names == FIELDS
    assert scores.to_polars().height == 0


def test_a_callable_is_asked_in_the_place_of_a_judge(patients):
    asked = []

    def judge(pairs):
        asked.extend(pairs)
        return [1.0 if a[:3] == b[:3] else None for a, b in pairs]

    scores = midband.score(patients, policy="band", band=(-1.0, 1.0), judge=judge).to_polars()
    texts = set(patients.select("a", "b").iter_rows())
    assert len(asked) == len(patients) and set(asked) <= texts
    answered = scores.filter(pl.col("decided_by") == "judge")
    assert set(answered["judge_score"]) <= {1.0}
    assert len(answered) == sum(a[:3] == b[:3] for a, b in texts)


def test_too_few_answers_of_a_callable_are_an_error(patients):
    with pytest.raises(midband.JudgeError) as raised:
        midband.score(patients.head(8), policy="band", band=(-1.0, 1.0), judge=lambda pairs: [0.5])
    assert "1 answers for 8 pairs" in str(raised.value.__cause__)


def test_learning_labels_evaluation_report_and_review(patients, tmp_path, command):
    calibration = midband.calibrate(patients)
    command("calibrate", DATA / "patients.jsonl", "-o", "theirs.json", "-q")
    without = lambda text: {**json.loads(text), "made": ""}
    assert without(calibration.json) == without((tmp_path / "theirs.json").read_text())
    assert "labels" in calibration.text
    calibration.save("ours.json")
    scores = midband.score(patients, judge="none", calibration=midband.Calibration.load("ours.json"), include_text=True)
    again = midband.score(patients, judge="none", calibration="theirs.json", include_text=True)
    assert rows(scores) == rows(again) and scores.provenance["calibrated"]
    evaluation = midband.evaluate(scores)
    assert evaluation["labelled"] == len(patients) and "AUROC" in evaluation.text
    assert dict(evaluation) == dict(midband.evaluate(scores.to_polars()))
    with pytest.raises(midband.InputError, match="gold"):
        midband.evaluate(scores, gold="nothing")
    for name in ("report.html", "report.pdf", "report.json"):
        assert midband.report(scores, name).stat().st_size > 1000
    assert json.loads((tmp_path / "report.json").read_text())["provenance"]["calibrated"]
    assert "<html" in midband.review(scores, "review.html").read_text().lower()
    with pytest.raises(midband.InputError, match="file name must end in"):
        scores.report("report.txt")


def test_splinks_pairs_are_scored_in_its_own_names():
    predicted = pl.DataFrame(
        {
            "match_weight": [5.0, -3.0],
            "match_probability": [0.97, 0.1],
            "source_dataset_l": ["x", "x"],
            "source_dataset_r": ["y", "y"],
            "unique_id_l": [1, 1],
            "unique_id_r": [7, 8],
            "first_name_l": ["Anna", "Anna"],
            "first_name_r": ["Anna", None],
            "dob_l": ["1980-02-01", "1980-02-01"],
            "dob_r": ["1980-02-01", "1999-12-31"],
            "tf_first_name_l": [0.1, 0.1],
            "tf_first_name_r": [0.1, 0.1],
        }
    )
    scores = midband.from_splink(predicted, judge="none", include_text=True).to_polars()
    assert scores["id"].to_list() == ["1|7", "1|8"]
    assert scores["a"].to_list() == ["first_name: Anna; dob: 1980-02-01"] * 2
    assert scores["b"].to_list() == ["first_name: Anna; dob: 1980-02-01", "dob: 1999-12-31"]
    assert scores["match_probability"].to_list() == [0.97, 0.1] and scores["left_id"].to_list() == ["1", "1"]
    assert scores["score"][0] > scores["score"][1]
    with pytest.raises(midband.InputError, match="unique_id_l"):
        midband.from_splink(pl.DataFrame({"id": [1]}))

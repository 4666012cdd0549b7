"""Lists of records in, scored pairs out."""

from __future__ import annotations

import midband
import polars as pl
import pytest
from conftest import DATA, objects


def test_lists_give_what_the_command_gives(command, tmp_path):
    left, right = (pl.read_csv(DATA / f"{name}.csv", infer_schema=False) for name in ("hospital", "practice"))
    scores = midband.match(left, right, judge="none", one_to_one=True)
    command("match", DATA / "hospital.csv", DATA / "practice.csv", "-o", "out.jsonl", "--judge=none", "--one-to-one", "-q")
    theirs = objects(tmp_path / "out.jsonl")
    assert scores.to_arrow().to_pylist() == theirs
    assert scores.summary["decisions"]["match"] > 10 and "match" in scores.text
    assert scores.provenance["proxy"].startswith("match weights")


def test_one_list_is_deduplicated_and_gold_is_joined():
    people = pl.read_csv(DATA / "hospital.csv", infer_schema=False)
    name = people.columns[0]
    again = people.head(20).with_columns((pl.lit("again-") + pl.col(name)).alias(name))
    gold = pl.DataFrame({"left_id": people[name].head(20), "right_id": again[name]})
    scores = midband.match(pl.concat([people, again]), id=name, gold_pairs=gold, judge="none").to_polars()
    assert scores.filter(pl.col("label") == 1)["decision"].to_list().count("match") >= 15
    assert midband.evaluate(scores)["labelled"] == len(scores)


def test_mistakes(patients):
    with pytest.raises(midband.InputError, match="two lists"):
        midband.match(patients, one_to_one=True)
    with pytest.raises(midband.InputError, match="id"):
        midband.match(patients.drop("id"))
    with pytest.raises(TypeError, match="left is a LazyFrame"):
        midband.match(patients.lazy())


def test_new_records_join_a_resolved_list(command, tmp_path):
    people = pl.read_csv(DATA / "hospital.csv", infer_schema=False)
    name = people.columns[0]
    first, state = people.head(200), tmp_path / "first.jsonl"
    midband.match(first, id=name, judge="none", clusters=state)
    again = first.head(5).with_columns((pl.lit("again-") + pl.col(name)).alias(name))
    fresh = pl.concat([people.tail(len(people) - 200), again])
    found = midband.match(fresh, id=name, known=first, known_clusters=state, judge="none", clusters=True)
    matches = {row["left_id"] for row in found.to_arrow().to_pylist() if row["decision"] == "match"}
    assert set(first[name].head(5)) <= matches
    first.write_csv(tmp_path / "first.csv")
    by_path = midband.match(fresh, id=name, known=tmp_path / "first.csv", known_clusters=state, judge="none")
    assert by_path.to_arrow().to_pylist() == found.to_arrow().to_pylist()
    with pytest.raises(midband.InputError, match="known_clusters"):
        midband.match(fresh, id=name, known=first, judge="none")

"""Lists that are compared column by column on Spark have the pairs and scores of ``midband match``, whatever the partitions."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

import midband

from .conftest import DATA, Judge, frame

NAMES = "anna bela carla dario elena farid greta hanno irina jakob karla lukas maria noemi oskar paula".split()
FAMILIES = "hartmann okonkwo fitzgerald lindqvist moreau castellano brunner nakamura petrov sorensen rosenthal quintero".split()
STREETS = "oak elm mill park spring church station garden river hill".split()


def people(count: int, seed: int) -> tuple[pl.DataFrame, dict[str, int]]:
    """People with up to four records each, and whose each record is."""
    draw = random.Random(seed)
    rows, owner = [], {}
    for person in range(count):
        base = {
            "given_name": draw.choice(NAMES),
            "surname": draw.choice(FAMILIES),
            "birth_date": f"{draw.randint(1930, 2004)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}",
            "street": f"{draw.randint(1, 200)} {draw.choice(STREETS)} street",
            "postcode": str(10_000 + draw.randint(0, 300)),
            "phone": f"0{draw.randint(400_000_000, 499_999_999)}",
        }
        for _ in range(draw.choice([1, 1, 2, 3, 4])):
            row = {**base, "id": f"r{draw.randrange(10**9):09}"}
            for _ in range(draw.randint(0, 2)):
                change = draw.choice(["typo", "swap", "none", "moved", "date"])
                if change == "typo":
                    row["surname"] = row["surname"][:2] + draw.choice("xyz") + row["surname"][3:]
                elif change == "swap":
                    row["given_name"], row["surname"] = row["surname"], row["given_name"]
                elif change == "none":
                    row[draw.choice(["phone", "birth_date", "given_name"])] = None
                elif change == "moved":
                    row["street"], row["postcode"] = f"{draw.randint(1, 200)} {draw.choice(STREETS)} road", str(10_000 + draw.randint(0, 300))
                else:
                    row["birth_date"] = "1900-01-01"
            rows.append(row)
            owner[row["id"]] = person
    # The command numbers records by their rows, Spark by their ids.
    return pl.DataFrame(rows).sort("id"), owner


def same(found: pl.DataFrame, wanted: pl.DataFrame) -> None:
    """The same pairs, words alike, scores within 1e-5."""
    found, wanted = found.sort("left_id", "right_id"), wanted.sort("left_id", "right_id")
    assert found.select("id", "left_id", "right_id").equals(wanted.select("id", "left_id", "right_id"))
    for name in ("proxy_score", "score"):
        assert (found[name] - wanted[name]).abs().max() <= 1e-5, name
    for name in ("route", "decision", "status", "decided_by"):
        if name in wanted.columns:
            assert found[name].to_list() == wanted[name].to_list(), name
    dropped = wanted["resolved"].to_list() if "resolved" in wanted.columns else [None] * len(wanted)
    assert (found["resolved"].to_list() if "resolved" in found.columns else [None] * len(found)) == dropped


def no_value_in(folder: Path, table: pl.DataFrame) -> None:
    """No stage but the fit holds a value of the records."""
    values = {value for name in table.columns if name != "id" for value in table[name].to_list() if value}
    read = 0
    for path in folder.rglob("*.parquet"):
        if path.parent.name == "fit":
            continue
        stage = pq.read_table(path)
        for name in stage.column_names:
            if str(stage.schema.field(name).type) == "string":
                read += stage.num_rows
                assert not values & set(stage.column(name).to_pylist()), (path, name)
    assert read > len(table)


def test_one_list_is_that_of_the_command(spark, tmp_path):
    import midband.spark

    table, _ = people(900, 5)
    wanted = midband.match(table, judge="none", clusters=True)
    theirs = wanted.to_polars()
    assert theirs.height > 1_000
    folder = tmp_path / "run"
    list_ = spark.createDataFrame(table.to_arrow()).repartition(3)
    made = frame(midband.spark.match(list_, folder=folder, judge="none", clusters=True))
    same(made, theirs)
    assert (made["rules"] == 0).any(), "no third record brought two others together"
    no_value_in(folder, table)
    # Clusters of several records, as sets.
    clusters = pl.DataFrame(wanted.clusters.to_arrow()).filter(pl.col("size") > 1)
    found = frame(spark.read.parquet(str(folder / "clusters")))

    def sets(of: pl.DataFrame) -> dict[frozenset[str], tuple[float, bool, bool]]:
        grouped = of.group_by("cluster").agg("id", pl.first("confidence", "contradicted", "review"))
        return {frozenset(row["id"]): (row["confidence"], row["contradicted"], row["review"]) for row in grouped.to_dicts()}

    ours, theirs = sets(found), sets(clusters)
    assert ours.keys() == theirs.keys() and len(ours) > 200
    for records, (confidence, *words) in theirs.items():
        assert abs(ours[records][0] - confidence) <= 1e-5 and list(ours[records][1:]) == words
    # All stages are whole: nothing is compared again.
    stamps = {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}
    again = frame(midband.spark.match(list_, folder=folder, judge="none", clusters=True))
    assert again.sort("id").equals(made.sort("id"))
    assert stamps == {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}


@pytest.mark.parametrize("parts", [1, 5])
def test_two_lists_are_those_of_the_command(spark, tmp_path, parts):
    import midband.spark

    tables = [pl.read_csv(DATA / f"{name}.csv", infer_schema=False) for name in ("hospital", "practice")]
    wanted = midband.match(*tables, judge="none", one_to_one=True).to_polars()
    lists = [spark.createDataFrame(table.to_arrow()).repartition(parts) for table in tables]
    made = frame(midband.spark.match(*lists, folder=tmp_path / "run", judge="none", one_to_one=True))
    same(made, wanted)
    assert made.filter(pl.col("decision") == "match").height > 100


def test_rules_of_ones_own_are_used(spark, tmp_path):
    import midband.spark

    table, _ = people(700, 8)
    rules = ["birth_date", "soundex(surname)+postcode", "phone"]
    wanted = midband.match(table, judge="none", block_on=rules).to_polars()
    list_ = spark.createDataFrame(table.to_arrow())
    made = frame(midband.spark.match(list_, folder=tmp_path / "run", block_on=rules, judge="none"))
    same(made, wanted)
    counts = frame(spark.read.parquet(str(tmp_path / "run" / "rules")))
    assert set(counts["rule"]) == set(rules) and counts["pairs"].min() > 0


def f1(made: pl.DataFrame, owner: dict[str, int]) -> float:
    found = made.filter(pl.col("decision") == "match").select("left_id", "right_id").iter_rows()
    right = [owner[a] == owner[b] for a, b in found]
    sizes = [list(owner.values()).count(person) for person in set(owner.values())]
    return 2 * sum(right) / (len(right) + sum(size * (size - 1) // 2 for size in sizes))


def test_a_sample_teaches_for_the_whole_list(spark, tmp_path):
    import midband.spark

    table, owner = people(1_500, 11)
    made = []
    for parts in (1, 4):
        list_ = spark.createDataFrame(table.to_arrow()).repartition(parts)
        run = midband.spark.match(list_, folder=tmp_path / str(parts), judge="none", learn_on=1_200)
        made.append(frame(run).sort("left_id", "right_id"))
    same(made[1], made[0])
    whole = midband.match(table, judge="none").to_polars()
    assert f1(made[0], owner) > f1(whole, owner) - 0.02 > 0.85


def test_the_driver_asks_about_what_columns_leave_open(spark, tmp_path):
    import midband.spark

    # Little that tells these people apart.
    table = people(500, 3)[0].drop("phone", "street")
    list_ = spark.createDataFrame(table.to_arrow())
    judge = Judge()
    made = frame(midband.spark.match(list_, folder=tmp_path / "run", judge=judge))
    asked = made.filter(pl.col("route") == "ask")
    assert asked.height == len(judge.asked) > 0
    assert asked["judge_score"].is_not_null().all() and set(asked["decided_by"]) == {"judge"}
    assert made.filter(pl.col("route") != "ask")["decided_by"].unique().to_list() == ["columns"]
    nobody = frame(midband.spark.match(list_, folder=tmp_path / "nobody", judge="none"))
    assert made.height == nobody.height
    # Only as many as a run may learn on reach the driver.
    few = Judge()
    some = frame(midband.spark.match(list_, folder=tmp_path / "some", judge=few, sample=400))
    assert some.height == made.height and 0 < len(few.asked) <= 400


def test_what_can_not_be_is_said(spark, tmp_path):
    import midband.spark

    table, _ = people(30, 1)
    list_ = spark.createDataFrame(table.to_arrow())
    texts = spark.createDataFrame([(at, f"a remark of some length number {at * 7919 % 1000}, and more words") for at in range(40)], ["id", "remark"])
    with pytest.raises(midband.InputError, match="cannot compare the columns"):
        midband.spark.match(texts, folder=tmp_path / "b", judge="none", compare="columns")
    with pytest.raises(midband.InputError, match="compare='text'"):
        midband.spark.match(list_, folder=tmp_path / "c", judge="none", compare="columns", text=["surname"])
    with pytest.raises(midband.InputError, match="no column \"birthday\""):
        midband.spark.match(list_, folder=tmp_path / "d", judge="none", block_on="birthday")
    with pytest.raises(midband.InputError, match="cluster_threshold"):
        midband.spark.match(list_, folder=tmp_path / "e", judge="none", cluster_threshold=1.0)

"""Candidate pairs, partners and clusters on Spark."""

from __future__ import annotations

import random

import polars as pl
import pytest

import midband

from .conftest import DATA, frame


def test_texts_are_matched_by_rules(spark, tmp_path):
    import midband.spark

    hospital = pl.read_csv(DATA / "hospital.csv", infer_schema=False)
    practice = pl.read_csv(DATA / "practice.csv", infer_schema=False)
    map = {"surname": "last_name", "first_name": "given_name", "dob": "birth_date", "zip": "postal_code"}
    lists = [spark.createDataFrame(table.to_arrow()) for table in (hospital, practice)]
    options = dict(
        folder=tmp_path / "run",
        compare="text",
        block_on="dob,prefix(surname,4)+zip",
        map=map,
        most_pairs=50,
        judge="none",
        one_to_one=True,
    )
    made = frame(midband.spark.match(*lists, **options, clusters=True))
    assert made["id"].n_unique() == made.height > 0
    assert (made["id"] == made["left_id"] + "|" + made["right_id"]).all()
    # Every known match with a date that both lists have is a candidate by the first rule.
    counts = {row["rule"]: row for row in frame(spark.read.parquet(str(tmp_path / "run" / "rules"))).to_dicts()}
    assert set(counts) == {"dob", "prefix(surname,4)+zip"}
    for bit, rule in enumerate(counts):
        bit = ["dob", "prefix(surname,4)+zip"].index(rule)
        proposed = made.filter(pl.col("rules") // 2**bit % 2 == 1).height
        assert proposed == counts[rule]["pairs"], rule
    gold = pl.read_csv(DATA / "hospital_practice_gold.csv", infer_schema=False).select("left_id", "right_id")
    found = made.join(gold, on=["left_id", "right_id"])
    assert found.height > 0.8 * gold.height
    # The same scores as those of the same pairs on one machine.
    texts = {side: text_of(table, names) for side, table, names in (("l", hospital, {}), ("r", practice, map))}
    pairs = made.select("id", "left_id", "right_id").sort("id")
    pairs = pairs.with_columns(
        pl.col("left_id").replace_strict(texts["l"]).alias("a"), pl.col("right_id").replace_strict(texts["r"]).alias("b")
    )
    wanted = midband.score(pairs, judge="none").to_polars().sort("id")
    made = made.sort("id")
    assert made["route"].to_list() == wanted["route"].to_list()
    assert (made["score"] - wanted["score"]).abs().max() <= 1e-5
    # Nobody has two partners, and what was dropped was a match.
    matches = made.filter(pl.col("decision") == "match")
    assert matches["left_id"].is_unique().all() and matches["right_id"].is_unique().all()
    dropped = made.filter(pl.col("resolved").is_not_null())["id"]
    before = wanted.filter(pl.col("decision") == "match")["id"]
    assert set(dropped) == set(before) - set(matches["id"])
    again = midband.spark.match(*lists, **options)
    assert frame(again).sort("id").equals(made.select(again.columns).sort("id"))
    clusters = frame(spark.read.parquet(str(tmp_path / "run" / "clusters")))
    assert clusters.height == 2 * matches.height
    assert clusters.group_by("cluster").len()["len"].unique().to_list() == [2]


def text_of(table: pl.DataFrame, names: dict[str, str]) -> dict[str, str]:
    """The records' texts by id."""
    shown = {other: name for name, other in names.items()}
    texts = {}
    for row in table.to_dicts():
        fields = [(name, value) for name, value in row.items() if name != "id" and value and value.strip()]
        texts[row["id"]] = "; ".join(f"{shown.get(name, name)}: {value}" for name, value in fields)
    return texts


def test_partners_are_those_of_the_largest_sum(spark, tmp_path):
    from midband.spark._folder import Folder
    from midband.spark._resolving import resolved

    # The best pair of a component of three would leave two records alone; two records of another tie.
    scored = [("a", "x", 0.99), ("a", "y", 0.98), ("b", "x", 0.98), ("c", "z", 0.9), ("d", "z", 0.9), ("e", "w", 0.8)]
    rows = [(f"{left}|{right}", left, right, score, "match") for left, right, score in scored]
    rows.append(("f|w", "f", "w", 0.1, "no_match"))
    table = spark.createDataFrame(rows, ["id", "left_id", "right_id", "score", "decision"])
    for many, wanted in ((False, {"a|y", "b|x", "c|z", "e|w"}), (True, {"a|x", "b|x", "c|z", "d|z", "e|w"})):
        made = frame(resolved(Folder(spark, str(tmp_path / str(many))), table, "made of", many=many))
        stay = made.filter(pl.col("decision") == "match")["id"]
        assert set(stay) == wanted
        assert set(made.filter(pl.col("resolved").is_not_null())["id"]) == {row[0] for row in rows[:6]} - wanted
        assert made.height == len(rows)


def test_components_are_those_of_union_and_find(spark, tmp_path):
    from midband.spark._components import components
    from midband.spark._folder import Folder

    rng = random.Random(7)
    path = [(f"p{at:02}", f"p{at + 1:02}") for at in range(40)]
    rng.shuffle(path)
    loose = [(f"v{rng.randrange(120):03}", f"v{rng.randrange(120):03}") for _ in range(90)]
    edges = path + loose
    parent: dict[str, str] = {}

    def first(of: str) -> str:
        while parent.setdefault(of, of) != of:
            of = parent[of]
        return of

    for a, b in edges:
        one, other = sorted((first(a), first(b)))
        parent[other] = one
    wanted = {vertex: first(vertex) for a, b in edges if a != b for vertex in (a, b)}
    made = frame(components(Folder(spark, str(tmp_path)), spark.createDataFrame(edges, ["a", "b"]), "made of", "c"))
    assert made["vertex"].is_unique().all()
    assert dict(made.select("vertex", "first").iter_rows()) == wanted
    assert len({first for vertex, first in wanted.items() if vertex.startswith("p")}) == 1


def test_blocks_too_large_are_left_out_and_counted(spark, tmp_path):
    from midband.spark._blocking import Blocking, Records
    from midband.spark._folder import Folder

    rows = [(at, "1900-01-01" if at < 30 else f"19{at}-02-03", f"name{at // 2}") for at in range(60)]
    people = Records(spark.createDataFrame(rows, ["id", "born", "surname"]), "id", ["born", "surname"], {})
    types = {"born": "date", "surname": "family_name"}
    blocking = Blocking(Folder(spark, str(tmp_path)), people, None, ["born", "surname"], types, 100)
    pairs, _ = blocking.pairs()
    assert set(frame(pairs).select("left_id", "right_id").iter_rows()) == {(at, at + 1) for at in range(0, 60, 2)}
    counts = {row["rule"]: row for row in frame(spark.read.parquet(str(tmp_path / "rules"))).to_dicts()}
    assert counts["born"] == {"rule": "born", "pairs": 0, "blocks_left_out": 1, "pairs_left_out": 435}
    assert counts["surname"]["pairs"] == 30


def test_pairs_have_the_commands_ids(spark):
    from midband import _midband
    from midband._tables import table_of
    from midband.spark._texts import pair_id

    ids = [("1", "2"), ("a|b", "c"), ("a", "b|c"), ("x\\y", "|"), ("\\|", "\\\\")]
    table = pl.DataFrame(ids, schema=["unique_id_l", "unique_id_r"], orient="row").with_columns(name_l=pl.lit("x"), name_r=pl.lit("y"))
    wanted = pl.DataFrame(_midband.from_splink(table_of(table)))["id"].to_list()
    made = spark.createDataFrame(ids, ["left_id", "right_id"]).select("left_id", "right_id", pair_id("left_id", "right_id").alias("id"))
    assert {tuple(row[:2]): row[2] for row in frame(made).iter_rows()} == dict(zip(ids, wanted, strict=True))


def test_rules_are_divided_outside_brackets():
    pytest.importorskip("pyspark")
    from midband.spark._blocking import rules_of

    assert rules_of("born, words(a,b)+zip") == ["born", "words(a,b)+zip"]
    assert rules_of(["prefix(surname,3)", "zip"]) == ["prefix(surname,3)", "zip"]


def test_nearest_texts_are_found(spark, terms, tmp_path):
    import numpy

    import midband.spark
    from midband.spark._blocking import Records
    from midband.spark._folder import Folder
    from midband.spark._nearest import Nearest

    left = terms.select("id", pl.col("a").alias("name")).unique("name", keep="first", maintain_order=True)
    right = terms.select("id", pl.col("b").alias("name")).unique("name", keep="first", maintain_order=True)
    lists = [Records(spark.createDataFrame(of.to_arrow()).repartition(2), "id", ["name"], {}) for of in (left, right)]
    pairs, _ = Nearest(Folder(spark, str(tmp_path / "two")), *lists, 5, 0, {}).pairs()
    made = frame(pairs)
    assert made["id"].is_unique().all() and (made["id"] == made["left_id"] + "|" + made["right_id"]).all()
    embedder = midband.Embedder()
    one, two = (embedder.embed(of["name"].to_list()).to_numpy() for of in (left, right))
    cosines = one @ two.T
    nearest = {(left["id"][row], right["id"][int(at)]) for row in range(len(left)) for at in numpy.argsort(-cosines[row])[:5]}
    nearest |= {(left["id"][int(at)], right["id"][row]) for row in range(len(right)) for at in numpy.argsort(-cosines[:, row])[:5]}
    found = set(made.select("left_id", "right_id").iter_rows())
    assert len(found & nearest) > 0.9 * len(nearest)
    assert len(found) < 2 * len(nearest)
    # Of one list no record is its own partner, and each pair is there once.
    pairs, _ = Nearest(Folder(spark, str(tmp_path / "one")), lists[0], None, 3, 0, {}).pairs()
    made = frame(pairs)
    assert (made["left_id"] < made["right_id"]).all() and made["id"].is_unique().all()
    assert set(made["left_id"]) | set(made["right_id"]) == set(left["id"])


def test_lists_of_texts_need_no_rules(spark, terms, tmp_path):
    import midband.spark

    some = terms.head(80)
    lists = [spark.createDataFrame(some.select("id", pl.col(of).alias("name")).to_arrow()) for of in ("a", "b")]
    made = frame(midband.spark.match(*lists, folder=tmp_path, text=["name"], judge="none", top_k=3, task="same-concept"))
    of_itself = made.filter(pl.col("left_id") == pl.col("right_id"))
    assert of_itself.height > 30 and made.height <= 2 * 3 * 80
    assert made["score"].is_between(0, 1).all() and made["cosine"].is_not_null().all()

"""Clusters of records whose columns were compared: connected components, each taken apart by the command's own code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .. import _midband
from .._columns import arrow_schema, ddl
from ._actions import run
from ._components import components
from ._folder import Folder, digest
from ._resolving import list_and_id, log_odds, vertex, within

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

__all__ = ["by_average_link", "one_cluster"]


def by_average_link(
    folder: Folder, matched: DataFrame, made_of: str, threshold: float, *, two_lists: bool
) -> DataFrame:
    """The stage ``clusters``: ``list``, ``id`` (as text), ``cluster`` (its first record), ``confidence``, ``contradicted`` and
    ``review`` of each record that is in a cluster of several."""
    from pyspark.sql import functions as F

    own = digest("clusters", {"matched": made_of, "threshold": threshold})
    left, right = vertex("left_id", "l"), vertex("right_id", "r" if two_lists else "l")

    def make() -> DataFrame:
        matches = matched.where(F.col("decision") == "match").select(F.min(log_odds()))
        least = min(0.0, run(folder.spark, lambda: matches.collect())[0][0] or 0.0)
        weighed = matched.select(left.alias("a"), right.alias("b"), "decision", "score", log_odds().alias("odds"))
        joining = weighed.where((F.col("decision") == "match") | ((F.col("decision") == "review") & (F.col("odds") > least)))
        firsts = components(folder, joining.select("a", "b"), own, "clusters")
        joined = within(weighed, firsts).select("of_a", "a", "b", "decision", "score").repartition("of_a")
        columns = {"vertex": "string", "cluster": "string", "confidence": "double", "contradicted": "boolean", "review": "boolean"}

        def taken_apart(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            import pyarrow as pa

            whole = list(batches)
            if sum(batch.num_rows for batch in whole):
                rows = _clusters(pa.Table.from_batches(whole), threshold, least, two_lists)
                yield from pa.Table.from_pylist(rows, schema=arrow_schema(columns)).to_batches()

        found = joined.mapInArrow(taken_apart, ddl(columns))
        return found.select(*list_and_id(), "cluster", "confidence", "contradicted", "review")

    return folder.stage("clusters", own, make)


def _clusters(pairs: pa.Table, threshold: float, least: float, two_lists: bool) -> list[dict[str, Any]]:
    """The clusters of whole components, of one record left out."""
    ends = {name: pairs.column(name).to_pylist() for name in ("a", "b")}
    # Records of the left list come first: "l:" is before "r:".
    records = sorted({*ends["a"], *ends["b"]}, key=_place)
    number = {record: at for at, record in enumerate(records)}
    lefts = sum(record.startswith("l:") for record in records)
    words = pairs.column("decision").to_pylist(), pairs.column("score").to_pylist()
    scored = [(number[a], number[b], *of) for a, b, *of in zip(ends["a"], ends["b"], *words)]
    rights = len(records) - lefts if two_lists else None
    of, confidence, contradicted, review = _midband.clusters(scored, lefts, rights, threshold, least)
    first: dict[int, str] = {}
    sizes: dict[int, int] = {}
    for record, cluster in zip(records, of):
        first.setdefault(cluster, record)
        sizes[cluster] = sizes.get(cluster, 0) + 1
    doubtful = set(contradicted)
    return [
        {
            "vertex": record,
            "cluster": first[cluster],
            "confidence": confidence[cluster],
            "contradicted": cluster in doubtful,
            "review": review[cluster],
        }
        for record, cluster in zip(records, of)
        if sizes[cluster] > 1
    ]


def _place(record: str) -> tuple[str, int, str]:
    """The order of records: numbers as numbers."""
    side, id = record[:2], record[2:]
    return (side, int(id), "") if id.isdecimal() and id.isascii() and len(id) < 20 else (side, 1 << 64, id)


def one_cluster(matched: DataFrame, clusters: DataFrame, *, two_lists: bool) -> DataFrame:
    """The pairs, of which matches between two clusters are none: ``resolved`` says so."""
    from pyspark.sql import functions as F

    side = "right" if two_lists else "left"
    of_left = clusters.where(F.col("list") == "left").select(F.col("id").alias("one"), F.col("cluster").alias("cluster_one"))
    of_right = clusters.where(F.col("list") == side).select(F.col("id").alias("two"), F.col("cluster").alias("cluster_two"))
    named = matched.withColumns({"one": F.col("left_id").cast("string"), "two": F.col("right_id").cast("string")})
    joined = named.join(of_left, "one", "left").join(of_right, "two", "left")
    apart = (F.col("decision") == "match") & ~F.coalesce(F.col("cluster_one") == F.col("cluster_two"), F.lit(False))
    before = F.col("resolved") if "resolved" in matched.columns else F.lit(None).cast("string")
    decided = joined.withColumn("resolved", F.when(apart, F.lit("clusters")).otherwise(before))
    decision = F.when(apart, F.lit("no_match")).otherwise(F.col("decision"))
    columns = [name for name in matched.columns if name not in ("decision", "resolved")]
    return decided.select(*columns, decision.alias("decision"), "resolved")

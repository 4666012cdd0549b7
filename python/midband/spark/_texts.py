"""Pairs and records as columns of Spark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .._errors import InputError

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

__all__ = ["fingerprint", "id_type", "pair_id", "text_of"]

# Integers and strings are ids everywhere; other types would be written in one way here and in another there.
_ID_TYPES = ("string", "bigint", "int", "smallint", "tinyint")


def id_type(frame: DataFrame, id: str) -> str:
    """The type of the ids' column.

    Raises
    ------
    InputError
        There is no such column, or its type is none of ids.
    """
    types: dict[str, str] = dict(frame.dtypes)
    if id not in types:
        raise InputError(f"no column {id!r}")
    if types[id] not in _ID_TYPES:
        raise InputError(f"the column {id!r} holds {types[id]}: ids are strings or whole numbers")
    return types[id]


def text_of(columns: Sequence[str], names: Mapping[str, str]) -> Column:
    """The text of a record as ``midband match`` compares it: one column as it stands, several as "name: value; …", values of
    nothing but white space left out. ``names`` are the names to be shown where they are others."""
    from pyspark.sql import functions as F

    if len(columns) == 1:
        return F.coalesce(F.col(f"`{columns[0]}`").cast("string"), F.lit(""))

    def shown(name: str) -> Column:
        value = F.col(f"`{name}`").cast("string")
        return F.when(value.rlike("\\S"), F.concat(F.lit(f"{names.get(name, name)}: "), value))

    return F.concat_ws("; ", *map(shown, columns))


def pair_id(left: str, right: str) -> Column:
    """The id of a pair of records: theirs with a bar between them; a bar or a backslash within an id stands behind a backslash."""
    from pyspark.sql import functions as F

    def escaped(name: str) -> Column:
        text = F.col(name).cast("string")
        text = F.replace(text, F.lit("\\"), F.lit("\\\\"))
        return F.replace(text, F.lit("|"), F.lit("\\|"))

    return F.concat(escaped(left), F.lit("|"), escaped(right))


def fingerprint(frame: DataFrame, id: str) -> tuple[int, str]:
    """Rows of a table, and a digest of them that holds whatever their order.

    Raises
    ------
    InputError
        Two rows have one id, or a row has none.
    """
    from pyspark.sql import functions as F

    from ._actions import run

    # Sums of hashes: no order, and every machine adds up its own part. Two halves, so that no sum overflows.
    hashed = F.xxhash64(*[F.col(f"`{name}`").cast("string") for name in sorted(frame.columns)])
    high, low = F.shiftrightunsigned(hashed, 32), hashed.bitwiseAND(F.lit(0xFFFFFFFF))
    wanted = frame.agg(
        F.count("*").alias("rows"),
        F.count_distinct(F.col(f"`{id}`")).alias("ids"),
        F.sum(high).alias("high"),
        F.sum(low).alias("low"),
    )
    rows, ids, high_sum, low_sum = run(frame.sparkSession, lambda: wanted.collect())[0]
    if rows != ids:
        raise InputError(f"{rows} rows have {ids} ids: every row needs an id of its own in {id!r}")
    return rows, f"{rows}-{high_sum}-{low_sum}"

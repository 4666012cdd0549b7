"""The stage that finds candidate pairs: blocking rules as equi-joins."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import _midband
from .._errors import InputError
from .._tables import table_of
from ._actions import run
from .._columns import ddl
from ._folder import Folder, digest
from ._texts import fingerprint, id_type, pair_id, text_of

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

__all__ = ["Blocking", "Records"]

log = logging.getLogger("midband.spark")

# Records that show what a list's columns hold.
_SHOWING = 20_000

# A pair remembers its rules in the bits of a number.
_MOST_RULES = 63


@dataclass(frozen=True)
class Records:
    """A list of records."""

    frame: DataFrame
    id: str
    text: Sequence[str]
    """The columns that are compared."""
    renamed: Mapping[str, str]
    """Names of the left list for columns of other names."""

    def named(self) -> DataFrame:
        """The records' values as text under the left list's names, and ``id``."""
        from pyspark.sql import functions as F

        columns = [name for name in self.frame.columns if name != self.id]
        return self.frame.select(
            F.col(f"`{self.id}`").alias("id"),
            *[F.col(f"`{name}`").cast("string").alias(f"c_{self.renamed.get(name, name)}") for name in columns],
        )

    def texts(self, side: str) -> DataFrame:
        """``left_id`` and ``a``, or ``right_id`` and ``b``."""
        from pyspark.sql import functions as F

        id, text = ("left_id", "a") if side == "left" else ("right_id", "b")
        return self.frame.select(F.col(f"`{self.id}`").alias(id), text_of(self.text, self.renamed).alias(text))


Types = list[tuple[str, str, str]]


@dataclass
class Blocking:
    """Finds pairs of records that agree by one of the rules."""

    folder: Folder
    left: Records
    right: Records | None
    rules: Sequence[str]
    types: Mapping[str, str]
    """Types of columns that the user gives."""
    most_pairs: int
    """Pairs of a block; larger blocks propose none."""

    def pairs(self) -> tuple[DataFrame, str]:
        """The stage ``pairs`` (``id``, ``left_id``, ``right_id``, ``rules``: bit i for rule i), and its digest."""
        rules = len(self._rules())
        if not 1 <= rules <= _MOST_RULES:
            raise InputError(f"{rules} blocking rules: between 1 and {_MOST_RULES} are possible")
        made_of = digest("pairs", self._made_of())
        if not self.folder.is_whole("pairs", made_of):
            keys = {side: self._keys(side, records, made_of) for side, records in self._lists}
            blocks = self._blocks(keys, made_of)
            counts = self.folder.stage("rules", made_of, lambda: self._counts(blocks))
            for row in run(self.folder.spark, lambda: counts.collect()):
                log.info("rule %s: %d pairs, %d blocks of %d pairs left out", *row)
            self.folder.stage("pairs", made_of, lambda: self._joined(keys, blocks))
        return self.folder.read("pairs"), made_of

    @property
    def _lists(self) -> list[tuple[str, Records]]:
        return [("left", self.left), *([("right", self.right)] if self.right else [])]

    def _made_of(self) -> dict[str, object]:
        """What the pairs depend on."""
        lists = self._lists
        return {
            "lists": [fingerprint(records.frame, records.id) for _, records in lists],
            "texts": [records.text for _, records in lists],
            "renamed": [dict(records.renamed) for _, records in lists],
            "rules": list(self.rules),
            "types": dict(self.types),
            "most_pairs": self.most_pairs,
        }

    def _rules(self) -> list[str]:
        return list(self.rules)

    def _most(self) -> int:
        """Pairs of the largest block that proposes any."""
        return self.most_pairs

    def _types(self, records: Records) -> Types:
        """What the columns hold, seen from records that come first in an order of hashes."""
        from pyspark.sql import functions as F

        named = records.named().orderBy(F.xxhash64(F.col("id").cast("string"))).limit(_SHOWING)
        shown = run(self.folder.spark, lambda: named.drop("id").toArrow())
        shown = shown.rename_columns([name.removeprefix("c_") for name in shown.column_names])
        found = _midband.column_types(table_of(shown))
        return [(name, self.types.get(name, kind), notation) for name, kind, notation in found]

    def _keys(self, side: str, records: Records, made_of: str) -> DataFrame:
        """``id``, ``rule``, ``key``: hashes of what must be equal."""
        from pyspark.sql import functions as F

        rules, kind = list(self.rules), id_type(records.frame, records.id)

        def make() -> DataFrame:
            types = self._types(records)
            if side == "right":
                of_left = {name: kind for name, kind, _ in self._types(self.left)}
                types = [(name, of_left.get(name, kind), notation) for name, kind, notation in types]
            columns = {"id": kind, **{f"key{at}": "bigint" for at in range(len(rules))}}

            def keys(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
                import pyarrow as pa

                for batch in batches:
                    values = batch.drop_columns(["id"])
                    values = values.rename_columns([name.removeprefix("c_") for name in values.schema.names])
                    found = pa.table(_midband.blocking_keys(table_of(values), types, rules))
                    out = found.add_column(0, "id", batch.column("id"))
                    yield from out.combine_chunks().to_batches()

            found = records.named().mapInArrow(keys, ddl(columns))
            each = F.array(*[F.col(f"key{at}") for at in range(len(rules))])
            exploded = found.select("id", F.posexplode(each).alias("rule", "key"))
            return exploded.where(F.col("key").isNotNull())

        return self.folder.stage(f"keys-{side}", digest(f"keys-{side}", {"pairs": made_of}), make)

    def _blocks(self, keys: Mapping[str, DataFrame], made_of: str) -> DataFrame:
        """``rule``, ``key``, ``pairs`` of each block that proposes any."""
        from pyspark.sql import functions as F

        def make() -> DataFrame:
            sizes = keys["left"].groupBy("rule", "key").agg(F.count("*").alias("size"))
            if "right" in keys:
                others = keys["right"].groupBy("rule", "key").agg(F.count("*").alias("other"))
                sizes = sizes.join(others, ["rule", "key"])
                pairs = F.col("size") * F.col("other")
            else:
                pairs = (F.col("size") * (F.col("size") - 1) / 2).cast("bigint")
            return sizes.select("rule", "key", pairs.alias("pairs")).where("pairs > 0")

        return self.folder.stage("blocks", digest("blocks", {"pairs": made_of}), make)

    def _counts(self, blocks: DataFrame) -> DataFrame:
        """For each rule what it proposes, and what is left out since its block is too large."""
        from pyspark.sql import functions as F

        fits = F.col("pairs") <= self._most()
        names = F.element_at(F.array(*map(F.lit, self._rules())), F.col("rule") + 1)
        return (
            blocks.groupBy("rule")
            .agg(
                F.sum(F.when(fits, F.col("pairs")).otherwise(0)).alias("pairs"),
                F.sum(F.when(fits, 0).otherwise(1)).alias("blocks_left_out"),
                F.sum(F.when(fits, 0).otherwise(F.col("pairs"))).alias("pairs_left_out"),
            )
            .select(names.alias("rule"), "pairs", "blocks_left_out", "pairs_left_out")
        )

    def _joined(self, keys: Mapping[str, DataFrame], blocks: DataFrame) -> DataFrame:
        from pyspark.sql import functions as F

        kept = blocks.where(F.col("pairs") <= self._most()).select("rule", "key")
        one = keys["left"].join(kept, ["rule", "key"], "left_semi").withColumnRenamed("id", "left_id")
        two = keys.get("right", keys["left"]).withColumnRenamed("id", "right_id")
        found = one.join(two, ["rule", "key"])
        if "right" not in keys:
            found = found.where(F.col("left_id") < F.col("right_id"))
        bit = F.expr("shiftleft(1L, rule)")
        pairs = found.groupBy("left_id", "right_id").agg(F.bit_or(bit).alias("rules"))
        return pairs.select(pair_id("left_id", "right_id").alias("id"), "left_id", "right_id", "rules")


def rules_of(block_on: str | Sequence[str]) -> list[str]:
    """The rules, divided at commas that stand in no bracket."""
    given = [block_on] if isinstance(block_on, str) else list(block_on)
    rules, depth = [""], 0
    for char in ",".join(given):
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            rules.append("")
        else:
            rules[-1] += char
    return [rule.strip() for rule in rules if rule.strip()]


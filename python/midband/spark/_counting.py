"""How many people have each value of a list, counted on the cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ._actions import run
from ._fit import Fit, probability
from ._folder import Folder, digest

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["Counting", "persons_of"]


@dataclass(frozen=True)
class Counting:
    """Counts people by value, and looks each record's values up."""

    folder: Folder
    fit: Fit
    hashes: Mapping[str, DataFrame]
    """By side: ``id`` and ``value0``, ``value1``, … of each record."""
    made_of: str

    def shared(self, name: str, persons: Mapping[str, DataFrame] | None) -> tuple[Fit, dict[str, DataFrame]]:
        """The fit with the counts of all values, and by side how many people have the values of each record: ``id``, ``people``.

        Parameters
        ----------
        persons : mapping, optional
            By side the share of a person that a record stands for (``id``, ``person``); 1 where nothing is said.
        """
        from pyspark.sql import functions as F

        own = digest(f"values-{name}", {"made_of": self.made_of})
        people = self.folder.stage(f"values-{name}", own, lambda: self._by_value(persons))

        def near(count: float) -> str:
            return f"sum(greatest(1.0D - abs(people - {count}D), 0.0D))"

        sums = people.groupBy("field").agg(F.sum("people"), F.expr(near(1)), F.expr(near(2)))
        found = {row[0]: (row[1], row[2], row[3]) for row in run(self.folder.spark, lambda: sums.collect())}
        fit = replace(self.fit, counts=[found.get(at, (0.0, 0.0, 0.0)) for at in range(self._width())])
        shares = {}
        for side, of in self.hashes.items():
            made_of = digest(f"people-{name}-{side}", {"values": own})
            shares[side] = self.folder.stage(f"people-{name}-{side}", made_of, lambda of=of: self._of_records(of, people))  # type: ignore[misc]
        return fit, shares

    def _width(self) -> int:
        return len(self.fit.opened().headers(False))

    def _by_value(self, persons: Mapping[str, DataFrame] | None) -> DataFrame:
        from pyspark.sql import functions as F

        values = F.array(*[F.col(f"value{at}") for at in range(self._width())])
        each = None
        for side, of in self.hashes.items():
            some = of.select("id", F.posexplode(values).alias("field", "value")).where(F.col("value").isNotNull())
            if persons is None:
                some = some.withColumn("person", F.lit(1.0))
            else:
                some = some.join(persons[side], "id", "left")
            some = some.select("field", "value", F.coalesce("person", F.lit(1.0)).alias("person"))
            each = some if each is None else each.union(some)
        assert each is not None
        return each.groupBy("field", "value").agg(F.sum("person").alias("people"))

    def _of_records(self, records: DataFrame, people: DataFrame) -> DataFrame:
        from pyspark.sql import functions as F

        lookups = self.fit.opened().lookups()
        # A value that one person has counts as one that nobody has, but in a column of other names.
        swapped = [str(into) for column, into in lookups if column != into]
        wanted = people.where(" OR ".join(["people > 1", *(f"field = {into}" for into in swapped)]))
        asked = F.array(*[
            F.struct(F.lit(slot).alias("slot"), F.lit(into).alias("field"), F.col(f"value{column}").alias("value"))
            for slot, (column, into) in enumerate(lookups)
        ])
        each = records.select("id", F.explode(asked).alias("of")).select("id", "of.slot", "of.field", "of.value")
        each = each.where(F.col("value").isNotNull()).join(wanted, ["field", "value"])
        slots = range(len(lookups))
        counts = [F.sum(F.when(F.col("slot") == slot, F.col("people"))).alias(f"n{slot}") for slot in slots]
        grouped = records.select("id").join(each.groupBy("id").agg(*counts), "id", "left")
        filled = [F.coalesce(F.col(f"n{slot}"), F.lit(0.0)) for slot in slots]
        return grouped.select("id", F.array(*filled).alias("people"))


def persons_of(scored: DataFrame, ends: list[str]) -> DataFrame:
    """The share of a person that each record stands for, by the matches that are expected of it: ``id``, ``person``."""
    from pyspark.sql import functions as F

    each = None
    for end in ends:
        some = scored.select(F.col(end).alias("id"), probability(F.col("log_odds")).alias("same"))
        each = some if each is None else each.union(some)
    assert each is not None
    return each.groupBy("id").agg((F.lit(1.0) / (F.lit(1.0) + F.sum("same"))).alias("person"))

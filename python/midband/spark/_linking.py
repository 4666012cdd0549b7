"""The stages that compare lists column by column: learn on the driver, score and look at third records on the cluster."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .. import _midband
from .._columns import arrow_schema, ddl
from .._tables import table_of
from ._actions import run
from ._blocking import Blocking, Records
from ._context import ThirdRecords, by_rivals
from ._counting import Counting, persons_of
from ._fit import Fit, compared, people
from ._folder import digest
from ._texts import fingerprint, id_type

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

__all__ = ["Linking"]

log = logging.getLogger("midband.spark")

# Log odds below which a pair is no rival of another one, and is not kept: as the command has it.
_FAINT = -20.0


@dataclass
class Linking(Blocking):
    """Finds pairs of records by what their columns say. The blocking rules are those that the fit names."""

    map: Mapping[str, str] = field(default_factory=dict)
    learn_on: int = 200_000
    """Records of each list that the driver learns on."""
    seed: int = 0
    threads: int = 0
    one_to_one: bool = False
    learned: dict[str, Any] = field(init=False, default_factory=dict)
    made_of: str = field(init=False, default="")
    fingerprints: list[tuple[int, str]] = field(init=False, default_factory=list)
    fit: Fit = field(init=False)
    shares: dict[str, DataFrame] = field(init=False, default_factory=dict)

    def learn(self) -> dict[str, Any]:
        """The stage ``fit``: what the columns hold, the rules, and what was learned of them.

        Raises
        ------
        InputError
            An option names a column that there is not, or a rule can't be read.
        """
        self.fingerprints = [fingerprint(records.frame, records.id) for _, records in self._lists]
        self.made_of = digest(
            "fit",
            {
                "lists": self.fingerprints,
                "rules": list(self.rules),
                "types": dict(self.types),
                "map": dict(self.map),
                "learn_on": self.learn_on,
                "seed": self.seed,
            },
        )
        if not self.folder.is_whole("fit", self.made_of):
            begun = time.monotonic()
            samples = [self._sample(*of) for of in zip([of for _, of in self._lists], self.fingerprints)]
            told = {
                "types": dict(self.types),
                "map": list(self.map.items()),
                "rules": list(self.rules),
                "seed": self.seed,
                "threads": self.threads,
                "records": [self.fingerprints[0][0], self.fingerprints[1][0] if self.right else None],
            }
            tables = [table_of(sample.drop_columns(["id"])) for sample in samples]
            said, shares = _midband.learn_links(tables[0], tables[1] if self.right else None, json.dumps(told))
            self.folder.write_row("fit", {"json": said})
            if self._is_whole() and json.loads(said)["fit"]:
                self._keep_shares(samples, shares)
            self.folder.finish("fit", self.made_of, time.monotonic() - begun)
        (row,) = self.folder.rows("fit")
        self.learned = json.loads(str(row["json"]))
        for note in self.learned["notes"]:
            log.info("%s", note)
        return self.learned

    def _is_whole(self) -> bool:
        """Whether the driver learns on the lists as they are, and not on samples of them."""
        return all(rows <= self.learn_on for rows, _ in self.fingerprints)

    def _sample(self, records: Records, of: tuple[int, str]) -> pa.Table:
        """Records that come first in the seed's order, sorted by their ids."""
        from pyspark.sql import functions as F

        names = [name for name in records.frame.columns if name != records.id]
        columns = [F.col(f"`{name}`").cast("string").alias(f"c{at}") for at, name in enumerate(names)]
        some = records.frame.select(F.col(f"`{records.id}`").alias("id"), *columns)
        if of[0] > self.learn_on:
            some = some.orderBy(F.xxhash64(F.lit(self.seed), F.col("id").cast("string"))).limit(self.learn_on)
        table = run(self.folder.spark, lambda: some.toArrow())
        return table.rename_columns(["id", *names]).sort_by("id")

    def _keep_shares(self, samples: list[pa.Table], shares: object) -> None:
        """The data sets ``person-left`` and ``person-right``: the share of a person that each record was counted for."""
        import pyarrow as pa

        person, begin = pa.table(shares).column("person").combine_chunks(), 0
        for (side, records), sample in zip(self._lists, samples):
            schema = arrow_schema({"id": id_type(records.frame, records.id), "person": "double"})
            columns = [sample.column("id"), person.slice(begin, len(sample))]
            frame = self.folder.spark.createDataFrame(pa.table(columns, names=schema.names).cast(schema))
            begin += len(sample)
            name = f"person-{side}"
            run(self.folder.spark, lambda frame=frame, name=name: frame.write.mode("overwrite").parquet(self.folder.at(name)))  # type: ignore[misc]

    def links(self) -> DataFrame:
        """The stage ``links``: ``left_id``, ``right_id``, ``rules`` and ``log_odds`` of each pair that may match, third records
        and rivals counted in."""
        pairs, _ = self.pairs()
        hashes = {side: self._hashes(side, records) for side, records in self._lists}
        own = self.made_of_links
        counting = Counting(self.folder, self._uncounted(), hashes, digest("counts", self._made_of()))
        if self._is_whole():
            persons = {side: self.folder.read(f"person-{side}") for side, _ in self._lists}
        else:
            # A sample does not show which records of the lists are one person: all pairs are scored twice.
            first = self._scored(pairs, *counting.shared("first", None), "first")
            ends = {"left": ["left_id"], "right": ["right_id"]} if self.right else {"left": ["left_id", "right_id"]}
            persons = {side: persons_of(first, of) for side, of in ends.items()}
        fit, shares = self.fit, self.shares = counting.shared("last", persons)
        scored = self._scored(pairs, fit, shares, "last")

        def weighed() -> DataFrame:
            if self.right is None:
                return ThirdRecords(self.folder, self.left, fit, shares["left"], own).weighed(scored)
            smaller = min(rows for rows, _ in self.fingerprints)
            return by_rivals(self.folder, scored, own, smaller, one_to_one=self.one_to_one)

        return self.folder.stage("links", own, weighed)

    @property
    def made_of_links(self) -> str:
        """The digest of the links."""
        return digest("links", {**self._made_of(), "one_to_one": self.one_to_one})

    def _made_of(self) -> dict[str, object]:
        return {"fit": self.made_of, "most_pairs": self.most_pairs}

    def _most(self) -> int:
        if not self.learned["every_pair"]:
            return self.most_pairs
        rows = [rows for rows, _ in self.fingerprints]
        return max(self.most_pairs, rows[0] * rows[-1])

    def _uncounted(self) -> Fit:
        return Fit(json.dumps(self.learned["fit"]), [])

    def _rules(self) -> list[str]:
        return ["every pair"] if self.learned["every_pair"] else list(self.learned["rules"])

    def _hashes(self, side: str, records: Records) -> DataFrame:
        """The stage ``records-left`` or ``records-right``: hashes of keys and values."""
        fit, is_right = self._uncounted(), side == "right"
        kind, rules = id_type(records.frame, records.id), len(self.learned["rules"])
        links = fit.opened()
        width = len(links.headers(is_right))
        hashes = {f"key{at}": "bigint" for at in range(rules)} | {f"value{at}": "bigint" for at in range(width)}

        def hashed(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            import pyarrow as pa

            for batch in batches:
                found = pa.table(fit.opened().hashes(table_of(batch.drop_columns(["id"])), is_right))
                yield from found.add_column(0, "id", batch.column("id")).combine_chunks().to_batches()

        named = compared(records, links.headers(is_right), "c", "id")
        make = lambda: named.mapInArrow(hashed, ddl({"id": kind, **hashes}))
        name = f"records-{side}"
        return self.folder.stage(name, digest(name, {"fit": self.made_of}), make)

    def _keys(self, side: str, records: Records, made_of: str) -> DataFrame:
        from pyspark.sql import functions as F

        hashes = self._hashes(side, records)
        if self.learned["every_pair"]:
            return hashes.select("id", F.lit(0).alias("rule"), F.lit(1).cast("bigint").alias("key"))
        each = F.array(*[F.col(f"key{at}") for at in range(len(self.learned["rules"]))])
        return hashes.select("id", F.posexplode(each).alias("rule", "key")).where(F.col("key").isNotNull())

    def _scored(self, pairs: DataFrame, fit: Fit, shares: Mapping[str, DataFrame], name: str) -> DataFrame:
        """The stage ``columns-NAME``: log odds of each candidate by its columns alone."""
        links = fit.opened()
        left, right = self.left, self.right or self.left
        one = compared(left, links.headers(False), "l", "left_id").join(people(shares["left"], "left_id", "lp"), "left_id")
        two = compared(right, links.headers(True), "r", "right_id")
        two = two.join(people(shares.get("right", shares["left"]), "right_id", "rp"), "right_id")
        columns = {"left_id": id_type(left.frame, left.id), "right_id": id_type(right.frame, right.id), "rules": "bigint"}
        schema = {**columns, "log_odds": "double"}

        def scores(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            import pyarrow as pa
            import pyarrow.compute as pc

            for batch in batches:
                if batch.num_rows == 0:
                    continue
                odds = pa.table(fit.opened().scores(table_of(batch))).column("log_odds").combine_chunks()
                out = batch.select(list(columns)).append_column("log_odds", odds)
                yield out.filter(pc.greater_equal(odds, _FAINT))

        rows = pairs.select("left_id", "right_id", "rules").join(one, "left_id").join(two, "right_id")
        own = digest(f"columns-{name}", self._made_of())
        return self.folder.stage(f"columns-{name}", own, lambda: rows.mapInArrow(scores, ddl(schema)))

"""midband on Ray Data: the same scores from many machines, by the functions that ``midband.spark`` has.

docs/spark.md says what the stages are. Ray keeps them in its object store and on no disk, so that a run that breaks off begins anew;
with ``cache`` its verdicts are kept.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, Union

try:
    import ray
    import ray.data
except ImportError as error:
    raise ImportError("midband.ray needs Ray Data: pip install 'midband[ray]'") from error

import pyarrow as pa
import pyarrow.compute as pc

from ._calling import Path_
from ._columns import ASKED, RESULT, SCORED, arrow_schema
from ._errors import InputError, JudgeError
from ._judge import Ask as Judge
from ._recipe import MOST_TEXT_BYTES, Recipe, check_options, nobody_answered, opened, ranked, sample_size, scored
from ._results import Calibration
from ._scorer import learn

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._options import ScoreOptions

__all__ = ["score"]

log = logging.getLogger("midband.ray")

# Rows that an actor is given at once.
_BATCH = 4_096

JudgeOf = Union[Literal["none", "ollama", "openai"], Judge, None]


def score(
    dataset: ray.data.Dataset,
    *,
    left: str = "a",
    right: str = "b",
    id: str = "id",
    judge: JudgeOf = None,
    calibration: Calibration | Path_ | None = None,
    actors: int | None = None,
    **options: Unpack[ScoreOptions],
) -> ray.data.Dataset:
    """Scores pairs of texts as ``midband score`` does, the clear ones by actors and the others by one judge that the driver asks.

    The driver learns on the pairs that come first in the seed's order, as the command does; actors score the others, each with a
    model of its own on one thread; the driver asks about pairs with the route ``ask``. Graphics cards are not used.

    Parameters
    ----------
    dataset : ray.data.Dataset
        One row per pair. It is read several times: for the sample, the scores and the questions.
    left, right : str
        The columns of the two texts.
    id : str
        The column of the pairs' ids: strings or whole numbers, no two the same.
    judge : {"none", "ollama", "openai"} or callable, optional
        Who is asked; as for :func:`midband.score`.
    calibration : Calibration or path, optional
        What labels taught. With ``sample=0`` nothing is learned beside it.
    actors : int, optional
        Actors that score, a core each. By default one core of each machine is left free: readers need it, and without it Ray
        waits for ever.
    **options
        The options of ``midband score`` that pairs one by one have a meaning for: not ``band``, ``budget`` or ``target``; none
        that writes texts. ``cache`` is a folder of the driver's.

    Returns
    -------
    ray.data.Dataset
        One row per pair, in no order, with ``id``, ``cosine``, ``proxy_score``, ``route``, ``judge_score``, ``score``,
        ``decision``, ``decided_by``, ``status``, ``reason``, ``truncated``, ``latency_ms``. Rows that are no pairs are left out;
        a warning counts them.

    Raises
    ------
    InputError
        A column is missing, two pairs that are asked about share an id, an option can't be used, or no machine has a core to spare.
    ModelError
        Runtime or embedding model are missing on the driver.
    JudgeError
        The judge can't be asked at all.
    """
    said = {name: value for name, value in options.items() if value is not None}
    check_options(said)
    if calibration is not None and not isinstance(calibration, Calibration):
        calibration = Calibration.load(calibration)
    sample = sample_size(said, calibration)
    pairs, kind = _pairs(dataset, (id, left, right))
    run = _Run(pairs, kind, judge, said, int(said.get("seed") or 0), actors or _spare_cores())  # type: ignore[call-overload]
    learnt: pa.Table | None = None
    last: int | None = None
    if sample > 0:
        learnt, calibration, last = run.learn(sample, calibration)
    assert calibration is not None
    recipe = Recipe.of(calibration.json, said)
    scores = run.score(recipe, last)
    answers = None if judge == "none" else run.ask(scores, recipe)
    combined = scores.map_batches(_combined(kind, answers), batch_format="pyarrow")
    return combined if learnt is None else ray.data.from_arrow(learnt).union(combined)


class _Run:
    """A run over pairs: ``id``, ``a``, ``b``."""

    def __init__(
        self, pairs: ray.data.Dataset, kind: str, judge: Any, options: dict[str, Any], seed: int, actors: int
    ) -> None:
        self.pairs, self.kind, self.judge, self.options = pairs, kind, judge, options
        self.seed, self.actors = seed, actors
        self.most_bytes = int(options.get("max_text_bytes") or MOST_TEXT_BYTES)

    def learn(self, sample: int, calibration: Calibration | None) -> tuple[pa.Table, Calibration, int | None]:
        """The sample's scores, what it taught, and the last place of a pair in it; none where the sample is everything."""
        seed, most_bytes = self.seed, self.most_bytes

        def places(table: pa.Table) -> pa.Table:
            return _by_batch(table, lambda batch: ranked(batch, seed, most_bytes)).filter(pc.field("rank").is_valid())

        first = self.pairs.map_batches(places, batch_format="pyarrow", batch_size=_BATCH).sort("rank").limit(sample)
        sampled = _collected(first)
        if sampled is None:
            raise InputError("no row is a pair: texts are missing")
        known: dict[str, Any] = {} if calibration is None else {"calibration": calibration}
        options = {**self.options, "sample": sample}
        found = learn(sampled.drop_columns(["rank"]), judge=self.judge, **known, **options)
        last = None if len(sampled) < sample else pc.max(sampled.column("rank")).as_py()
        schema = arrow_schema({"id": self.kind, **RESULT})
        own = found.scores.to_arrow().select(schema.names).cast(schema)
        # A sample that is everything leaves no pair behind it.
        return own, found.calibration, (1 << 63) - 1 if last is None else last

    def score(self, recipe: Recipe, last: int | None) -> ray.data.Dataset:
        """Scores of the pairs behind the sample. They are made once and kept: a route that is made again could differ."""
        made = self.pairs.map_batches(
            _Actor,
            fn_constructor_args=(recipe, self.kind, self.seed, self.most_bytes, last),
            batch_format="pyarrow",
            batch_size=_BATCH,
            concurrency=self.actors,
            num_cpus=1,
        ).materialize()
        rejected = made.map_batches(_only("rejected", None), batch_format="pyarrow").count()
        if rejected:
            log.warning("%d rows are no pairs: they have no score", rejected)
        return made

    def ask(self, scores: ray.data.Dataset, recipe: Recipe) -> pa.Table | None:
        """What the judge says of the pairs with the route ``ask``."""
        waiting = _collected(scores.map_batches(_only("route", "ask"), batch_format="pyarrow"))
        if waiting is None:
            return None
        ids = waiting.column("id").combine_chunks()
        wanted = self.pairs.map_batches(lambda table: table.filter(pc.is_in(table.column("id"), value_set=ids)), batch_format="pyarrow")
        texts = _collected(wanted)
        if texts is None or len(texts) != len(pc.unique(ids)):
            raise InputError("two pairs share an id, or the table changed while it was read")
        answers = recipe.asking(self.judge, self.options).score(texts.sort_by("id")).to_arrow()
        if nobody_answered(answers.column("status").to_pylist()):
            if self.judge is not None:
                raise JudgeError("no pair could be asked: nobody answers")
            log.warning("no judge answers: pairs that want one stay unanswered")
            return None
        schema = arrow_schema({"id": self.kind, **ASKED})
        return answers.select(schema.names).cast(schema)


class _Actor:
    """Scores pairs on some machine, with a model that stays open."""

    def __init__(self, recipe: Recipe, kind: str, seed: int, most_bytes: int, last: int | None) -> None:
        self.scorer = opened(recipe)
        self.schema = arrow_schema({"id": kind, **SCORED, "rejected": "string"})
        self.seed, self.most_bytes, self.last = seed, most_bytes, last

    def __call__(self, table: pa.Table) -> pa.Table:
        batches = table.combine_chunks().to_batches()
        found = [row for batch in batches for row in scored(self.scorer, [self._behind(batch)], self.schema)]
        return pa.Table.from_batches(found, self.schema)

    def _behind(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Without the pairs of the sample."""
        if self.last is None:
            return batch
        ranks = ranked(batch, self.seed, self.most_bytes).column("rank")
        return batch.filter(pc.fill_null(pc.greater(ranks, self.last), True))


def _pairs(dataset: ray.data.Dataset, names: tuple[str, str, str]) -> tuple[ray.data.Dataset, str]:
    """The columns ``id``, ``a`` and ``b``, and the type of the ids."""
    first = _collected(dataset.limit(1))
    if first is None:
        raise InputError("no row is a pair: the dataset is empty")
    for name in names:
        if name not in first.column_names:
            raise InputError(f"no column {name!r}")
    of_id = first.schema.field(names[0]).type
    if not (pa.types.is_integer(of_id) or pa.types.is_string(of_id) or pa.types.is_large_string(of_id)):
        raise InputError(f"the column {names[0]!r} holds {of_id}: ids are strings or whole numbers")
    kind = "bigint" if pa.types.is_integer(of_id) else "string"
    schema = arrow_schema({"id": kind, "a": "string", "b": "string"})

    def own(table: pa.Table) -> pa.Table:
        return table.select(list(names)).rename_columns(["id", "a", "b"]).cast(schema)

    return dataset.map_batches(own, batch_format="pyarrow"), kind


def _spare_cores() -> int:
    """The cores of the cluster, without one of each machine."""
    if not ray.is_initialized():
        ray.init()
    machines = [node for node in ray.nodes() if node["Alive"]]
    cores = sum(max(0, int(node["Resources"].get("CPU", 0)) - 1) for node in machines)
    if cores < 1:
        raise InputError(f"{len(machines)} machines of one core: actors need one, and readers another")
    return cores


def _collected(dataset: ray.data.Dataset) -> pa.Table | None:
    """All rows on the driver; none where there is none."""
    tables = [table for table in ray.get(dataset.to_arrow_refs()) if table.num_rows]
    return pa.concat_tables(tables, promote_options="permissive") if tables else None


def _by_batch(table: pa.Table, made: Callable[[pa.RecordBatch], pa.RecordBatch]) -> pa.Table:
    return pa.Table.from_batches([made(batch) for batch in table.combine_chunks().to_batches()])


def _only(column: str, value: str | None) -> Callable[[pa.Table], pa.Table]:
    """Ids of the rows with a value in a column; with any value where none is named."""

    def kept(table: pa.Table) -> pa.Table:
        values = table.column(column)
        return table.filter(pc.is_valid(values) if value is None else pc.equal(values, value)).select(["id"])

    return kept


def _combined(kind: str, answers: pa.Table | None) -> Callable[[pa.Table], pa.Table]:
    """Rows with their verdicts, where they have one; rows that are no pairs are left out."""
    schema = arrow_schema({"id": kind, **RESULT})
    unasked = {"judge_score": None, "latency_ms": 0}

    def combined(table: pa.Table) -> pa.Table:
        table = table.filter(pc.is_null(table.column("rejected")))
        place = None if answers is None else pc.index_in(table.column("id"), value_set=answers.column("id").combine_chunks())

        def column(name: str) -> pa.ChunkedArray | pa.Array:
            kind_of = schema.field(name).type
            before = pa.array([unasked[name]] * len(table), kind_of) if name in unasked else table.column(name)
            if answers is None or name not in ASKED:
                return before
            return pc.if_else(pc.is_valid(place), answers.column(name).take(place), before)

        return pa.table({name: column(name) for name in schema.names}, schema=schema)

    return combined

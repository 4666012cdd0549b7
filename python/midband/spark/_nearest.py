"""The stage that finds candidate pairs of texts by their embeddings: an inverted file (IVF; Sivic and Zisserman, 2003).

Spark's own join by distance evaluates the cross product, and its hashing knows no cosine. Here the driver finds centers of a sample,
each record belongs to the cell of its nearest center, and a record is compared with all records of some cells near it.
"""

from __future__ import annotations

import base64
import math
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._columns import arrow_schema, ddl
from .._embedder import Embedder
from ._actions import run
from ._blocking import Records
from ._folder import Folder, digest
from ._texts import fingerprint, id_type, pair_id, text_of

if TYPE_CHECKING:
    import numpy
    import pyarrow as pa
    from pyspark.sql import DataFrame

__all__ = ["Nearest"]

# Vectors that the driver finds each center from (as FAISS has it), rounds of that, and cells at most.
_SHOWING, _ROUNDS, _MOST_CELLS = 64, 10, 4096

# Cells that a record is looked for in: one in so many, and so many at least.
_PART, _LEAST = 16, 8

# Rows of a product of vectors.
_ROWS = 1024

# Options of the model.
_OF_MODEL = ("embed_model", "embed_model_dir", "max_tokens", "batch_tokens", "allow_batch_dependent")

# Models by their options: one is open in a worker process.
_OPEN: dict[str, Embedder] = {}
_OPENING = threading.Lock()


def _opened(options: Mapping[str, Any]) -> Embedder:
    key = repr(sorted(options.items()))
    with _OPENING:
        if key not in _OPEN:
            _OPEN.clear()
            _OPEN[key] = Embedder(**{**options, "threads": 1})
        return _OPEN[key]


@dataclass
class Nearest:
    """Finds, for each record, the records of the other list (or of the same) whose embeddings are nearest."""

    folder: Folder
    left: Records
    right: Records | None
    top_k: int
    """Partners that each record proposes."""
    seed: int
    options: Mapping[str, Any]

    def pairs(self) -> tuple[DataFrame, str]:
        """The stage ``pairs`` (``id``, ``left_id``, ``right_id``, ``rules`` of 0), and its digest."""
        lists = [("left", self.left), *([("right", self.right)] if self.right else [])]
        prints = [fingerprint(records.frame, records.id) for _, records in lists]
        model = {name: self.options[name] for name in _OF_MODEL if self.options.get(name) is not None}
        own: dict[str, object] = {
            "lists": prints,
            "texts": [[list(records.text), dict(records.renamed)] for _, records in lists],
            "model": model,
        }
        made_of = digest("pairs", {"nearest": own, "top_k": self.top_k, "seed": self.seed})
        if not self.folder.is_whole("pairs", made_of):
            vectors = {side: self._vectors(side, of, model, digest("vectors", {side: own})) for side, of in lists}
            cells = min(max(round(math.sqrt(max(rows for rows, _ in prints))), 1), _MOST_CELLS)
            centers = self._centers(vectors, cells, digest("centers", {"vectors": own, "seed": self.seed}))
            self.folder.stage("pairs", made_of, lambda: self._joined(vectors, centers))
        return self.folder.read("pairs"), made_of

    def _vectors(self, side: str, records: Records, model: Mapping[str, Any], made_of: str) -> DataFrame:
        """``id`` and ``vector``, of unit length."""
        from pyspark.sql import functions as F

        text = text_of(records.text, records.renamed)
        texts = records.frame.select(F.col(f"`{records.id}`").alias("id"), text.alias("text")).where(F.col("text").rlike("\\S"))
        schema = f"`id` {id_type(records.frame, records.id)}, `vector` array<float>"

        def embedded(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            import pyarrow as pa

            for batch in batches:
                if batch.num_rows:
                    vectors = _opened(model).embed(batch.column("text")).to_arrow().column("vector").combine_chunks()
                    columns = [batch.column("id"), vectors.cast(pa.list_(pa.float32()))]
                    yield pa.RecordBatch.from_arrays(columns, names=["id", "vector"])

        return self.folder.stage(f"vectors-{side}", made_of, lambda: texts.mapInArrow(embedded, schema))

    def _centers(self, vectors: Mapping[str, DataFrame], cells: int, made_of: str) -> numpy.ndarray[Any, Any]:
        """The stage ``centers``: of a sample of the vectors, by spherical k-means."""
        import numpy

        if not self.folder.is_whole("centers", made_of):
            sample = self._sample(list(vectors.values()), cells * _SHOWING)
            found = _spherical_means(sample, min(cells, max(len(sample), 1)), self.seed)
            packed = base64.b64encode(found.astype("<f4").tobytes()).decode()
            self.folder.write_row("centers", {"width": found.shape[1], "centers": packed})
            self.folder.finish("centers", made_of, 0.0)
        (row,) = self.folder.rows("centers")
        numbers = numpy.frombuffer(base64.b64decode(str(row["centers"])), dtype="<f4")
        return numbers.reshape(-1, int(str(row["width"])))

    def _sample(self, vectors: list[DataFrame], most: int) -> numpy.ndarray[Any, Any]:
        """Vectors that come first in the seed's order."""
        import numpy
        from pyspark.sql import functions as F

        parts = []
        for of in vectors:
            some = of.orderBy(F.xxhash64(F.lit(self.seed), F.col("id").cast("string")), "id").limit(most // len(vectors) + 1)
            parts.append(_matrix(run(self.folder.spark, lambda some=some: some.select("vector").toArrow())))  # type: ignore[misc]
        return numpy.concatenate([part for part in parts if len(part)] or parts[:1])

    def _joined(self, vectors: Mapping[str, DataFrame], centers: numpy.ndarray[Any, Any]) -> DataFrame:
        from pyspark.sql import functions as F

        left, right = vectors["left"], vectors.get("right", vectors["left"])
        found = self._near(left, right, centers).selectExpr("query AS left_id", "other AS right_id")
        if self.right is None:
            found = found.selectExpr("least(left_id, right_id) AS left_id", "greatest(left_id, right_id) AS right_id")
        else:
            found = found.union(self._near(right, left, centers).selectExpr("other AS left_id", "query AS right_id"))
        pairs = found.distinct()
        rules = F.lit(0).cast("bigint").alias("rules")
        return pairs.select(pair_id("left_id", "right_id").alias("id"), "left_id", "right_id", rules)

    def _near(self, queries: DataFrame, others: DataFrame, centers: numpy.ndarray[Any, Any]) -> DataFrame:
        """``query`` and ``other``: the nearest ones of each query."""
        from pyspark.sql import Window
        from pyspark.sql import functions as F

        top_k, itself = self.top_k, self.right is None
        probes = min(len(centers), max(_LEAST, len(centers) // _PART))
        kinds = dict(queries.dtypes)["id"], dict(others.dtypes)["id"]
        schema = {"query": kinds[0], "other": kinds[1], "cosine": "double"}

        def nearest(asking: pa.Table, here: pa.Table) -> pa.Table:
            return _nearest(asking, here, top_k, itself, arrow_schema(schema))

        asking, here = _in_cells(queries, centers, probes), _in_cells(others, centers, 1)
        found = asking.groupBy("cell").cogroup(here.groupBy("cell")).applyInArrow(nearest, ddl(schema))
        place = F.row_number().over(Window.partitionBy("query").orderBy(F.col("cosine").desc(), "other"))
        return found.withColumn("place", place).where(F.col("place") <= top_k).select("query", "other")


def _in_cells(vectors: DataFrame, centers: numpy.ndarray[Any, Any], count: int) -> DataFrame:
    """Each vector in the cells of its nearest centers: ``id``, ``vector``, ``cell``."""
    kind = dict(vectors.dtypes)["id"]

    def placed(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import numpy
        import pyarrow as pa

        for batch in batches:
            if batch.num_rows == 0:
                continue
            likeness = _matrix(pa.table(batch)) @ centers.T
            cells = numpy.argsort(-likeness, axis=1, kind="stable")[:, :count]
            rows = pa.array(numpy.repeat(numpy.arange(batch.num_rows), cells.shape[1]))
            columns = [batch.column(name).take(rows) for name in ("id", "vector")]
            yield pa.RecordBatch.from_arrays([*columns, pa.array(cells.ravel().astype("int32"))], names=["id", "vector", "cell"])

    return vectors.mapInArrow(placed, f"`id` {kind}, `vector` array<float>, `cell` int")


def _nearest(asking: pa.Table, here: pa.Table, top_k: int, itself: bool, schema: pa.Schema) -> pa.Table:
    """The nearest of a cell for each query, by the exact product."""
    import numpy
    import pyarrow as pa

    if not len(asking) or not len(here):
        return schema.empty_table()
    queries, others = _matrix(asking), _matrix(here)
    ids, other_ids = asking.column("id").combine_chunks(), here.column("id").combine_chunks()
    # One more, since in one list a record is nearest to itself.
    count = min(top_k + itself, len(others))
    found = []
    for first in range(0, len(queries), _ROWS):
        cosines = queries[first : first + _ROWS] @ others.T
        best = numpy.argsort(-cosines, axis=1, kind="stable")[:, :count]
        rows = numpy.repeat(numpy.arange(first, first + len(cosines)), count)
        values = numpy.take_along_axis(cosines, best, axis=1).ravel().astype("float64")
        columns = [ids.take(pa.array(rows)), other_ids.take(pa.array(best.ravel())), pa.array(values)]
        found.append(pa.table(columns, names=schema.names).cast(schema))
    table = pa.concat_tables(found)
    if not itself:
        return table
    import pyarrow.compute as pc

    return table.filter(pc.not_equal(table.column("query"), table.column("other")))


def _matrix(table: pa.Table) -> numpy.ndarray[Any, Any]:
    """The column ``vector`` as an array of the shape (rows, width)."""
    import numpy

    column = table.column("vector").combine_chunks()
    numbers = column.flatten().to_numpy(zero_copy_only=False).astype("float32")
    return numbers.reshape(len(column), -1) if len(column) else numpy.zeros((0, 1), "float32")


def _spherical_means(vectors: numpy.ndarray[Any, Any], count: int, seed: int) -> numpy.ndarray[Any, Any]:
    """Centers of unit length (Dhillon and Modha, 2001). An empty cell keeps its center."""
    import numpy

    draw = numpy.random.default_rng(seed)
    centers = vectors[draw.choice(len(vectors), count, replace=False)] if len(vectors) else vectors
    for _ in range(_ROUNDS if len(vectors) else 0):
        nearest = numpy.concatenate(
            [numpy.argmax(vectors[at : at + _ROWS] @ centers.T, axis=1) for at in range(0, len(vectors), _ROWS)]
        )
        sums = numpy.zeros_like(centers)
        numpy.add.at(sums, nearest, vectors)
        lengths = numpy.linalg.norm(sums, axis=1, keepdims=True)
        centers = numpy.where(lengths > 0, sums / numpy.maximum(lengths, 1e-12), centers)
    return centers

"""Texts to vectors."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from . import _midband
from ._flags import flags
from ._calling import with_model
from ._errors import InputError
from ._tables import TableLike, table_of

if TYPE_CHECKING:
    import numpy
    import pyarrow

__all__ = ["Embedder", "Embeddings"]


class Embeddings:
    """Vectors of texts, one row per text, in the order of the texts.

    Speaks Arrow's PyCapsule interface. Columns: ``vector`` (a fixed-size list of float32, of unit length) and ``truncated``
    (true where the text was longer than the model reads).
    """

    def __init__(self, table: _midband.Table, width: int) -> None:
        self._table = table
        self.width = width

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._table.__arrow_c_stream__(requested_schema)

    def __len__(self) -> int:
        return len(self._table)

    def to_arrow(self) -> pyarrow.Table:
        """The table as pyarrow's, without a copy. Needs pyarrow."""
        import pyarrow

        return pyarrow.table(self)

    def to_numpy(self) -> numpy.ndarray[Any, Any]:
        """An array of float32 of the shape ``(texts, width)``. Needs pyarrow and numpy."""
        vectors = self.to_arrow()["vector"].combine_chunks()
        return vectors.flatten().to_numpy().reshape(len(self), self.width)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"<midband.Embeddings of {len(self)} texts, {self.width} wide>"


class Embedder:
    """An embedding model that is opened once, when it is first needed, and shared by the calls that it is given to.

    Threads may share it. It pickles as its options: each process opens a model of its own, and so does a forked child.

    Parameters
    ----------
    model : str, optional
        A model by name (``midband models list``); all-MiniLM-L6-v2 by default.
    **options
        Options of ``midband score`` that are about the model: ``embed_model_dir``, ``cache``, ``threads``, ``max_tokens``, …

    Examples
    --------
    >>> embedder = midband.Embedder()
    >>> embedder.embed(["a cough", "coughing"]).to_numpy().shape
    (2, 384)
    >>> midband.score(pairs, embedder=embedder)
    """

    def __init__(self, model: str | None = None, **options: Any) -> None:
        self.options = {"embed_model": model, **options}
        self._ask: tuple[Callable[[list[str]], Sequence[Sequence[float]]], str, int] | None = None
        self._opened: tuple[int, _midband.Embedder] | None = None

    @classmethod
    def of(cls, ask: Callable[[list[str]], Any], *, width: int, name: str | None = None) -> Embedder:
        """A function of yours in the place of a model.

        Parameters
        ----------
        ask : callable
            Takes a list of texts; returns as many vectors, as lists or as an array. Vectors are brought to unit length. A text's
            vector must depend on the text alone. It is called from other threads.
        width : int
            Numbers in a vector.
        name : str, optional
            Stands in the provenance, and in calibrations, which fit one model only; the function's own name by default.
        """
        made = cls()
        named = name or f"{getattr(ask, '__module__', '')}.{getattr(ask, '__qualname__', type(ask).__qualname__)}"
        made._ask = (ask, named, width)
        return made

    def embed(self, texts: Sequence[str] | TableLike, column: str = "text") -> Embeddings:
        """The vectors of texts.

        Parameters
        ----------
        texts : sequence of str, series, or table
            The texts, none of them missing; of a table, those of one column.
        column : str
            The column of a table.

        Returns
        -------
        Embeddings

        Raises
        ------
        InputError
            The table has no such column, or it holds something else than texts, or a text is missing.
        TypeError
            They are neither texts nor a table.
        ModelError
            The model is missing and can't be had, or it failed.
        """
        listed = _listed(texts)
        if listed is not None:
            table = _midband.Table.of_texts(listed)
            column = "text"
        else:
            table = table_of(texts, "texts")
        opened = self._native()
        return Embeddings(opened.embed(table, column), opened.width)

    @property
    def width(self) -> int:
        """Numbers in a vector. Opens the model."""
        return self._native().width

    @property
    def model(self) -> tuple[str, str]:
        """Name and digest of the model. Opens it."""
        return self._native().model

    def _native(self) -> _midband.Embedder:
        """The open model of this process."""
        if self._opened is None or self._opened[0] != os.getpid():
            if self._ask is None:
                said = flags("score", self.options, of="Embedder")
                opened = with_model(lambda: _midband.Embedder(said))
            else:
                ask, name, width = self._ask
                opened = _midband.Embedder([], (lambda texts: _lists(ask(texts)), name, width))
            self._opened = (os.getpid(), opened)
        return self._opened[1]

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_opened": None}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Embedder) and (self.options, self._ask) == (other.options, other._ask)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        if self._ask is not None:
            return f"midband.Embedder.of({self._ask[1]}, width={self._ask[2]})"
        said = ", ".join(f"{name}={value!r}" for name, value in self.options.items() if value is not None)
        return f"midband.Embedder({said})"


def _listed(texts: Any) -> list[str] | None:
    """Texts as a list; ``None`` of what may be a table."""
    if isinstance(texts, str):
        raise TypeError("texts is one text: give a list of texts")
    if isinstance(texts, (list, tuple)):
        listed = list(texts)
    elif hasattr(texts, "columns") or hasattr(texts, "column_names"):
        return None
    else:
        # Series, and arrays of pyarrow and numpy.
        ways = (getattr(texts, name, None) for name in ("to_list", "to_pylist", "tolist"))
        way = next((way for way in ways if way is not None), None)
        if way is None:
            return None
        listed = way()
    for place, text in enumerate(listed):
        if not isinstance(text, str):
            raise InputError(f"text {place} is missing" if text is None or text != text else f"text {place} is no text")
    return listed


def _lists(vectors: Any) -> list[list[float]]:
    """Vectors as lists, whatever they were."""
    whole = vectors.tolist() if hasattr(vectors, "tolist") else vectors
    return [row.tolist() if hasattr(row, "tolist") else list(row) for row in whole]


def native(embedder: Embedder | None) -> _midband.Embedder | None:
    """What the native half embeds with."""
    return None if embedder is None else embedder._native()

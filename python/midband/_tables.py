"""Tables on their way in."""

from __future__ import annotations

from typing import Protocol, Union

from . import _midband

__all__ = ["ArrowArray", "ArrowStream", "TableLike", "table_of"]


class ArrowStream(Protocol):
    """A table, or a stream of batches: polars, pyarrow, pandas from 2.2 on, DuckDB relations."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


class ArrowArray(Protocol):
    """One batch: ``pyarrow.RecordBatch``."""

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]: ...


TableLike = Union[ArrowStream, ArrowArray]


def table_of(given: object, what: str = "table") -> _midband.Table:
    """The table of whatever speaks Arrow's PyCapsule interface.

    Raises
    ------
    TypeError
        It does not; the message says what to do.
    """
    if isinstance(given, _midband.Table):
        return given
    kind = type(given)
    if kind.__name__ == "LazyFrame":
        raise TypeError(f"{what} is a LazyFrame, which holds no rows yet: call .collect() first")
    if isinstance(given, dict):
        raise TypeError(f"{what} is a dict: make a table of it, such as polars.DataFrame(...) or pyarrow.table(...)")
    if isinstance(given, (str, bytes)) or hasattr(given, "__fspath__"):
        raise TypeError(f"{what} is a path: read it first, such as polars.read_parquet(...), or use the command midband")
    if isinstance(given, (list, tuple)):
        raise TypeError(f"{what} is a {kind.__name__}: make a table of it, such as pyarrow.Table.from_pylist(...)")
    if not (hasattr(given, "__arrow_c_stream__") or hasattr(given, "__arrow_c_array__")):
        name = f"{kind.__module__}.{kind.__qualname__}"
        raise TypeError(f"{what} is a {name}, which has no __arrow_c_stream__: pandas has it from 2.2 on, polars from 1.3 on")
    return _midband.Table(given)

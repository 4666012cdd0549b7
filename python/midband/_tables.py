"""Tables on their way in."""

from __future__ import annotations

from typing import Any, Protocol, Union

from . import _midband
from ._errors import InputError

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

    An index of pandas that has a name is a column; one without a name is left out.

    Raises
    ------
    TypeError
        It does not; the message says what to do.
    InputError
        pandas can't make an Arrow table of it.
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
    if kind.__name__ == "Series" or kind.__name__.endswith("Array") and kind.__name__ != "StructArray":
        raise TypeError(f"{what} is a {kind.__name__}, one column: make a table of it, such as polars.DataFrame(...)")
    if not (hasattr(given, "__arrow_c_stream__") or hasattr(given, "__arrow_c_array__")):
        name = f"{kind.__module__}.{kind.__qualname__}"
        raise TypeError(f"{what} is a {name}, which has no __arrow_c_stream__: pandas has it from 2.2 on, polars from 1.3 on")
    if kind.__name__ == "DataFrame" and kind.__module__.startswith("pandas"):
        given = _with_index(given)
    try:
        return _midband.Table(given)
    except Exception as error:
        if not type(error).__module__.startswith("pyarrow"):
            raise
        # pyarrow's own words may hold a value; its last ones name the column.
        where = error.args[-1] if len(error.args) > 1 else type(error).__name__
        raise InputError(
            f"pandas can't make an Arrow table of {what}: {where}. Give the column one type, such as astype('string')"
        ) from None


def _with_index(frame: Any) -> Any:
    """A frame of pandas whose index is a column where it has a name. No column is copied."""
    index = frame.index
    named = [name for name in index.names if name is not None]
    if not named and type(index).__name__ == "RangeIndex":
        return frame
    view = frame.copy(deep=False)
    view.index = range(len(view))
    for place, name in enumerate(named):
        if name not in view.columns:
            view.insert(place, name, index.get_level_values(name))
    return view

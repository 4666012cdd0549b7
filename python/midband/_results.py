"""What comes back."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from . import _midband
from ._errors import InputError
from ._flags import flags
from ._tables import TableLike, table_of

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

__all__ = ["Calibration", "Evaluation", "Records", "Rejected", "Scores", "Waterfall"]


class Rejected(NamedTuple):
    """A row that is no pair."""

    row: int
    """Its place in the table, from 0."""
    id: str | None
    """Its id, where it could be read."""
    reason: str
    """Why it is no pair. Holds no text of the pair's."""


class _Tabular:
    """A table from the run, which speaks Arrow's PyCapsule interface."""

    _table: _midband.Table

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._table.__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        return self._table.__arrow_c_schema__()

    def __len__(self) -> int:
        return len(self._table)

    @property
    def column_names(self) -> list[str]:
        """The columns' names, in order."""
        return self._table.column_names

    def to_arrow(self) -> pyarrow.Table:
        """The table as pyarrow's, without a copy. Needs pyarrow."""
        import pyarrow

        return pyarrow.table(self)

    def to_polars(self) -> polars.DataFrame:
        """The table as polars'. Needs polars 1.3 or newer."""
        import polars

        return polars.DataFrame(self)

    def to_pandas(self) -> pandas.DataFrame:
        """The table as pandas'. Needs pandas and pyarrow."""
        return self.to_arrow().to_pandas()


class Scores(_Tabular):
    """Scored pairs: a table, and what the run came to.

    Speaks Arrow's PyCapsule interface, so that ``polars.DataFrame(scores)``, ``pyarrow.table(scores)`` and DuckDB take it as it
    is. Columns: ``id``; ``cosine`` (-1..1), ``proxy_score``, ``judge_score`` and ``score`` (probabilities of a match, 0..1, to
    six decimals, null where there is none); ``route``, ``decision`` (``match``, ``no_match``, ``review``), ``decided_by``,
    ``status``, ``reason``, ``truncated``, ``latency_ms`` (of the judge); ``parts`` and ``contradictions`` (a list of
    texts such as "side of cataract: left / right", null if clinical features are off) with ``parts=True``; then the table's own columns.

    Attributes
    ----------
    rejected : list of Rejected
        Rows of the input that are no pairs.
    summary : dict
        Counts and seconds, as they stand beside the command's output.
    provenance : dict
        Model, judge, policy and settings that the scores come from.
    text : str
        The summary in words.
    clusters, golden : Records or None
        Clusters of records and golden records, of :func:`midband.match` with ``clusters=True`` or ``golden=True``.
    """

    clusters: Records | None = None
    golden: Records | None = None

    def __init__(
        self,
        table: _midband.Table,
        rejected: list[tuple[int, str | None, str]],
        summary: str,
        provenance: str,
        text: str,
    ) -> None:
        self._table = table
        self._own = (summary, provenance)
        self.rejected = [Rejected(*row) for row in rejected]
        self.summary: dict[str, Any] = json.loads(summary)
        self.provenance: dict[str, Any] = json.loads(provenance)
        self.text = text

    def report(
        self,
        output: str | os.PathLike[str] = "report.html",
        *,
        labels: TableLike | None = None,
        pairs: TableLike | None = None,
        **options: object,
    ) -> Path:
        """Writes a report: see :func:`midband.report`."""
        texts = [None if table is None else table_of(table) for table in (labels, pairs)]
        said = [f"--output={os.fspath(output)}", *flags("report", options)]
        summary, provenance = self._own
        _midband.report(said, self._table, provenance, summary, *texts)
        return Path(output)

    def review(
        self,
        output: str | os.PathLike[str] = "review.html",
        *,
        pairs: TableLike | None = None,
        **options: object,
    ) -> Path:
        """Writes the page on which a person labels pairs: see :func:`midband.review`."""
        said = [f"--output={os.fspath(output)}", *flags("review", options)]
        _midband.review(said, self._table, None if pairs is None else table_of(pairs, "pairs"))
        return Path(output)

    def waterfall(self, id: object) -> Waterfall:
        """What the score of a pair is made of, part by part. Needs ``parts=True``.

        Parameters
        ----------
        id : str or int
            The pair's id.

        Returns
        -------
        Waterfall

        Raises
        ------
        InputError
            No pair has that id, or its score came without parts.
        """
        parts = self._table.parts(str(id))
        svg = None if parts is None else self._table.waterfall(str(id))
        if parts is None or svg is None:
            raise InputError("the score came without its parts: score with parts=True")
        return Waterfall(dict(parts), svg)

    def to_splink(self) -> pyarrow.Table:
        """The pairs in Splink's names: ``unique_id_l``, ``unique_id_r``, ``match_weight`` (base 2), ``match_probability``, then all
        other columns. Needs pyarrow.

        Raises
        ------
        InputError
            The table has no ``left_id`` and ``right_id``.
        """
        import pyarrow.compute

        table = self.to_arrow()
        if not {"left_id", "right_id"} <= set(table.column_names):
            raise InputError("Splink's names are of two records, and there are no left_id and right_id")
        score = table["score"]
        odds = pyarrow.compute.divide(score, pyarrow.compute.subtract(1.0, score))
        first = {
            "unique_id_l": table["left_id"],
            "unique_id_r": table["right_id"],
            "match_weight": pyarrow.compute.log2(odds),
            "match_probability": score,
        }
        taken = {"left_id", "right_id", "score", *first}
        rest = {name: table[name] for name in table.column_names if name not in taken}
        return pyarrow.table({**first, **rest})

    def __repr__(self) -> str:
        return f"<midband.Scores of {len(self)} pairs>\n{self.text}"

    def _repr_html_(self) -> str:
        from ._shown import result

        return result(self.summary, json.loads(self._table.head(5)), len(self), self.text)


class Records(_Tabular):
    """Rows about records: clusters, or golden records. Speaks Arrow's PyCapsule interface."""

    def __init__(self, table: _midband.Table) -> None:
        self._table = table

    def __repr__(self) -> str:
        return f"<midband.Records: {len(self)} rows of {', '.join(self.column_names)}>"

    def _repr_html_(self) -> str:
        from ._shown import rows

        return rows(json.loads(self._table.head(5)), len(self), self.column_names)


class Waterfall:
    """What a score is made of: in a notebook a drawing, as text a table.

    Attributes
    ----------
    parts : dict
        Log odds (natural) by part, in order; they add up to the score's.
    svg : str
        The drawing, in match weights (base 2).
    """

    def __init__(self, parts: dict[str, float], svg: str) -> None:
        self.parts = parts
        self.svg = svg

    def __repr__(self) -> str:
        wide = max(map(len, self.parts), default=0)
        rows = [f"{name:<{wide}}  {value:+8.3f}" for name, value in self.parts.items()]
        return "\n".join([*rows, f"{'log odds':<{wide}}  {sum(self.parts.values()):+8.3f}"])

    def _repr_html_(self) -> str:
        return self.svg


class Evaluation(Mapping[str, Any]):
    """What labels say of scores: a mapping with the keys of ``midband eval --json``; ``str()`` is the table for people."""

    def __init__(self, figures: str, text: str) -> None:
        self._figures: dict[str, Any] = json.loads(figures)
        self.text = text

    def __getitem__(self, name: str) -> Any:
        return self._figures[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._figures)

    def __len__(self) -> int:
        return len(self._figures)

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.text)}</pre>"


@dataclass(frozen=True)
class Calibration:
    """What labels taught, to be given to :func:`midband.score` as ``calibration``. Pickles as its JSON.

    Attributes
    ----------
    json : str
        The calibration as ``midband calibrate`` writes it.
    text : str
        What was said of it when it was made.
    """

    json: str = field(repr=False)
    text: str = ""

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes it to a file, for the command too."""
        Path(path).write_text(self.json + "\n", encoding="utf-8")
        return Path(path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Calibration:
        """Reads a file that :meth:`save` or ``midband calibrate`` wrote.

        Raises
        ------
        InputError
            It is no JSON.
        """
        text = Path(path).read_text(encoding="utf-8").rstrip("\n")
        try:
            json.loads(text)
        except ValueError as error:
            raise InputError(f"{path} is no calibration: {error}") from None
        return cls(text)

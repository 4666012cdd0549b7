"""A result as a notebook shows it: the head of its report. Names no text of a pair but what the result itself has as columns."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["result", "rows"]

_WORDS = {"match": "match", "no_match": "no match", "review": "wait for a person"}
_COLUMNS = ("id", "left_id", "right_id", "score", "decision", "decided_by", "status")


def result(summary: Mapping[str, Any], first: Sequence[Mapping[str, Any]], pairs: int, text: str) -> str:
    """Counts and shares of the decisions, the first rows, and the run's summary folded away."""
    decisions = summary.get("decisions", {})
    whole = max(1, sum(decisions.values()))
    counts = [
        [words, f"{decisions.get(name, 0):,}", f"{100 * decisions.get(name, 0) / whole:.1f} %"]
        for name, words in _WORDS.items()
    ]
    shown = [name for name in _COLUMNS if any(name in row for row in first)]
    rows = [["" if row.get(name) is None else str(row[name]) for name in shown] for row in first]
    parts = [
        f"<p><b>midband: {pairs:,} pairs</b></p>",
        _table(["decision", "pairs", "share"], counts),
        _table(shown, rows) if rows else "",
        f"<details><summary>the run</summary><pre>{html.escape(text)}</pre></details>",
    ]
    return "".join(parts)


def rows(first: Sequence[Mapping[str, Any]], count: int, names: Sequence[str]) -> str:
    """The first rows of a table, and how many there are."""
    cells = [["" if row.get(name) is None else str(row[name]) for name in names] for row in first]
    return f"<p><b>midband: {count:,} rows</b></p>{_table(names, cells)}"


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

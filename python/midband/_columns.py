"""The columns of the stages of a run on a cluster. None holds a text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["ASKED", "RESULT", "SCORED", "arrow_schema", "ddl"]

SCORED: Mapping[str, str] = {
    "cosine": "double",
    "proxy_score": "double",
    "route": "string",
    "score": "double",
    "decision": "string",
    "decided_by": "string",
    "status": "string",
    "reason": "string",
    "truncated": "boolean",
}
"""Of a pair before any verdict."""

ASKED: Mapping[str, str] = {
    "judge_score": "double",
    "score": "double",
    "decision": "string",
    "decided_by": "string",
    "status": "string",
    "reason": "string",
    "latency_ms": "bigint",
}
"""What asking changes."""

RESULT: Mapping[str, str] = {**SCORED, "judge_score": "double", "latency_ms": "bigint"}
"""Of the scores."""


def ddl(columns: Mapping[str, str]) -> str:
    """The columns as Spark has them."""
    return ", ".join(f"`{name}` {kind}" for name, kind in columns.items())


def arrow_schema(columns: Mapping[str, str]) -> pa.Schema:
    """The columns as Arrow has them."""
    import pyarrow as pa

    kinds = {
        "string": pa.string(),
        "double": pa.float64(),
        "boolean": pa.bool_(),
        "bigint": pa.int64(),
        "int": pa.int32(),
        "smallint": pa.int16(),
        "tinyint": pa.int8(),
    }
    return pa.schema([(name, kinds[kind]) for name, kind in columns.items()])

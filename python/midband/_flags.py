"""Keyword arguments as the command's options: the same names, the same values, checked in the same place."""

from __future__ import annotations

import datetime
import difflib
import keyword
import os
from collections.abc import Mapping, Sequence
from functools import cache

from . import _midband

__all__ = ["flags"]

# What belongs to files and terminals: a table has its types, and results come back.
_OF_FILES = frozenset(
    [
        "format",
        "delimiter",
        "quoting",
        "encoding",
        "no_headers",
        "output",
        "output_format",
        "provenance",
        "quiet",
        "resume",
        "dry_run",
        "explain_config",
        "config",
        "json",
        "compare_modes",
        "gold_pairs",
        "pairs",
        "bom",
        "lists",
    ]
)


@cache
def known(command: str) -> dict[str, _midband.Option]:
    """The options of a command that a call can name. A name that Python keeps for itself ends in ``_``."""
    options = {option["name"]: option for option in _midband.options(command)}
    if command == "calibrate":
        options.pop("compare", None)
    named = {name + "_" if keyword.iskeyword(name) else name: option for name, option in options.items()}
    return {name: option for name, option in named.items() if name not in _OF_FILES}


def flags(command: str, options: Mapping[str, object], *, of: str = "") -> list[str]:
    """The options in the command's words; what is ``None`` or ``False`` is left as it is by default.

    Raises
    ------
    TypeError
        There is no such option, or its value is of no type that it takes.
    """
    has = known(command)
    said: list[str] = []
    for name, value in options.items():
        if name not in has:
            near = difflib.get_close_matches(name, has, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise TypeError(f"{of or command}() got an unexpected keyword argument {name!r}{hint}")
        if value is None or value is False:
            continue
        option = has[name]
        flag = "--" + option["name"].replace("_", "-")
        if option["kind"] == "flag":
            if value is not True:
                raise TypeError(f"{name} is True or False")
            said.append(flag)
        else:
            said.extend(f"{flag}={text}" for text in _texts(name, value, option["several"]))
    return said


def _texts(name: str, value: object, several: bool) -> list[str]:
    if isinstance(value, Mapping):
        pairs = [f"{key}={_text(name, of)}" for key, of in value.items()]
        return pairs if several else [",".join(pairs)]
    if isinstance(value, tuple) and name in ("band", "batch_size"):
        return ["..".join(_text(name, end) for end in value)]
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        parts = [_text(name, part) for part in value]
        return parts if several else [",".join(parts)]
    return [_text(name, value)]


def _text(name: str, value: object) -> str:
    if isinstance(value, bool):
        raise TypeError(f"{name} takes a value, not {value}")
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, datetime.timedelta):
        return f"{round(value.total_seconds() * 1000)}ms"
    if isinstance(value, str):
        return value
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    raise TypeError(f"{name} can't be a {type(value).__qualname__}")

"""What can go wrong, as a hierarchy."""

from __future__ import annotations

import re

__all__ = ["InputError", "JudgeError", "MidbandError", "ModelError"]


class MidbandError(Exception):
    """Whatever midband raises."""


class InputError(MidbandError, ValueError):
    """A table, an option or a file that can't be used as it is."""


class ModelError(MidbandError):
    """The ONNX Runtime library or the embedding model is missing, or can't be used.

    Attributes
    ----------
    missing : bool
        True where a model is not on this machine.
    """

    missing: bool = False


class JudgeError(MidbandError):
    """No pair could be asked: no server answers, or its settings can't work."""


_CLASSES = {each.__name__: each for each in (MidbandError, InputError, ModelError, JudgeError)}


def made(kind: str, message: str, missing: bool) -> MidbandError:
    """The error of a call, its options by their names in Python."""
    message = message.replace("scripts/setup", "python -m midband.setup")
    message = re.sub(r"(?<![\w-])--([a-z][a-z-]+)", lambda flag: flag[1].replace("-", "_"), message)
    error = _CLASSES[kind](message)
    if isinstance(error, ModelError):
        error.missing = missing
    return error

"""Who is asked."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable, Sequence
from typing import Any, Union

from ._errors import JudgeError

__all__ = ["Ask", "Asking", "Judge"]

Ask = Callable[[Sequence["tuple[str, str]"]], Sequence["float | None"]]
"""A function that judges: a list of ``(left, right)`` in, one probability of a match (0..1) per pair out, or ``None``."""


class Judge:
    """Who is asked about ambiguous pairs, and how: options that are said once, for :func:`midband.score` and the others.

    Holds no connection: each call makes its own. Pickles; a judge of a function pickles if the function does.

    Parameters
    ----------
    kind : {"none", "ollama", "openai", "local", "local:FILE"} or callable
        A server, nobody, or a function.
    **options
        Options of ``midband score`` that are about the judge, such as ``models``, ``mode``, ``task``, ``batch_size``,
        ``in_flight`` or ``request_timeout``. A keyword argument of a call wins over them.

    Examples
    --------
    >>> judge = midband.Judge.ollama("medgemma1.5")
    >>> midband.score(pairs, judge=judge)
    """

    def __init__(self, kind: str | Ask, **options: Any) -> None:
        self.kind = kind
        self.options = {name: value for name, value in options.items() if value is not None}

    @classmethod
    def ollama(cls, models: str | Sequence[str] | None = None, *, url: str | None = None, **options: Any) -> Judge:
        """An Ollama server.

        Parameters
        ----------
        models : str or sequence of str, optional
            The models, the first that answers is asked; by default the one that midband finds.
        url : str, optional
            The server; by default ``OLLAMA_HOST``, or this machine.
        **options
            As for :class:`Judge`.
        """
        return cls("ollama", models=models, ollama=url, **options)

    @classmethod
    def openai(cls, url: str | Sequence[str], models: str | Sequence[str] | None = None, **options: Any) -> Judge:
        """A server of the OpenAI API: llama.cpp's, vLLM, LM Studio, TGI. A key belongs into ``MIDBAND_JUDGE_API_KEY``.

        Parameters
        ----------
        url : str or sequence of str
            Such as ``http://127.0.0.1:8000/v1``; one on another machine needs ``allow_remote_judge=True``.
        models : str or sequence of str, optional
            As for :meth:`ollama`.
        **options
            As for :class:`Judge`.
        """
        return cls("openai", judge_url=url, models=models, **options)

    @classmethod
    def local(cls, file: Union[str, "os.PathLike[str]", None] = None, **options: Any) -> Judge:
        """llama.cpp's server, started for each call and ended with it.

        Parameters
        ----------
        file : path, optional
            A GGUF file; by default the one that ``midband models fetch`` got.
        **options
            As for :class:`Judge`.
        """
        return cls("local" if file is None else f"local:{os.fspath(file)}", **options)

    @classmethod
    def nobody(cls) -> Judge:
        """Nobody: no pair is asked about."""
        return cls("none")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Judge) and (self.kind, self.options) == (other.kind, other.options)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        said = [repr(self.kind), *(f"{name}={value!r}" for name, value in self.options.items())]
        return f"midband.Judge({', '.join(said)})"


class Asking:
    """A function that judges, and what became of it. It is called from other threads, where nobody hears what it raises."""

    def __init__(self, ask: Ask) -> None:
        functools.update_wrapper(self, ask, updated=())
        if not hasattr(self, "__qualname__"):
            self.__qualname__ = type(ask).__qualname__
        self._ask = ask
        self._answered = 0
        self._failed: Exception | None = None

    def __call__(self, pairs: Sequence[tuple[str, str]]) -> list[float | None]:
        try:
            answers = self._ask(pairs)
            answers = answers.tolist() if hasattr(answers, "tolist") else list(answers)
            checked = [_probability(answer) for answer in answers]
            if len(checked) != len(pairs):
                raise ValueError(f"the judge returned {len(checked)} answers for {len(pairs)} pairs")
        except Exception as error:
            if self._failed is None:
                # The type alone: the words may hold a text.
                logging.getLogger("midband").warning(
                    "the judge %s raised %s: its pairs stay unanswered", self.__qualname__, type(error).__name__
                )
            self._failed = error
            raise
        self._answered += len(checked)
        return checked

    def check(self) -> None:
        """Says that the function never worked.

        Raises
        ------
        JudgeError
            It was called and failed each time; the last error is the cause.
        """
        if self._failed is not None and not self._answered:
            failed, self._failed = self._failed, None
            raise JudgeError(
                f"no pair could be asked: the judge {self.__qualname__} raised {type(failed).__name__}"
            ) from failed


def _probability(answer: Any) -> float | None:
    if answer is None:
        return None
    if isinstance(answer, (str, bytes)):
        raise TypeError("the judge must return numbers from 0 to 1 or None, not texts")
    number = float(answer)
    if not 0.0 <= number <= 1.0:
        raise ValueError("the judge must return numbers from 0 to 1 or None")
    return number


def asked(judge: str | Judge | Ask | None) -> tuple[dict[str, object], Asking | None]:
    """A judge as options of the command, and the function where it is one."""
    if judge is None:
        return {}, None
    if not isinstance(judge, Judge):
        judge = Judge(judge)
    if callable(judge.kind):
        return dict(judge.options), Asking(judge.kind)
    return {"judge": judge.kind, **judge.options}, None

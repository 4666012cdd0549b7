"""Pairs scored one by one by what was learned before: the half of a run that can be spread over machines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from . import _midband
from ._calling import AnyJudge, Hears, Path_, heard, with_model, words
from ._embedder import Embedder, native
from ._errors import InputError
from ._flags import flags
from ._results import Calibration, Scores
from ._tables import TableLike, table_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._options import ScoreOptions

__all__ = ["Learnt", "Scorer", "learn"]


class Learnt(NamedTuple):
    """What a run over a sample came to."""

    scores: Scores
    """The sample's own scores."""
    calibration: Calibration
    """What the run learned, for :class:`Scorer`."""


def learn(
    table: TableLike,
    *,
    left: str = "a",
    right: str = "b",
    id: str = "id",
    judge: AnyJudge = None,
    calibration: Calibration | Path_ | None = None,
    embedder: Embedder | None = None,
    progress: Hears = None,
    **options: Unpack[ScoreOptions],
) -> Learnt:
    """Scores pairs as :func:`midband.score` does, and keeps what the run learned, with or without labels.

    Parameters
    ----------
    table, left, right, id, judge, calibration, embedder, progress, **options
        As for :func:`midband.score`, for a policy that learns from samples: not ``band``, ``budget`` or ``target``.

    Returns
    -------
    Learnt
        The scores and a calibration. :func:`midband.score` gives pairs beyond ``sample`` the scores that a :class:`Scorer` with
        this calibration gives them.

    Raises
    ------
    InputError, ModelError, JudgeError, TypeError
        As for :func:`midband.score`.
    """
    given = table_of(table)
    with words(judge, calibration) as (more, callable_), heard(progress) as hears:
        said = flags("score", {"left": left, "right": right, "id": id, **more, **options}, of="learn")
        own = (id, left, right, bool(options.get("include_text")), bool(options.get("parts")))
        call = lambda: _midband.learn(said, given, own, callable_, hears, native(embedder))
        scored, learnt = with_model(call)
    if learnt is None:
        raise InputError("a fixed band learns nothing: leave the band out")
    return Learnt(Scores(*scored), Calibration(learnt))


class Scorer:
    """Scores tables by a calibration and learns nothing: a pair's score depends on the pair alone, so that parts of a table can
    be scored anywhere. The scores are those of ``midband score - --calibration FILE``, which reads a stream.

    The model is opened once, here. A scorer can't be pickled: open one in each process.

    Parameters
    ----------
    calibration : Calibration or path
        What was learned: by :func:`midband.calibrate` or :func:`midband.learn`.
    left, right, id, judge, embedder
        As for :func:`midband.score`.
    **options
        As for :func:`midband.score`, for the policy ``gain``.

    Raises
    ------
    InputError, ModelError, JudgeError, TypeError
        As for :func:`midband.score`.
    """

    def __init__(
        self,
        calibration: Calibration | Path_,
        *,
        left: str = "a",
        right: str = "b",
        id: str = "id",
        judge: AnyJudge = None,
        embedder: Embedder | None = None,
        **options: Unpack[ScoreOptions],
    ) -> None:
        with words(judge, calibration) as (more, callable_):
            said = flags("score", {"left": left, "right": right, "id": id, **more, **options}, of="Scorer")
            own = (id, left, right, bool(options.get("include_text")), bool(options.get("parts")))
            self._judge = callable_
            self._scorer = with_model(lambda: _midband.Scorer(said, own, callable_, native(embedder)))

    def score(self, table: TableLike) -> Scores:
        """Scores a table. Several threads may call it.

        Raises
        ------
        InputError
            A column is missing.
        ModelError, JudgeError
            As for :func:`midband.score`.
        """
        scored, rejected, summary = self._scorer.score(table_of(table))
        if self._judge is not None:
            self._judge.check()
        counts = json.loads(summary)
        text = ", ".join(f"{name} {count}" for name, count in counts["decisions"].items())
        return Scores(scored, rejected, summary, "{}", f"{counts['pairs']} pairs; decisions: {text}")

"""The functions."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from . import _midband
from ._calling import AnyJudge, Hears, Path_, folder, heard, labelled as _labels, with_model, words
from ._embedder import Embedder, native
from ._flags import flags
from ._results import Calibration, Evaluation, Records, Scores
from ._tables import TableLike, table_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._options import CalibrateOptions, EvaluateOptions, MatchOptions, ReportOptions, ReviewOptions, ScoreOptions

__all__ = ["calibrate", "evaluate", "from_splink", "match", "report", "review", "score"]


def score(
    table: TableLike,
    *,
    left: str = "a",
    right: str = "b",
    id: str = "id",
    judge: AnyJudge = None,
    calibration: Calibration | Path_ | None = None,
    labels: TableLike | Path_ | None = None,
    embedder: Embedder | None = None,
    progress: Hears = None,
    **options: Unpack[ScoreOptions],
) -> Scores:
    """Scores pairs of texts: an embedding model for the clear ones, a judge for the ambiguous ones.

    Parameters
    ----------
    table : table
        One row a pair. Whatever has ``__arrow_c_stream__``: polars, pyarrow, pandas from 2.2 on, DuckDB relations.
    left, right : str
        The columns of the two texts (strings of any Arrow type).
    id : str
        The column of the pairs' ids, texts or whole numbers, no two the same.
    judge : Judge, {"none", "ollama", "openai", "local"} or callable, optional
        Who is asked about ambiguous pairs; by default an Ollama server where one answers. A callable takes a list of
        ``(left, right)`` and returns as many probabilities of a match (0..1), or ``None`` where it has none; it is called from
        another thread. If it raises, its pairs stay unanswered; if it never works, the call raises.
    calibration : Calibration or path, optional
        What labels taught.
    labels : table or path, optional
        Labels by the pairs' ids, as the review page saves them, in its own form or in Splink's. They stand, and the run learns
        from them.
    embedder : Embedder, optional
        A model that is open already, in the place of the one that the options name.
    progress : bool or callable, optional
        ``True`` shows a bar (needs tqdm); a callable gets a :class:`Progress` some times a second.
    **options
        The options of ``midband score``, by the same names, with ``_`` for ``-``; ``midband score --help`` lists them. Variables
        ``MIDBAND_…`` and a ``midband.toml`` in the working directory count as they do for the command.

    Returns
    -------
    Scores
        One row a pair, in the table's order.

    Raises
    ------
    InputError
        A column is missing, or an option can't be used.
    ModelError
        Runtime or embedding model are missing and can't be had.
    JudgeError
        The judge can't be asked at all; the error of a callable that failed each time is its cause.
    TypeError
        The table is none, or there is no such option.

    Notes
    -----
    The interpreter is released meanwhile. Ctrl-C ends the call within a second; with ``cache="folder"`` the next call embeds
    and asks nothing again.
    """
    given = table_of(table)
    own = {"left": left, "right": right, "id": id}
    with words(judge, calibration) as (more, callable_), _labels(labels) as known:
        said = flags("score", {**own, **more, **known, **options})
        texts = bool(options.get("include_text"))
        parts = bool(options.get("parts"))
        with heard(progress) as hears:
            call = lambda: _midband.score(said, given, (id, left, right, texts, parts), callable_, hears, native(embedder))
            return Scores(*with_model(call))


def match(
    left: TableLike,
    right: TableLike | None = None,
    *,
    id: str = "id",
    gold_pairs: TableLike | None = None,
    judge: AnyJudge = None,
    calibration: Calibration | Path_ | None = None,
    labels: TableLike | Path_ | None = None,
    clusters: bool | Path_ = False,
    golden: bool | Path_ = False,
    known: TableLike | Path_ | None = None,
    known_clusters: Path_ | None = None,
    embedder: Embedder | None = None,
    **options: Unpack[MatchOptions],
) -> Scores:
    """Finds the pairs in two lists of records, or in one, and scores them.

    Parameters
    ----------
    left : table
        One row a record: an id and one or more columns of text, dates or numbers.
    right : table, optional
        The other list; without it the pairs within the first are found (de-duplication).
    id : str
        The column of the records' ids; ``left_id`` and ``right_id`` name others.
    gold_pairs : table, optional
        Pairs that are known to match (``left_id``, ``right_id``): the result gets a column ``label``.
    clusters : bool or path, optional
        ``True`` puts the clusters of records into ``clusters`` of the result; a path writes them to that file.
    golden : bool or path, optional
        The same for golden records, one a cluster: ``golden`` of the result. ``golden_rule`` says which values survive.
    known, known_clusters : table or path, and path
        A list that an earlier call resolved, and the file that its ``clusters`` wrote: ``left`` holds new records then. No two
        known records are compared. ``clusters`` is the list's next state.
    judge, calibration, labels, embedder
        As for :func:`score`; no callable as judge. Labels name their pairs by id or by ``left_id`` and ``right_id``. With an embedder long lists are searched by its vectors alone, not by static ones.
    **options
        The options of ``midband match``.

    Returns
    -------
    Scores
        One row a candidate pair, with ``left_id`` and ``right_id``.

    Raises
    ------
    InputError, ModelError, JudgeError, TypeError
        As for :func:`score`.

    Notes
    -----
    What is found of the lists goes to the logger ``midband`` at level INFO. Ctrl-C ends the call within a second; match weights that
    are being learned are learned to the end beside it.
    """
    lists = (
        table_of(left, "left"),
        None if right is None else table_of(right, "right"),
        None if gold_pairs is None else table_of(gold_pairs, "gold_pairs"),
    )
    resolved = None if known is None or isinstance(known, (str, os.PathLike)) else table_of(known, "known")
    with words(judge, calibration) as (more, callable_), _labels(labels) as labeled, folder() as place:
        if callable_ is not None:
            raise TypeError("match() takes no callable as judge: score its pairs")
        made = {name: place / f"{name}.jsonl" for name, wanted in (("clusters", clusters), ("golden", golden)) if wanted is True}
        files: dict[str, object] = {"clusters": clusters, "golden": golden, **made}
        # A table has no path: the flag only says that there is one.
        files |= {"known": known if resolved is None else "a table", "known_clusters": known_clusters}
        said = flags("match", {"id": id, **more, **labeled, **files, **options})
        table, rejected, summary, provenance = with_model(lambda: _midband.match_lists(said, *lists, resolved, native(embedder)))
        scores = Scores(table, rejected, summary, provenance, _counted(summary))
        for name, file in made.items():
            setattr(scores, name, Records(_midband.Table.of_lines(file.read_text(encoding="utf-8"))))
        return scores


def _counted(summary: str) -> str:
    counts = json.loads(summary)
    decisions = ", ".join(f"{name} {count}" for name, count in counts["decisions"].items())
    return f"{counts['pairs']} pairs; decisions: {decisions}"


def calibrate(
    labelled: TableLike,
    *,
    labels: TableLike | None = None,
    left: str = "a",
    right: str = "b",
    id: str = "id",
    judge: AnyJudge = None,
    embedder: Embedder | None = None,
    progress: Hears = None,
    **options: Unpack[CalibrateOptions],
) -> Calibration:
    """Learns from labeled pairs: the proxy, the judge's reliability, the rule of decision.

    Parameters
    ----------
    labelled : table
        Pairs as for :func:`score`, with a column ``label`` (0 or 1, or a word for them; empty where nothing is known).
    labels : table, optional
        Labels in a table of their own, by the pairs' ids: what the review page saves, in its own form or in Splink's.
    left, right, id, embedder, progress
        As for :func:`score`.
    judge : Judge, {"none", "ollama", "openai", "local"} or callable, optional
        Asked about every labeled pair, so that its reliability is known; nobody by default.
    **options
        The options of ``midband calibrate``.

    Returns
    -------
    Calibration

    Raises
    ------
    InputError
        Both classes are needed, or the labels teach nothing.
    ModelError, JudgeError, TypeError
        As for :func:`score`.
    """
    given, more_labels = table_of(labelled), None if labels is None else table_of(labels, "labels")
    own = {"left": left, "right": right, "id": id}
    with words(judge, None) as (more, callable_), heard(progress) as hears:
        said = flags("calibrate", {**own, **more, **options})
        call = lambda: _midband.calibrate(said, given, more_labels, callable_, hears, native(embedder))
        return Calibration(*with_model(call))


def evaluate(scored: TableLike, *, gold: str | None = None, **options: Unpack[EvaluateOptions]) -> Evaluation:
    """Measures scores against labels.

    Parameters
    ----------
    scored : Scores or table
        What :func:`score` returned, or a table of the same columns; with a column ``label``.
    gold : str, optional
        A column with graded gold in 0..1, in the place of ``label``.
    **options
        The options of ``midband eval``.

    Returns
    -------
    Evaluation
        A mapping with the keys of ``midband eval --json``; its ``text`` is the table for people.

    Raises
    ------
    InputError
        No row has a label, or it is no scored table.
    """
    said = flags("eval", {"gold": gold, **options}, of="evaluate")
    return Evaluation(*_midband.evaluate(said, _scored(scored)))


def report(
    scored: TableLike,
    output: Path_ = "report.html",
    *,
    labels: TableLike | None = None,
    pairs: TableLike | None = None,
    **options: Unpack[ReportOptions],
) -> Path:
    """Writes a report on scored pairs: HTML, PDF or JSON, by the ending.

    Parameters
    ----------
    scored : Scores or table
        What :func:`score` returned: then provenance and summary are in the report too.
    output : path
        Where it goes.
    labels : table, optional
        Labels in a table of their own.
    pairs : table, optional
        The pairs that were scored, where ``scored`` holds no texts.
    **options
        The options of ``midband report``.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        It is no scored table, or the ending is none of the three.
    """
    if isinstance(scored, Scores):
        return scored.report(output, labels=labels, pairs=pairs, **options)
    more = [None if table is None else table_of(table) for table in (labels, pairs)]
    said = [f"--output={os.fspath(output)}", *flags("report", options)]
    _midband.report(said, _scored(scored), None, None, *more)
    return Path(output)


def review(
    scored: TableLike, output: Path_ = "review.html", *, pairs: TableLike | None = None, **options: Unpack[ReviewOptions]
) -> Path:
    """Writes a page on which a person labels scored pairs, the most informative ones first.

    Parameters
    ----------
    scored : Scores or table
        What :func:`score` returned.
    output : path
        Where the page goes.
    pairs : table, optional
        The pairs that were scored, where ``scored`` holds no texts.
    **options
        The options of ``midband review``.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        It is no scored table, or its texts are not there.
    """
    said = [f"--output={os.fspath(output)}", *flags("review", options)]
    _midband.review(said, _scored(scored), None if pairs is None else table_of(pairs, "pairs"))
    return Path(output)


def from_splink(pairs: TableLike, **options: Unpack[ScoreOptions]) -> Scores:
    """Scores the pairs that Splink predicted or blocked.

    Parameters
    ----------
    pairs : table
        ``linker.inference.predict()`` as a table (``.as_pandas_dataframe()``, ``.as_duckdbpyrelation()``): ``unique_id_l``,
        ``unique_id_r``, and the compared columns of both sides, such as ``first_name_l`` and ``first_name_r``
        (``retain_matching_columns``).
    **options
        The options of :func:`score`.

    Returns
    -------
    Scores
        One row a pair: ``id`` of both records, ``left_id``, ``right_id``, the scores, then Splink's own columns. The texts that
        were compared are "name: value; …".

    Raises
    ------
    InputError
        They are no pairs of Splink's, or have no columns to compare.
    """
    return score(_midband.from_splink(table_of(pairs, "pairs")), **options)


def _scored(given: TableLike) -> _midband.Table:
    return given._table if isinstance(given, Scores) else table_of(given, "scored")

"""The functions."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal, Union

from .._calling import Path_
from .._errors import InputError
from .._judge import Ask as Judge
from .._results import Calibration
from ._blocking import rules_of
from ._estimating import Estimate, Prices, estimated
from ._folder import Folder
from ._matching import Compare, Matching
from ._scoring import Scoring

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import DataFrame
    from typing_extensions import Unpack

    from .._options import ScoreOptions

__all__ = ["estimate", "match", "score"]

JudgeOf = Union[Literal["none", "ollama", "openai"], Judge, None]


def score(
    frame: DataFrame,
    folder: Path_,
    *,
    left: str = "a",
    right: str = "b",
    id: str = "id",
    judge: JudgeOf = None,
    calibration: Calibration | Path_ | None = None,
    **options: Unpack[ScoreOptions],
) -> DataFrame:
    """Scores pairs of texts as ``midband score`` does, the clear ones on the cluster and the others by one judge.

    The stages are ``calibration`` (the driver learns on the pairs that come first in the seed's order, as the command does),
    ``score`` (executors), ``asked-…`` (the driver asks) and ``scores``. Each is a Parquet data set in the folder, and is read
    instead of made where it is whole and of the same pairs and options: after a crash call again with the same arguments.

    Parameters
    ----------
    frame : DataFrame
        One row per pair. It is read several times: for its fingerprint, the sample, the scores and the questions.
    folder : path or URL
        Where the stages are kept, for the driver and the executors. They hold ids, numbers and words of midband's: no text.
    left, right : str
        The columns of the two texts (strings).
    id : str
        The column of the pairs' ids: strings or whole numbers, no two the same.
    judge : {"none", "ollama", "openai"} or callable, optional
        Who is asked, by the driver; as for :func:`midband.score`. :class:`midband.spark.Gateway` asks a server.
    calibration : Calibration or path, optional
        What labels taught. With ``sample=0`` nothing is learned beside it, as in the stream of ``midband score -``.
    **options
        The options of ``midband score`` that pairs one by one have a meaning for: not ``band``, ``budget`` or ``target``; none
        that writes texts. ``cache`` is a folder of the driver's with verdicts, by default one in ``folder`` where that is a
        local path.

    Returns
    -------
    DataFrame
        The data set ``scores``: one row per pair, in no order, with ``id``, ``cosine``, ``proxy_score``, ``route``,
        ``judge_score``, ``score``, ``decision``, ``decided_by``, ``status``, ``reason``, ``truncated``, ``latency_ms``. Rows that
        are no pairs are left out: the data set ``score`` holds them with the reason in ``rejected``.

    Raises
    ------
    InputError
        A column is missing, two rows share an id, or an option can't be used.
    ModelError
        Runtime or embedding model are missing on the driver. On an executor this is a ``PythonException`` with the same words.
    JudgeError
        The judge can't be asked at all. What it answered before is kept.
    """
    pairs = _pairs(frame, (id, left, right))
    folder_ = Folder(frame.sparkSession, os.fspath(folder))
    return Scoring(folder_, pairs, judge, dict(options), read(calibration)).result()


def match(
    left: DataFrame,
    right: DataFrame | None = None,
    *,
    folder: Path_,
    compare: Compare = "auto",
    block_on: str | Sequence[str] | None = None,
    id: str = "id",
    right_id: str | None = None,
    text: Sequence[str] | None = None,
    column: Mapping[str, str] | None = None,
    map: Mapping[str, str] | None = None,
    most_pairs: int = 1_000_000,
    top_k: int = 5,
    one_to_one: bool = False,
    many_to_one: bool = False,
    clusters: bool = False,
    cluster_threshold: float = 0.5,
    learn_on: int = 200_000,
    min_proxy: float = 0.01,
    judge: JudgeOf = None,
    calibration: Calibration | Path_ | None = None,
    **options: Unpack[ScoreOptions],
) -> DataFrame:
    """Finds pairs in two lists of records, or in one, as ``midband match`` does.

    Records are compared column by column: the driver finds the types of the columns and the blocking rules, and learns match
    weights without labels; executors count values, join by the rules and compare. Lists of up to ``learn_on`` records give the
    pairs and scores of ``midband match``, within 1e-5; of longer ones the driver sees a sample. Lists that only their words tell
    apart (products, citations) are compared as texts ("name: value; …"), each pair by itself, as :func:`score` does it.

    Parameters
    ----------
    left, right : DataFrame
        One row per record. Without ``right`` the pairs within ``left`` are found; ``left_id`` is then the smaller id.
    folder : path or URL
        Where the stages are kept, as for :func:`score`. They hold ids, numbers, embeddings of texts and 64-bit hashes of values;
        ``fit`` also holds values that stand for "missing" and short forms of categories.
    compare : {"auto", "columns", "text"}
        Whether columns or texts are compared; by default columns if they tell records apart, and if neither ``text`` nor
        ``calibration`` is given.
    block_on : str or list of str, optional
        Rules as in ``midband match --block-on``, such as ``"birth_date,prefix(family_name,3)+year(birth_date)"``: pairs that agree
        by one of them. An empty value agrees with nothing. By default the columns suggest rules, and texts are searched by their
        embeddings (an inverted file: approximate).
    id, right_id : str
        The column of the ids, and the right list's where it has another name.
    text : list of str, optional
        The columns that are compared as texts; all but the id.
    column : mapping, optional
        Types of columns by name, where midband finds a wrong one: ``{"birth_date": "date"}``.
    map : mapping, optional
        Columns of the right list that hold the same under another name: ``{"surname": "last_name"}``. Others are paired by their
        names and values if columns are compared, by their names alone if texts are.
    most_pairs : int
        Pairs that one value of a rule may propose: a larger block (a missing date written as 1900-01-01) proposes none.
    top_k : int
        Partners that each record proposes, if texts are searched by their embeddings.
    one_to_one, many_to_one : bool
        Each record in one match at most, or each left record. Matches that are dropped have ``resolved``.
    clusters : bool
        Also make the data set ``clusters``: which records belong together.
    cluster_threshold : float
        Mean probability, above 0 and below 1, that joins two groups of records, if columns are compared.
    learn_on : int
        Records of each list that the driver learns on.
    min_proxy : float
        Probability (0 to 1) below which a pair is left out, if columns are compared.
    judge, calibration, **options
        As for :func:`score`; ``calibration`` is for texts. If columns are compared, the driver asks about ``sample`` pairs at
        most, those nearest to even odds, and verdicts teach it the scores of these alone.

    Returns
    -------
    DataFrame
        The data set ``matched``: the columns of :func:`score`, with ``left_id``, ``right_id`` and ``rules`` (bit i for rule i; 0
        for a pair that third records bring together).

    Raises
    ------
    InputError, ModelError, JudgeError
        As for :func:`score`; or a rule can't be read, or the columns do not show what a match is.
    """
    if (one_to_one or many_to_one) and right is None:
        raise InputError("one_to_one and many_to_one need two lists; for the doubles of one list there is clusters")
    if one_to_one and many_to_one:
        raise InputError("one_to_one and many_to_one exclude each other")
    if compare not in ("auto", "columns", "text"):
        raise InputError(f"compare is 'auto', 'columns' or 'text', not {compare!r}")
    if not 0.0 < cluster_threshold < 1.0:
        raise InputError(f"cluster_threshold is above 0 and below 1, not {cluster_threshold}")
    if not 0.0 <= min_proxy <= 1.0:
        raise InputError(f"min_proxy is between 0 and 1, not {min_proxy}")
    matching = Matching(
        folder=Folder(left.sparkSession, os.fspath(folder)),
        left=left,
        right=right,
        ids=(id, right_id or id),
        rules=rules_of(block_on or []),
        text=text,
        column=dict(column or {}),
        map=dict(map or {}),
        most_pairs=most_pairs,
        top_k=top_k,
        partners="one_to_one" if one_to_one else "many_to_one" if many_to_one else None,
        clusters=clusters,
        cluster_threshold=cluster_threshold,
        learn_on=learn_on,
        min_proxy=min_proxy,
        judge=judge,
        calibration=read(calibration),
        options=dict(options),
    )
    return matching.result(compare)


def estimate(
    frame: DataFrame,
    *,
    left: str = "a",
    right: str = "b",
    id: str = "id",
    show: int = 2_000,
    cores: int = 1,
    core_hour: float = 0.0,
    question: float = 0.0,
    judge_seconds: float = 1.0,
    at_once: int = 2,
    **options: Unpack[ScoreOptions],
) -> Estimate:
    """What :func:`score` will take, from a sample that the driver scores. Nobody is asked and nothing is written.

    Parameters
    ----------
    frame, left, right, id
        As for :func:`score`.
    show : int
        Pairs of the sample: one half teaches, the other is timed on one core.
    cores : int
        Cores of the executors.
    core_hour, question : float
        Prices, in any one currency.
    judge_seconds : float
        Seconds of a question; ``midband doctor`` measures them.
    at_once : int
        Questions at once.
    **options
        As for :func:`score`.

    Returns
    -------
    Estimate
        Hours, questions, bytes and the bill; ``print`` says it in a line.

    Raises
    ------
    InputError
        There are too few pairs to learn from.
    """
    prices = Prices(cores, core_hour, question, judge_seconds, at_once)
    return estimated(_pairs(frame, (id, left, right)), show, prices, dict(options))


def _pairs(frame: DataFrame, names: tuple[str, str, str]) -> DataFrame:
    """The columns ``id``, ``a`` and ``b``."""
    types = dict(frame.dtypes)
    for name in names[1:]:
        if types.get(name) != "string":
            raise InputError(f"the column {name!r} holds {types.get(name, 'nothing')}: texts are needed")
    if names[0] not in types:
        raise InputError(f"no column {names[0]!r}")
    wanted = zip(names, ("id", "a", "b"))
    return frame.selectExpr(*[f"`{name}` AS {own}" for name, own in wanted])


def read(calibration: Calibration | Path_ | None) -> Calibration | None:
    """A calibration, read where it is a file."""
    if calibration is None or isinstance(calibration, Calibration):
        return calibration
    return Calibration.load(calibration)

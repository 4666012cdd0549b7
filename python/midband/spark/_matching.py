"""Lists matched: compared column by column, or as texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .._errors import InputError
from .._results import Calibration
from ._blocking import Blocking, Records
from ._clustering import by_average_link, one_cluster
from ._deciding import Deciding
from ._folder import Folder, digest
from ._linking import Linking
from ._nearest import Nearest
from ._resolving import clustered, resolved
from ._scoring import Scoring, name_of, run_options, shaping

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["Compare", "Matching"]

Compare = Literal["auto", "columns", "text"]


@dataclass(frozen=True)
class Matching:
    """A run over lists of records."""

    folder: Folder
    left: DataFrame
    right: DataFrame | None
    ids: tuple[str, str]
    """The columns of the ids."""
    rules: Sequence[str]
    text: Sequence[str] | None
    column: Mapping[str, str]
    map: Mapping[str, str]
    most_pairs: int
    top_k: int
    partners: str | None
    """``one_to_one``, ``many_to_one`` or nothing."""
    clusters: bool
    cluster_threshold: float
    learn_on: int
    min_proxy: float
    judge: Any
    calibration: Calibration | None
    options: Mapping[str, Any]

    def result(self, compare: Compare) -> DataFrame:
        """The stage ``matched``."""
        if compare == "text" or (compare == "auto" and (self.text or self.calibration)):
            return self._by_text()
        if self.text or self.calibration:
            raise InputError("text and calibration are for records that are compared as texts: compare='text'")
        linking = Linking(
            self.folder,
            *self._lists({}),
            self.rules,
            dict(self.column),
            self.most_pairs,
            map=dict(self.map),
            learn_on=self.learn_on,
            seed=int(self.options.get("seed") or 0),
            threads=int(self.options.get("threads") or 0),
            one_to_one=self.partners == "one_to_one",
        )
        learned = linking.learn()
        if compare == "auto" and not learned["informative"]:
            return self._by_text()
        if learned["fit"] is None:
            why = learned["why"] or "the match weights cannot be estimated"
            raise InputError(f"cannot compare the columns: {why}; compare='text' compares records as texts")
        return self._by_columns(linking)

    def _lists(self, map: Mapping[str, str]) -> tuple[Records, Records | None]:
        def records(frame: DataFrame, of: str, names: Mapping[str, str]) -> Records:
            renamed = {other: name for name, other in names.items()}
            columns = [name for name in frame.columns if name != of]
            wanted = [names.get(name, name) for name in self.text] if self.text else columns
            for name in wanted:
                if name not in columns:
                    raise InputError(f"no column {name!r}")
            return Records(frame, of, wanted, renamed)

        right = None if self.right is None else records(self.right, self.ids[1], map)
        return records(self.left, self.ids[0], {}), right

    def _by_columns(self, linking: Linking) -> DataFrame:
        options = run_options(self.options, self.folder)
        links, two_lists = linking.links(), self.right is not None
        made_of = digest(
            "scores", {"links": linking.made_of_links, "judge": name_of(self.judge), "min": self.min_proxy, "options": shaping(options)}
        )
        matched = Deciding(self.folder, linking, self.judge, options, self.min_proxy).scores(links, made_of)
        if self.partners:
            matched = resolved(self.folder, matched, made_of, many=self.partners == "many_to_one")
        own = {"scores": made_of, "partners": self.partners}
        if self.clusters:
            of = digest("resolved", own)
            clusters = by_average_link(self.folder, matched, of, self.cluster_threshold, two_lists=two_lists)
            matched = one_cluster(matched, clusters, two_lists=two_lists)
        made = digest("matched", {**own, "clusters": self.clusters and self.cluster_threshold})
        return self.folder.stage("matched", made, lambda: matched)

    def _by_text(self) -> DataFrame:
        lists = self._lists(self.map)
        if self.rules:
            candidates, found = Blocking(self.folder, *lists, self.rules, dict(self.column), self.most_pairs).pairs()
        else:
            seed = int(self.options.get("seed") or 0)
            candidates, found = Nearest(self.folder, *lists, self.top_k, seed, self.options).pairs()
        others = lists[1] or lists[0]
        with_texts = candidates.join(lists[0].texts("left"), "left_id").join(others.texts("right"), "right_id")
        pairs = with_texts.select("id", "a", "b")
        run = Scoring(self.folder, pairs, self.judge, dict(self.options), self.calibration, (candidates.count(), found))
        scores, made_of = run.result(), run.made_of
        many, one = self.partners == "many_to_one", self.partners == "one_to_one"
        own = digest("matched", {"scores": made_of, "one": one, "many": many})

        def joined() -> DataFrame:
            pairs = scores.join(candidates, "id")
            return resolved(self.folder, pairs, made_of, many=many) if self.partners else pairs

        matched = self.folder.stage("matched", own, joined)
        if self.clusters:
            clustered(self.folder, matched, own, two_lists=self.right is not None)
        return matched

import os
from collections.abc import Callable, Sequence
from typing import TypedDict, final, type_check_only

__all__ = [
    "Table",
    "Scorer",
    "Links",
    "Embedder",
    "__version__",
    "score",
    "learn",
    "match_lists",
    "calibrate",
    "evaluate",
    "report",
    "review",
    "from_splink",
    "learn_links",
    "linked_rule",
    "score_compared",
    "clusters",
    "column_types",
    "blocking_keys",
    "sample_ranks",
    "partners",
    "options",
    "host_package",
    "main",
]

__version__: str

@type_check_only
class Option(TypedDict):
    name: str
    kind: str
    several: bool
    words: list[str]
    default: str | None
    help: str

@final
class Table:
    def __new__(cls, object: object) -> Table: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...
    def __arrow_c_schema__(self) -> object: ...
    def __len__(self) -> int: ...
    @property
    def column_names(self) -> list[str]: ...
    @staticmethod
    def of_texts(texts: Sequence[str]) -> Table: ...
    @staticmethod
    def of_lines(lines: str) -> Table: ...
    def head(self, rows: int) -> str: ...
    def waterfall(self, id: str) -> str | None: ...
    def parts(self, id: str) -> list[tuple[str, float]] | None: ...

@final
class Embedder:
    def __new__(
        cls,
        flags: Sequence[str],
        callable: tuple[Callable[[list[str]], object], str, int] | None = None,
    ) -> Embedder: ...
    def embed(self, texts: Table, column: str) -> Table: ...
    @property
    def width(self) -> int: ...
    @property
    def model(self) -> tuple[str, str]: ...

@final
class Scorer:
    def __new__(
        cls,
        flags: Sequence[str],
        own: tuple[str, str, str, bool, bool],
        judge: Callable[..., object] | None = None,
        embedder: Embedder | None = None,
    ) -> Scorer: ...
    def score(self, table: Table) -> tuple[Table, list[tuple[int, str | None, str]], str]: ...

@final
class Links:
    def __new__(cls, fit: str, counts: Sequence[tuple[float, float, float]]) -> Links: ...
    def headers(self, of_right: bool) -> list[str]: ...
    def lookups(self) -> list[tuple[int, int]]: ...
    def hashes(self, table: Table, of_right: bool) -> Table: ...
    def scores(self, table: Table) -> Table: ...
    def feature_names(self) -> list[str]: ...
    def features(self, table: Table) -> Table: ...
    def by_third_record(
        self, table: Table, left: Sequence[int], right: Sequence[int], log_odds: Sequence[float]
    ) -> Table: ...

def score(
    flags: Sequence[str],
    table: Table,
    own: tuple[str, str, str, bool, bool],
    judge: Callable[..., object] | None = None,
    progress: Callable[[int, int, int, int, int], object] | None = None,
    embedder: Embedder | None = None,
) -> tuple[Table, list[tuple[int, str | None, str]], str, str, str]: ...
def learn(
    flags: Sequence[str],
    table: Table,
    own: tuple[str, str, str, bool, bool],
    judge: Callable[..., object] | None = None,
    progress: Callable[[int, int, int, int, int], object] | None = None,
    embedder: Embedder | None = None,
) -> tuple[tuple[Table, list[tuple[int, str | None, str]], str, str, str], str | None]: ...
def match_lists(
    flags: Sequence[str],
    left: Table,
    right: Table | None = None,
    gold_pairs: Table | None = None,
    known: Table | None = None,
    embedder: Embedder | None = None,
) -> tuple[Table, list[tuple[int, str | None, str]], str, str]: ...
def calibrate(
    flags: Sequence[str],
    table: Table,
    labels: Table | None = None,
    judge: Callable[..., object] | None = None,
    progress: Callable[[int, int, int, int, int], object] | None = None,
    embedder: Embedder | None = None,
) -> tuple[str, str]: ...
def evaluate(flags: Sequence[str], scored: Table) -> tuple[str, str]: ...
def report(
    flags: Sequence[str],
    scored: Table,
    provenance: str | None = None,
    summary: str | None = None,
    labels: Table | None = None,
    pairs: Table | None = None,
) -> None: ...
def review(flags: Sequence[str], scored: Table, pairs: Table | None = None) -> None: ...
def from_splink(pairs: Table) -> Table: ...
def learn_links(left: Table, right: Table | None, told: str) -> tuple[str, Table]: ...
def linked_rule(
    flags: Sequence[str], of_people: bool, asks: bool, probabilities: Sequence[tuple[float, float]]
) -> tuple[float, tuple[float, float] | None]: ...
def score_compared(
    flags: Sequence[str],
    table: Table,
    compared: Table,
    of_people: bool,
    judge: Callable[..., object] | None = None,
) -> tuple[Table, list[tuple[int, str | None, str]], str, str, str]: ...
def clusters(
    pairs: Sequence[tuple[int, int, str, float | None]],
    left: int,
    right: int | None,
    threshold: float,
    least: float,
) -> tuple[list[int], list[float | None], list[int], list[bool]]: ...
def column_types(table: Table) -> list[tuple[str, str, str]]: ...
def blocking_keys(table: Table, types: Sequence[tuple[str, str, str]], rules: Sequence[str]) -> Table: ...
def sample_ranks(table: Table, id: str, seed: int) -> Table: ...
def partners(
    left: Sequence[int], right: Sequence[int], weights: Sequence[float], many: bool
) -> list[bool]: ...
def options(command: str) -> list[Option]: ...
def host_package(folder: str | os.PathLike[str]) -> None: ...
def main(arguments: Sequence[str]) -> int: ...

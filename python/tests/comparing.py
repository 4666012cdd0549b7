"""What tests on clusters compare: rows of one run with those of another."""

import polars as pl

WORDS = ["route", "decision", "status", "reason", "truncated"]
NUMBERS = ["cosine", "proxy_score", "judge_score", "score"]


def same(found: pl.DataFrame, wanted: pl.DataFrame) -> None:
    """The same rows: words alike, numbers within 1e-5."""
    found, wanted = found.sort("id"), wanted.sort("id")
    assert found["id"].to_list() == wanted["id"].to_list()
    for name in WORDS:
        assert found[name].to_list() == wanted[name].to_list(), name
    for name in NUMBERS:
        for one, other in zip(found[name].to_list(), wanted[name].to_list(), strict=True):
            assert (one is None) == (other is None), name
            assert one is None or abs(one - other) <= 1e-5, name

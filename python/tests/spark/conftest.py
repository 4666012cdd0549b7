"""What the tests of midband.spark share: one session, of Sail where it is installed (a server of Spark Connect without a JVM,
seconds a test), else of Spark on two cores with Python workers that are processes of their own (a minute a test)."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

import polars as pl
import pytest

DATA = Path(__file__).resolve().parents[3] / "data"

try:
    import pyspark
except ImportError:
    pyspark = None


def pytest_collection_modifyitems(items):
    """Says loudly what did not run; what Spark leaves open is Spark's own."""
    for item in items:
        if Path(__file__).parent in item.path.parents and item.path.name != "test_gateway.py":
            item.add_marker(pytest.mark.filterwarnings("ignore"))
    if pyspark is None:
        skip = pytest.mark.skip(reason="*** SKIPPED: pyspark is not installed: pip install 'midband[spark]' ***")
        for item in items:
            if Path(__file__).parent in item.path.parents and "without_pyspark" not in item.name:
                item.add_marker(skip)


@pytest.fixture(scope="session")
def spark():
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["OLLAMA_HOST"] = "http://127.0.0.1:9"
    try:
        from pysail.spark import SparkConnectServer
    except ImportError:
        pass
    else:
        server = SparkConnectServer()
        server.start()
        session = SparkSession.builder.remote(f"sc://127.0.0.1:{server.listening_address[1]}").getOrCreate()
        yield session
        session.stop()
        server.stop()
        return
    logging.getLogger("py4j").setLevel(logging.WARNING)
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.driver.memory": "1g",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
    }
    builder = SparkSession.builder.master("local[2]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


@pytest.fixture(scope="session")
def terms() -> pl.DataFrame:
    """Short texts, quickly embedded."""
    return pl.read_ndjson(DATA / "terms.jsonl").select("id", "a", "b")


class Judge:
    """Says what a fixed rule says, and remembers what it was asked."""

    def __init__(self, breaks_after: int | None = None) -> None:
        self.asked: list[tuple[str, str]] = []
        self.breaks_after = breaks_after

    def __call__(self, pairs):
        if self.breaks_after is not None and len(self.asked) + len(pairs) > self.breaks_after:
            raise OSError("the judge is gone")
        self.asked.extend(pairs)
        return [0.93 if set(a.lower()) & set("aeiou") == set(b.lower()) & set("aeiou") else 0.08 for a, b in pairs]


@pytest.fixture
def judge() -> Judge:
    return Judge()


def frame(made) -> pl.DataFrame:
    """A DataFrame of Spark's as polars has it."""
    return pl.DataFrame(made.toArrow())

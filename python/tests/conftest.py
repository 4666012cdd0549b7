"""What the tests share: the repository's own examples, and a command to compare with."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

pytest.register_assert_rewrite("comparing")

DATA = Path(__file__).resolve().parents[2] / "data"
SCRIPTS = Path(sys.executable).parent


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    """A folder without settings, and no judge that happens to run here."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OLLAMA_HOST", "http://127.0.0.1:9")


@pytest.fixture
def patients() -> pl.DataFrame:
    return pl.read_ndjson(DATA / "patients.jsonl")


@pytest.fixture
def questions() -> pl.DataFrame:
    return pl.read_ndjson(DATA / "questions.jsonl")


@pytest.fixture
def command(tmp_path):
    """Runs the command of this environment; gives its exit code, and the objects that it wrote."""
    found = shutil.which("midband", path=str(SCRIPTS))
    assert found, "the wheel puts no command on the PATH"

    def run(*arguments: object):
        done = subprocess.run([found, *map(str, arguments)], capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode in (0, 1, 3, 4), done.stderr
        return done

    return run


def objects(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

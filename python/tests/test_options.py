"""Options are the command's, by the same names."""

from __future__ import annotations

import datetime
import importlib.util
import inspect
from pathlib import Path

import pytest

from midband import _api, _flags, _options

ROOT = Path(__file__).resolve().parents[1]


def test_the_types_are_those_of_the_command():
    spec = importlib.util.spec_from_file_location("make_options", ROOT / "tools" / "make_options.py")
    make_options = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make_options)
    assert Path(_options.__file__).read_text() == make_options.written(), "run tools/make_options.py"


@pytest.mark.parametrize("name", ["score", "calibrate"])
def test_named_parameters_have_the_commands_defaults(name):
    known = _flags.known(name)
    for parameter in inspect.signature(getattr(_api, name)).parameters.values():
        if parameter.name in ("id", "left", "right"):
            assert parameter.default == known[parameter.name]["default"]


def test_values_are_said_as_the_command_reads_them():
    def said(**options):
        return _flags.flags("score", options)

    assert said(policy=None, explain=False) == []
    assert said(explain=True, min_gain=0.05, seed=7) == ["--explain", "--min-gain=0.05", "--seed=7"]
    assert said(models=["x", "y"]) == ["--models=x", "--models=y"]
    assert said(target={"precision": 0.95, "recall": 0.9}) == ["--target=precision=0.95,recall=0.9"]
    assert said(band=(-1.0, 0.5), batch_size=(4, 16)) == ["--band=-1.0..0.5", "--batch-size=4..16"]
    assert said(max_judge_time=datetime.timedelta(minutes=2)) == ["--max-judge-time=120000ms"]
    assert said(cache=Path("c") / "d") == ["--cache=c/d"]
    for options in ({"seed": object()}, {"explain": "yes"}, {"min_gain": True}):
        with pytest.raises(TypeError):
            said(**options)

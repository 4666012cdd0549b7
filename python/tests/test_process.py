"""What a library must bear: interrupts, forks, threads, pickles, other tasks."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time

import polars as pl
import pyarrow as pa
import pytest

import midband


def many(count: int) -> pl.DataFrame:
    """Long texts, all of them different: minutes of embedding."""
    text = [f"{at} " + " ".join(f"word{at * 31 % 977 + k}" for k in range(180)) for at in range(2 * count)]
    return pl.DataFrame({"id": range(count), "a": text[:count], "b": text[count:]})


CALLS = ["score(many(4000), judge='none')", "match(many(8000).drop('b'), judge='none', compare='text')"]


@pytest.mark.parametrize("call", CALLS)
def test_an_interrupt_ends_a_run_within_a_second(call):
    code = """
import sys, time, midband
sys.path.insert(0, sys.argv[1])
from test_process import many
from midband import match, score
print("ready", flush=True)
try:
    eval(sys.argv[2])
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-c", code, os.path.dirname(__file__), call],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
    )
    assert process.stdout.readline() == "ready\n"
    time.sleep(3)
    begin = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "interrupted\n"
    told = time.monotonic() - begin
    process.wait(30)
    ended = time.monotonic() - begin
    assert told < 1.0, told
    assert ended < 5.0, ended
    process.communicate()


def test_the_interpreter_is_free_while_a_run_goes_on(patients):
    ticks, done = [], threading.Event()

    def tick():
        while not done.wait(0.01):
            ticks.append(time.monotonic())

    thread = threading.Thread(target=tick)
    thread.start()
    begin = time.monotonic()
    midband.score(patients, judge="none")
    took = time.monotonic() - begin
    done.set()
    thread.join()
    assert len(ticks) > took / 0.01 / 4


def test_threads_score_at_once(patients):
    expected = midband.score(patients, judge="none").to_polars()
    got = [None] * 3

    def work(at):
        got[at] = midband.score(patients, judge="none").to_polars()

    threads = [threading.Thread(target=work, args=(at,)) for at in range(3)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert all(frame.equals(expected) for frame in got)


def child(engine: midband.Engine, table: dict, queue) -> None:
    # Not polars, whose own threads don't bear a fork.
    queue.put(engine.score(pa.table(table)).to_arrow().to_pydict())


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning", "ignore:.*fork:RuntimeWarning")
@pytest.mark.parametrize("way", ["fork", "spawn"])
def test_an_engine_works_in_a_child_of_a_parent_that_has_run(patients, way):
    engine = midband.Engine(judge="none")
    expected = engine.score(patients).to_arrow().to_pydict()
    context = multiprocessing.get_context(way)
    queue = context.Queue()
    process = context.Process(target=child, args=(engine, patients.to_arrow().to_pydict(), queue))
    process.start()
    assert queue.get(timeout=120) == expected
    process.join(30)
    assert process.exitcode == 0


def test_recipes_pickle(patients):
    calibration = midband.calibrate(patients)
    engine = midband.Engine(judge="none", sample=50).calibrated(calibration)
    again = pickle.loads(pickle.dumps(engine))
    assert again == engine
    assert again.score(patients).to_polars().equals(engine.score(patients).to_polars())


def test_awaited_runs(patients):
    engine = midband.Engine(judge="none")

    async def both():
        return await asyncio.gather(engine.ascore(patients), engine.ascore(patients.head(10)))

    whole, part = asyncio.run(both())
    assert (len(whole), len(part)) == (len(patients), 10)


def test_progress_and_log(patients, caplog):
    seen = []
    midband.score(patients, judge="none", progress=seen.append)
    assert seen and seen[-1].finished == len(patients)
    assert seen == sorted(seen, key=lambda now: now.read)
    with caplog.at_level(logging.WARNING, logger="midband"):
        midband.score(patients, judge="none", max_tokens=8)
    assert "tokens" in caplog.text

    def stop(now):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        midband.score(patients, judge="none", progress=stop)


def test_the_command_is_the_wheels(command):
    assert midband.__version__ in command("--version").stdout
    assert "onnxruntime" in command("models", "where").stdout

"""Kills parts of a run on Spark and looks at what comes out. `scripts/check_spark` runs it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

import midband

HERE = Path(__file__).resolve()
SAMPLE = 100
TASK = "same-concept"


class Judge:
    """Answers by a fixed rule, slowly where that is wanted, and writes down what it is asked."""

    def __init__(self, log: Path, slow: float = 0.0) -> None:
        self.log, self.slow = log, slow

    def __call__(self, wanted):
        answers = []
        for a, b in wanted:
            with self.log.open("a") as log:
                log.write(f"{a}\t{b}\n")
            time.sleep(self.slow)
            answers.append(0.93 if set(a[:9].lower()) & set(b[:9].lower()) >= set("ae") else 0.08)
        return answers


def pairs(count: int) -> pl.DataFrame:
    """The clinical terms that come with the project, again and again with other numbers, so that no two texts are equal."""
    terms = pl.read_ndjson(HERE.parents[2] / "data" / "terms.jsonl").select("a", "b")
    many = pl.concat([terms] * -(-count // terms.height)).head(count)
    number = pl.lit(", visit ") + (pl.int_range(pl.len()) // terms.height + 2).cast(pl.String)
    id = (pl.lit("p") + pl.int_range(pl.len()).cast(pl.String)).alias("id")
    return many.select(id, (pl.col("a") + number).alias("a"), (pl.col("b") + number).alias("b"))


def drive(folder: str, count: int, master: str, slow: float) -> None:
    """One driver: scores the pairs with a judge that writes down what it is asked."""
    from pyspark.sql import SparkSession

    import midband.spark

    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.driver.memory": "1g",
        "spark.executorEnv.PYTHONPATH": os.environ.get("PYTHONPATH", ""),
    }
    builder = SparkSession.builder.master(master)
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    frame = spark.createDataFrame(pairs(count).to_arrow()).repartition(4)
    print("ready", flush=True)
    judge = Judge(Path(folder) / "asked.txt", slow)
    scores = midband.spark.score(frame, f"{folder}/run", judge=judge, sample=SAMPLE, task=TASK)
    pl.DataFrame(scores.toArrow()).sort("id").write_parquet(f"{folder}/scores.parquet")
    spark.stop()
    print("done", flush=True)


class Driver:
    """A driver in a process of its own."""

    def __init__(self, folder: Path, count: int, master: str, slow: float = 0.0) -> None:
        said = [sys.executable, str(HERE), "--drive", str(folder), str(count), master, str(slow)]
        self.process = subprocess.Popen(said, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True)
        self.folder = folder

    def wait(self, seconds: float = 1800) -> int:
        return self.process.wait(seconds)

    def until(self, is_so, seconds: float = 900) -> None:
        """Waits for a moment of the run."""
        end = time.monotonic() + seconds
        while not is_so():
            if self.process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"check_spark: the moment to kill never came (exit code {self.process.poll()})")
            time.sleep(0.05)

    def end(self) -> None:
        """Ends what is left of it."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def processes(self) -> dict[int, str]:
        """Command lines of its descendants."""
        parents, lines = {}, {}
        for path in Path("/proc").glob("[0-9]*"):
            try:
                parents[int(path.name)] = int((path / "stat").read_text().rsplit(")", 1)[1].split()[1])
                lines[int(path.name)] = (path / "cmdline").read_text().replace("\0", " ")
            except OSError:
                continue
        found = {self.process.pid}
        grew = True
        while grew:
            more = {child for child, parent in parents.items() if parent in found} - found
            grew, found = bool(more), found | more
        return {pid: lines[pid] for pid in found if pid != self.process.pid}

    def workers(self) -> list[int]:
        """Python workers, the daemons' children."""
        lines = self.processes()
        daemons = {pid for pid, line in lines.items() if "pyspark.daemon" in line or "pyspark/daemon" in line}
        parents = {pid: int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1]) for pid in daemons}
        return [pid for pid, parent in parents.items() if parent in daemons]

    def executors(self) -> list[int]:
        """Executors that are processes of their own."""
        return [pid for pid, line in self.processes().items() if "CoarseGrainedExecutorBackend" in line]

    def is_scoring(self) -> bool:
        """True while the stage `score` is being made."""
        run = self.folder / "run"
        return (run / "calibration.whole").exists() and (run / "score").exists() and not (run / "score.whole").exists()


def asked_of(folder: Path) -> list[str]:
    path = folder / "asked.txt"
    return path.read_text().splitlines() if path.exists() else []


def expect(folder: Path, wanted: pl.DataFrame, what: str) -> None:
    made = pl.read_parquet(folder / "scores.parquet")
    words = ["id", "route", "decision", "status"]
    assert made.select(words).equals(wanted.select(words)), f"{what}: other rows or words"
    for name in ("cosine", "proxy_score", "judge_score", "score"):
        assert made[name].is_null().equals(wanted[name].is_null()), (what, name)
        most = (made[name] - wanted[name]).abs().max()
        assert most is None or most <= 1e-5, (what, name, most)
    print(f"check_spark: {what}: {made.height} rows once each, as on one machine; {len(asked_of(folder))} questions", flush=True)


def main(count: int, master: str) -> None:
    work = Path(tempfile.mkdtemp(prefix="midband-spark."))
    begun = time.monotonic()
    drivers: list[Driver] = []

    def start(name: str, slow: float = 0.0) -> Driver:
        (work / name).mkdir(exist_ok=True)
        drivers.append(Driver(work / name, count, master, slow))
        return drivers[-1]

    try:
        # What one machine says of the same pairs.
        (work / "alone").mkdir()
        alone = Judge(work / "alone" / "asked.txt")
        wanted = midband.score(pairs(count), judge=alone, sample=SAMPLE, task=TASK).to_polars().sort("id")
        questions = asked_of(work / "alone")
        assert len(wanted) == count and len(set(questions)) == len(questions) > 1.5 * SAMPLE, len(questions)
        print(f"check_spark: one machine: {count} rows, {len(questions)} questions", flush=True)

        # A worker: Spark starts the task again.
        hit = start("worker")
        hit.until(lambda: hit.is_scoring() and hit.workers())
        for pid in hit.workers()[:1]:
            os.kill(pid, signal.SIGKILL)
        assert hit.wait() == 0, "the run did not bear the death of a worker"
        expect(work / "worker", wanted, "a Python worker killed")

        if master.startswith("local-cluster"):
            lost = start("executor")
            lost.until(lambda: lost.is_scoring() and lost.executors())
            os.kill(lost.executors()[0], signal.SIGKILL)
            assert lost.wait() == 0, "the run did not bear the death of an executor"
            expect(work / "executor", wanted, "an executor killed")

        # The driver, while it asks; then again with the same folder.
        one = start("driver", slow=0.05)
        folder = work / "driver"
        one.until(lambda: (folder / "run" / "score.whole").exists() and len(list((folder / "run").glob("asked-*/*.parquet"))) >= 1)
        one.end()
        before = asked_of(folder)
        two = start("driver")
        assert two.wait() == 0, "the run can't be gone on with"
        again = [line for line in asked_of(folder)[len(before) :] if line in set(before)]
        kept = pl.concat([pl.read_parquet(path).select("id") for path in (folder / "run").glob("asked-*/*.parquet")])
        expect(folder, wanted, f"the driver killed while it asked ({len(again)} questions in flight asked again)")
        assert kept["id"].is_unique().all(), "answers are kept twice"

        # Ctrl-C while executors score.
        told = start("interrupt")
        told.until(lambda: told.is_scoring() and told.workers())
        os.kill(told.process.pid, signal.SIGINT)
        at = time.monotonic()
        code = told.wait(60)
        took = time.monotonic() - at
        assert code != 0 and took < 30, (code, took)
        print(f"check_spark: Ctrl-C: the driver ended after {took:.1f} s, exit code {code}", flush=True)
        time.sleep(3)
        assert not told.workers(), "workers run on"
        last = start("interrupt")
        assert last.wait() == 0
        expect(work / "interrupt", wanted, "gone on with after Ctrl-C")
        print(f"check_spark: done in {time.monotonic() - begun:.0f} s", flush=True)
    finally:
        for driver in drivers:
            driver.end()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--drive"]:
        drive(sys.argv[2], int(sys.argv[3]), sys.argv[4], float(sys.argv[5]))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 600, sys.argv[2] if sys.argv[2:] else "local[2,4]")

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
    from session import session

    import midband.spark

    spark = session(master, "1g", 2, "OFF")
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


def kept_of(folder: Path) -> list[str]:
    """Ids of pairs whose answers are kept."""
    return [id for path in (folder / "run").glob("asked-*/*.parquet") for id in pl.read_parquet(path)["id"].to_list()]


def expect(folder: Path, wanted: pl.DataFrame, what: str) -> None:
    made = pl.read_parquet(folder / "scores.parquet")
    words = ["id", "route", "decision", "status"]
    assert made.select(words).equals(wanted.select(words)), f"{what}: other rows or words"
    for name in ("cosine", "proxy_score", "judge_score", "score"):
        assert made[name].is_null().equals(wanted[name].is_null()), (what, name)
        most = (made[name] - wanted[name]).abs().max()
        assert most is None or most <= 1e-5, (what, name, most)
    say(f"{what}: {made.height} rows once each, as on one machine; {len(asked_of(folder))} questions")


def say(text: str) -> None:
    print(f"check_spark: {text}", flush=True)


class Check:
    """The same pairs again and again, each time with something killed."""

    def __init__(self, work: Path, count: int, master: str) -> None:
        self.work, self.count, self.master = work, count, master
        self.drivers: list[Driver] = []
        # What one machine says of them.
        (work / "alone").mkdir()
        judge = Judge(work / "alone" / "asked.txt")
        self.wanted = midband.score(pairs(count), judge=judge, sample=SAMPLE, task=TASK).to_polars().sort("id")
        self.questions = asked_of(work / "alone")
        assert len(self.wanted) == count and len(set(self.questions)) == len(self.questions) > 1.5 * SAMPLE
        say(f"one machine: {count} rows, {len(self.questions)} questions")

    def start(self, name: str, slow: float = 0.0) -> Driver:
        (self.work / name).mkdir(exist_ok=True)
        self.drivers.append(Driver(self.work / name, self.count, self.master, slow))
        return self.drivers[-1]

    def worker(self) -> None:
        """A Python worker: Spark starts the task again."""
        run = self.start("worker")
        run.until(lambda: run.is_scoring() and run.workers())
        os.kill(run.workers()[0], signal.SIGKILL)
        assert run.wait() == 0, "the run did not bear the death of a worker"
        expect(run.folder, self.wanted, "a Python worker killed")

    def executor(self) -> None:
        """A whole executor, where executors are processes of their own."""
        if not self.master.startswith("local-cluster"):
            return say(f"executor: not killed, {self.master} has none")
        run = self.start("executor")
        run.until(lambda: run.is_scoring() and run.executors())
        os.kill(run.executors()[0], signal.SIGKILL)
        assert run.wait() == 0, "the run did not bear the death of an executor"
        expect(run.folder, self.wanted, "an executor killed")

    def driver(self) -> None:
        """The driver, while it asks; then again with the same folder."""
        one = self.start("driver", slow=0.05)
        folder = one.folder
        one.until(lambda: (folder / "run" / "score.whole").exists() and kept_of(folder))
        one.end()
        before, answered = asked_of(folder), kept_of(folder)
        assert len(before) < len(self.questions), "everything was asked already: more rows are needed"
        assert self.start("driver").wait() == 0, "the run can't be gone on with"
        then = set(asked_of(folder)[len(before) :])
        texts = {row["id"]: f"{row['a']}\t{row['b']}" for row in pairs(self.count).to_dicts()}
        assert not then & {texts[id] for id in answered}, "what was answered and kept is asked again"
        kept = kept_of(folder)
        assert len(set(kept)) == len(kept), "answers are kept twice"
        again = len(then & set(before))
        what = f"the driver killed while it asked ({len(answered)} answers kept, {again} in flight asked again)"
        expect(folder, self.wanted, what)

    def interrupt(self) -> None:
        """Ctrl-C while executors score; then again with the same folder."""
        run = self.start("interrupt")
        run.until(lambda: run.is_scoring() and run.workers())
        workers = run.workers()
        begun = time.monotonic()
        os.kill(run.process.pid, signal.SIGINT)
        code = run.wait(120)
        took = time.monotonic() - begun
        assert code != 0, "an interrupted run ended as a whole one"
        end = time.monotonic() + 20
        while alive := [pid for pid in workers if Path(f"/proc/{pid}").exists()]:
            assert time.monotonic() < end, f"workers run on: {alive}"
            time.sleep(0.2)
        say(f"Ctrl-C: the driver ended after {took:.1f} s, its workers {time.monotonic() - begun - took:.1f} s later")
        assert self.start("interrupt").wait() == 0
        expect(run.folder, self.wanted, "gone on with after Ctrl-C")


def main(count: int, master: str, kinds: list[str]) -> None:
    work = Path(tempfile.mkdtemp(prefix="midband-spark."))
    begun = time.monotonic()
    check = Check(work, count, master)
    try:
        for kind in kinds:
            getattr(check, kind)()
        say(f"done in {time.monotonic() - begun:.0f} s")
    finally:
        for driver in check.drivers:
            driver.end()
        shutil.rmtree(work, ignore_errors=True)


KINDS = ["worker", "executor", "driver", "interrupt"]

if __name__ == "__main__":
    if sys.argv[1:2] == ["--drive"]:
        drive(sys.argv[2], int(sys.argv[3]), sys.argv[4], float(sys.argv[5]))
    else:
        said = [*sys.argv[1:], *["600", "local[2,4]"][len(sys.argv) - 1 :]]
        main(int(said[0]), said[1], said[2:] or KINDS)

"""Spark's actions, run so that Ctrl-C ends them."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["run"]

T = TypeVar("T")


def run(spark: SparkSession, action: Callable[[], T]) -> T:
    """Runs an action on a thread of its own. An interrupt of the calling thread cancels the action's jobs and is raised.

    A thread that waits for the JVM hears no signal, and PySpark's own handler fails where it breaks in there; so the caller's
    thread waits for a thread instead.
    """
    from pyspark import InheritableThread

    tag = f"midband-{uuid.uuid4().hex}"
    done: list[T] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            _add_tag(spark, tag)
            done.append(action())
        except BaseException as error:
            failed.append(error)

    remote = type(spark).__module__.startswith("pyspark.sql.connect")
    thread = InheritableThread(target=work, session=spark) if remote else InheritableThread(target=work)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(0.1)
    except BaseException:
        with contextlib.suppress(Exception):
            _cancel(spark, tag)
        # A task that runs Python is ended some seconds after its job (spark.python.task.killTimeout).
        thread.join(10)
        raise
    if failed:
        raise failed[0]
    return done[0]


def _add_tag(spark: SparkSession, tag: str) -> None:
    # Session tags cancel nothing in a classic session of Spark 4.3; the tags of its context do.
    context = getattr(spark, "_sc", None)
    if context is not None:
        context.addJobTag(tag)
    else:
        spark.addTag(tag)


def _cancel(spark: SparkSession, tag: str) -> None:
    context = getattr(spark, "_sc", None)
    if context is not None:
        context.cancelJobsWithTag(tag)
    elif not spark.interruptTag(tag):
        spark.interruptAll()

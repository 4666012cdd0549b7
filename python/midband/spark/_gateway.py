"""A midband server that asks, for a driver that reaches no judge itself."""

from __future__ import annotations

import http.client
import ipaddress
import json
import os
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from .._errors import InputError, JudgeError

__all__ = ["Gateway"]

# Time that a request waits for verdicts; what is pending by then is sent again.
_DEADLINE_MS = 30_000

# What passes while a server restarts or is busy.
_PASSING = (408, 425, 429, 500, 502, 503, 504)


class Gateway:
    """Asks ``POST /verdicts`` of ``midband serve``: pairs in, verdicts out. The server has the judge, its limits and the durable
    cache of verdicts; it asks about no pair twice, whoever wants to know. Give it as ``judge``.

    Parameters
    ----------
    url : str
        The server, such as ``https://gateway.example:8620``. Text travels to it: plain HTTP is for this machine alone.
    key : str, optional
        The server's key; by default that of the variable ``MIDBAND_API_KEY``.
    batch : int
        Pairs of a request.
    in_flight : int
        Requests at once. The server's own limit says how many pairs the judge sees.
    patience : float
        Seconds without a verdict after which the run ends. It can be gone on with: call again with the same folder.
    task : str, optional
        What a match is, by a name that the server knows; by default its first.

    Raises
    ------
    InputError
        The address is none, or is plain HTTP to another machine.
    """

    def __init__(
        self,
        url: str,
        *,
        key: str | None = None,
        batch: int = 32,
        in_flight: int = 4,
        patience: float = 600.0,
        task: str | None = None,
    ) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError(f"{url!r} is no address of a server, such as https://gateway.example:8620")
        if parts.scheme == "http" and not _is_here(parts.hostname):
            raise InputError("pair text would leave this machine in the clear: use https, behind the server's proxy")
        if batch < 1 or in_flight < 1:
            raise InputError("batch and in_flight are at least 1")
        self.url = url.rstrip("/")
        self._key = os.environ.get("MIDBAND_API_KEY") if key is None else key
        self._batch, self._in_flight, self._patience, self._task = batch, in_flight, patience, task
        self._gone = threading.Event()

    def __call__(self, pairs: Sequence[tuple[str, str]]) -> list[float | None]:
        """A probability of a match for each pair, ``None`` where the judge has no answer."""
        parts = [pairs[at : at + self._batch] for at in range(0, len(pairs), self._batch)]
        self._gone.clear()
        with ThreadPoolExecutor(self._in_flight) as workers:
            try:
                answers = list(workers.map(self._ask, parts))
            except BaseException:
                self._gone.set()
                raise
        return [answer for part in answers for answer in part]

    def _ask(self, pairs: Sequence[tuple[str, str]]) -> list[float | None]:
        """Sends pairs until none is pending: the server goes on asking meanwhile."""
        answers: list[float | None] = [None] * len(pairs)
        waiting = list(range(len(pairs)))
        end, pause = time.monotonic() + self._patience, 0.5
        while True:
            try:
                found, wait = self._verdicts([pairs[at] for at in waiting])
            except urllib.error.HTTPError as error:
                error.close()
                if error.code not in _PASSING:
                    # What the server says may repeat the request: its status alone is told.
                    raise JudgeError(f"{self.url} answers {error.code} {error.reason}") from None
                why, wait = f"it answers {error.code}", _seconds(error.headers.get("Retry-After"), pause)
            except (OSError, http.client.HTTPException) as error:
                why, wait = f"no answer: {type(error).__name__}", pause
            else:
                open_ = [at for at, verdict in zip(waiting, found) if verdict.get("status") == "pending"]
                for at, verdict in zip(waiting, found):
                    answers[at] = _score(verdict)
                if not open_:
                    return answers
                if len(open_) < len(waiting):
                    end, pause = time.monotonic() + self._patience, 0.5
                waiting, why = open_, f"{len(open_)} pairs are pending"
            if self._gone.is_set() or time.monotonic() + wait > end:
                raise JudgeError(f"{self.url}: {why}")
            self._gone.wait(wait)
            pause = min(2 * pause, 30.0)

    def _verdicts(self, pairs: Sequence[tuple[str, str]]) -> tuple[list[dict[str, object]], float]:
        """The server's verdicts, and the seconds after which it wants to be asked again."""
        wanted: dict[str, object] = {
            "pairs": [{"id": number, "a": a, "b": b} for number, (a, b) in enumerate(pairs)],
            "deadline_ms": _DEADLINE_MS,
        }
        if self._task is not None:
            wanted["task"] = self._task
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        request = urllib.request.Request(f"{self.url}/verdicts", json.dumps(wanted).encode(), headers)
        with urllib.request.urlopen(request, timeout=2 * _DEADLINE_MS / 1000) as response:
            said = json.load(response)
            wait = _seconds(response.headers.get("Retry-After"), 1.0)
        verdicts = said.get("verdicts") if isinstance(said, dict) else None
        if not isinstance(verdicts, list) or len(verdicts) != len(pairs):
            raise JudgeError(f"{self.url} answers no list of {len(pairs)} verdicts")
        return verdicts, wait


def _score(verdict: dict[str, object]) -> float | None:
    score = verdict.get("judge_score")
    return float(score) if isinstance(score, (int, float)) and 0.0 <= score <= 1.0 else None


def _seconds(text: str | None, otherwise: float) -> float:
    return float(text) if text is not None and text.isdigit() else otherwise


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

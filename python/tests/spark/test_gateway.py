"""A server that asks in the driver's place."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import midband

try:
    from midband.spark import Gateway
except ImportError:
    Gateway = None


class Server(ThreadingHTTPServer):
    """Answers /verdicts: the first request with 503, a pair's first mention with `pending`."""

    def __init__(self, key: str | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.key, self.seen, self.busy, self.lock = key, {}, True, threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def end(self) -> None:
        self.shutdown()
        self.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        wanted = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            busy, self.server.busy = self.server.busy, False
        if self.path != "/verdicts" or self.server.key and self.headers["Authorization"] != f"Bearer {self.server.key}":
            return self.answer(401, {})
        if busy:
            return self.answer(503, {}, {"Retry-After": "0"})
        verdicts = []
        for pair in wanted["pairs"]:
            with self.server.lock:
                times = self.server.seen[pair["a"]] = self.server.seen.get(pair["a"], 0) + 1
            if times == 1:
                verdict = {"status": "pending", "judge_score": None}
            elif pair["a"] == "nobody knows":
                verdict = {"status": "unanswered", "judge_score": None, "unanswered": "refused"}
            else:
                verdict = {"status": "answered", "judge_score": len(pair["a"]) / 100}
            verdicts.append({"id": pair["id"], **verdict})
        pending = sum(verdict["status"] == "pending" for verdict in verdicts)
        self.answer(202 if pending else 200, {"verdicts": verdicts, "pending": pending}, {"Retry-After": "0"})

    def answer(self, status: int, body: dict, headers: dict | None = None) -> None:
        said = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(said))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        pass


def test_pairs_are_sent_until_none_is_pending():
    server = Server("secret")
    gateway = Gateway(server.url, key="secret", batch=3, in_flight=2, patience=20)
    texts = [f"{'x' * at}" for at in range(1, 11)]
    answers = gateway([(text, "other") for text in [*texts, "nobody knows"]])
    assert answers == [len(text) / 100 for text in texts] + [None]
    # What was answered is not sent again.
    assert set(server.seen.values()) == {2}
    server.end()


def test_a_wrong_key_ends_it_and_tells_no_text():
    server = Server("secret")
    with pytest.raises(midband.JudgeError, match="401") as error:
        Gateway(server.url, key="wrong", patience=5)([("a text of a person", "b")])
    assert "a text of a person" not in str(error.value)
    server.end()


def test_a_server_that_is_not_there_ends_it_in_time():
    with pytest.raises(midband.JudgeError, match="no answer"):
        Gateway("http://127.0.0.1:9", patience=0.2)([("a", "b")])


def test_text_stays_on_this_machine_or_goes_encrypted():
    with pytest.raises(midband.InputError, match="https"):
        Gateway("http://gateway.example:8620")
    with pytest.raises(midband.InputError, match="no address"):
        Gateway("gateway")
    Gateway("https://gateway.example")


def test_without_pyspark_the_package_works_and_says_what_is_missing():
    code = """
import sys
sys.modules["pyspark"] = None
import midband
assert midband.__version__
try:
    import midband.spark
except ImportError as error:
    assert "midband[spark]" in str(error), error
else:
    raise AssertionError("it was there")
"""
    subprocess.run([sys.executable, "-c", code], check=True)

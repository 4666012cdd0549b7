#!/usr/bin/env python3
"""midband's server beside a plain ONNX Runtime server, on pairs that neither has seen: pairs per second and CPU time.

    python3 benches/onnx_peer.py --midband target/release/midband [--pairs 2000] [--a-request 50] [--clients 4] [--rounds 3]

The peer is what one writes in an afternoon: starlette on uvicorn, the package `tokenizers`, one session of the package
`onnxruntime` over the same model.onnx with as many threads as there are cores, one padded batch per request.
Needs `pip install onnxruntime tokenizers numpy starlette uvicorn`, and the model that scripts/setup made. The two servers take turns,
with new texts in each round: on a busy machine trust the CPU time. Cosines of both are compared. text-embeddings-inference is not
among the peers: it is not in a package registry.
"""

import argparse
import concurrent.futures
import http.client
import json
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time

WORDS = "cough fever rash stroke asthma lisinopril metformin left right knee hip pain chronic acute follow up visit denies reports since".split()
# /proc/PID/stat counts in these.
TICK = os.sysconf("SC_CLK_TCK")


def model_folder():
    data = os.environ.get("MIDBAND_DATA_DIR") or pathlib.Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share").expanduser() / "midband"
    return pathlib.Path(data) / "models/all-MiniLM-L6-v2"


def requests(count, each, seed):
    draw = random.Random(seed)
    # Lengths as notes have them: a line, or a paragraph.
    text = lambda: f"patient {draw.randrange(10**9)}: " + " ".join(draw.choices(WORDS, k=draw.choice([6, 12, 25, 60])))
    pairs = [{"id": str(at), "a": text(), "b": text()} for at in range(count)]
    return [pairs[at : at + each] for at in range(0, count, each)]


def serve_plainly():
    """The peer: pairs in, cosines out. Prints its address once it listens."""
    import numpy
    import onnxruntime
    import starlette.applications
    import starlette.concurrency
    import starlette.responses
    import starlette.routing
    import tokenizers
    import uvicorn

    folder = model_folder()
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(256)
    tokenizer.enable_padding()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = os.cpu_count()
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options)
    inputs = {one.name for one in session.get_inputs()}

    def cosines(pairs):
        encoded = tokenizer.encode_batch([pair[side] for pair in pairs for side in "ab"])
        mask = numpy.array([one.attention_mask for one in encoded], dtype=numpy.int64)
        given = {"input_ids": numpy.array([one.ids for one in encoded], dtype=numpy.int64), "attention_mask": mask}
        given["token_type_ids"] = numpy.zeros_like(mask)
        states = session.run(None, {name: value for name, value in given.items() if name in inputs})[0]
        # The graph that scripts/setup makes gives one vector per text; a plain export gives one per token.
        vectors = states if states.ndim == 2 else (states * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
        vectors /= numpy.linalg.norm(vectors, axis=1, keepdims=True)
        found = (vectors[0::2] * vectors[1::2]).sum(1)
        return [{"id": pair["id"], "cosine": float(cosine)} for pair, cosine in zip(pairs, found)]

    async def score(request):
        pairs = (await request.json())["pairs"]
        # On a thread, so that the loop takes other requests meanwhile.
        found = await starlette.concurrency.run_in_threadpool(cosines, pairs)
        return starlette.responses.JSONResponse({"scores": found})

    class Told(uvicorn.Server):
        async def startup(self, sockets=None):
            await super().startup(sockets)
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            print(f"listening on http://{host}:{port},", file=sys.stderr, flush=True)

    routes = [starlette.routing.Route("/score", score, methods=["POST"])]
    application = starlette.applications.Starlette(routes=routes)
    Told(uvicorn.Config(application, host="127.0.0.1", port=0, log_level="error")).run()


class Server:
    """A server of its own process, and how much of the processor it used."""

    def __init__(self, name, command):
        self.name, self.rates, self.milliseconds, self.cosines = name, [], [], {}
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            found = re.search(r"listening on http://([^:]+):(\d+),", line)
            if found:
                self.address = (found.group(1), int(found.group(2)))
                return
        sys.exit(f"{name}: the server did not start")

    def processor(self):
        # utime and stime, after the name in parentheses.
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def take(self, work, clients):
        """Answers all requests; notes pairs per second and CPU milliseconds per pair."""
        used = self.processor()
        rate, self.cosines = loaded(self.address, work, clients)
        pairs = sum(map(len, work))
        self.rates.append(rate)
        self.milliseconds.append(1e3 * (self.processor() - used) / pairs)

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=60)


def loaded(address, work, clients):
    """Pairs per second, and the cosines by id."""
    local = threading.local()

    def send(pairs):
        if not hasattr(local, "connection"):
            local.connection = http.client.HTTPConnection(*address, timeout=900)
        local.connection.request("POST", "/score", json.dumps({"pairs": pairs}), {"Content-Type": "application/json"})
        answer = local.connection.getresponse()
        read = answer.read()
        if answer.status != 200:
            sys.exit(f"answered {answer.status}: {read[:200]}")
        return json.loads(read)["scores"]

    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        begin = time.monotonic()
        rows = [row for rows in pool.map(send, work) for row in rows]
        took = time.monotonic() - begin
    return len(rows) / took, {row["id"]: row["cosine"] for row in rows}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--midband", required=True)
    parser.add_argument("--pairs", type=int, default=2000)
    parser.add_argument("--a-request", type=int, default=50)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    said = parser.parse_args()
    apart = 0.0
    with tempfile.TemporaryDirectory() as folder:
        midband = [said.midband, "serve", "--judge", "none", "--listen", "127.0.0.1:0", "--state", folder, "-q", "--request-deadline", "10m"]
        servers = [Server("plain ONNX Runtime", [sys.executable, __file__, "--serve"]), Server("midband", midband)]
        try:
            for server in servers:
                loaded(server.address, requests(said.a_request, said.a_request, 1), 1)
            for round in range(said.rounds):
                work = requests(said.pairs, said.a_request, 2 + round)
                # Each goes first in turn.
                for server in servers if round % 2 else servers[::-1]:
                    server.take(work, said.clients)
                theirs, ours = (server.cosines for server in servers)
                apart = max([apart, *(abs(ours[id] - theirs[id]) for id in theirs)])
        finally:
            for server in servers:
                server.stop()
    print(
        f"{os.cpu_count()} cores; medians of {said.rounds} rounds of {said.pairs:,} pairs of new texts, {said.a_request} per request, "
        f"{said.clients} clients; load average {os.getloadavg()[0]:.0f}.\n"
    )
    print("| server | pairs per second | CPU milliseconds per pair |\n|---|---:|---:|")
    for server in servers:
        print(f"| {server.name} | {statistics.median(server.rates):,.0f} | {statistics.median(server.milliseconds):.1f} |")
    plain, ours = servers
    faster = statistics.median(b / a for a, b in zip(plain.rates, ours.rates))
    cheaper = statistics.median(a / b for a, b in zip(plain.milliseconds, ours.milliseconds))
    print(f"\nmidband / plain, by the round: {faster:.2f} times the pairs per second, {cheaper:.2f} times the pairs per CPU second; cosines are {apart:.1e} apart at most.")
    if apart > 1e-4:
        sys.exit("the two do not compute the same")


if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        serve_plainly()
    else:
        main()

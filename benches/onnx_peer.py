#!/usr/bin/env python3
"""midband's server beside a plain ONNX Runtime server, on pairs that neither has seen: pairs a second.

    python3 benches/onnx_peer.py --midband target/release/midband [--pairs 2000] [--a-request 50] [--clients 4]

The peer is what one writes in an afternoon: Python's own HTTP server, the package `tokenizers`, one session of the package
`onnxruntime` over the same model.onnx with as many threads as there are cores, mean pooling by numpy, one padded batch per request.
Needs `pip install onnxruntime tokenizers numpy`, and the model that scripts/setup made. Cosines of both are compared. The two servers
run one after the other, on the same texts. text-embeddings-inference is not among the peers: it is not in a package registry.
"""

import argparse
import concurrent.futures
import http.client
import http.server
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import threading
import time

WORDS = "cough fever rash stroke asthma lisinopril metformin left right knee hip pain chronic acute follow up visit denies reports since".split()


def model_folder():
    data = os.environ.get("MIDBAND_DATA_DIR") or pathlib.Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share").expanduser() / "midband"
    return pathlib.Path(data) / "models/all-MiniLM-L6-v2"


def requests(count, each, seed):
    draw = random.Random(seed)
    # Lengths as notes have them: a line, or a paragraph.
    text = lambda: f"patient {draw.randrange(10**9)}: " + " ".join(draw.choices(WORDS, k=draw.choice([6, 12, 25, 60])))
    pairs = [{"id": str(at), "a": text(), "b": text()} for at in range(count)]
    return [pairs[at : at + each] for at in range(0, count, each)]


class Peer:
    """A plain server: texts in, cosines out."""

    def __init__(self):
        import numpy
        import onnxruntime
        import tokenizers

        self.numpy = numpy
        folder = model_folder()
        self.tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.enable_truncation(256)
        self.tokenizer.enable_padding()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = os.cpu_count()
        self.session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options)
        self.inputs = {one.name for one in self.session.get_inputs()}
        peer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                pairs = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["pairs"]
                body = json.dumps({"scores": peer.cosines(pairs)}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = self.server.server_address
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def cosines(self, pairs):
        numpy = self.numpy
        encoded = self.tokenizer.encode_batch([pair[side] for pair in pairs for side in "ab"])
        mask = numpy.array([one.attention_mask for one in encoded], dtype=numpy.int64)
        given = {"input_ids": numpy.array([one.ids for one in encoded], dtype=numpy.int64), "attention_mask": mask}
        given["token_type_ids"] = numpy.zeros_like(mask)
        states = self.session.run(None, {name: value for name, value in given.items() if name in self.inputs})[0]
        vectors = (states * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
        vectors /= numpy.linalg.norm(vectors, axis=1, keepdims=True)
        found = (vectors[0::2] * vectors[1::2]).sum(1)
        return [{"id": pair["id"], "cosine": float(cosine)} for pair, cosine in zip(pairs, found)]

    def stop(self):
        self.server.shutdown()


class Midband:
    def __init__(self, binary, folder):
        command = [binary, "serve", "--judge", "none", "--listen", "127.0.0.1:0", "--state", folder, "-q", "--request-deadline", "10m"]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            found = re.search(r"listening on http://([^:]+):(\d+),", line)
            if found:
                self.address = (found.group(1), int(found.group(2)))
                return
        sys.exit("midband's server did not start")

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=60)


def loaded(server, work, clients):
    """Pairs a second, and the cosines by id."""
    local = threading.local()

    def send(pairs):
        if not hasattr(local, "connection"):
            local.connection = http.client.HTTPConnection(*server.address, timeout=900)
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
    said = parser.parse_args()
    warm = requests(said.a_request, said.a_request, 1)
    work = requests(said.pairs, said.a_request, 2)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, start in [("plain ONNX Runtime", Peer), ("midband", lambda: Midband(said.midband, folder))]:
            server = start()
            loaded(server, warm, 1)
            found[name] = loaded(server, work, said.clients)
            server.stop()
    rates = {name: rate for name, (rate, _) in found.items()}
    ours, theirs = found["midband"][1], found["plain ONNX Runtime"][1]
    apart = max(abs(ours[id] - theirs[id]) for id in theirs)
    print(f"{os.cpu_count()} cores; {said.pairs:,} pairs of new texts, {said.a_request} a request, {said.clients} clients, load average {os.getloadavg()[0]:.0f}.\n")
    print("| server | pairs a second |\n|---|---:|")
    for name, rate in rates.items():
        print(f"| {name} | {rate:,.0f} |")
    print(f"\nmidband / plain: {rates['midband'] / rates['plain ONNX Runtime']:.2f}; cosines are {apart:.1e} apart at most")
    if apart > 1e-4:
        sys.exit("the two do not compute the same")


if __name__ == "__main__":
    main()

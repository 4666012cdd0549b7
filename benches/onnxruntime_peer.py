"""Embeds the distinct texts of a file of pairs with ONNX Runtime from Python, sorted by length.

Prints the seconds for tokenising and running, loading left out. Arguments: model folder, file, pairs.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

BATCH_TOKENS = 1024

folder, file, most = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
tokenizer.no_padding()
tokenizer.enable_truncation(256)
session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])


def embed(texts):
    encoded = sorted((e.ids for e in tokenizer.encode_batch(texts)), key=len)
    batches, batch = [], []
    for ids in encoded:
        if batch and (len(batch) + 1) * len(ids) > BATCH_TOKENS:
            batches.append(batch)
            batch = []
        batch.append(ids)
    for batch in batches + [batch]:
        width = max(map(len, batch))
        ids = np.zeros((len(batch), width), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        session.run(None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)})


with open(file, encoding="utf-8") as lines:
    rows = [json.loads(line) for line, _ in zip(lines, range(most))]
texts = sorted({row[side] for row in rows for side in ("a", "b")})
embed(["warm-up"])
started = time.perf_counter()
embed(texts)
print(time.perf_counter() - started)

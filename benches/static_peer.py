"""Texts a second of model2vec with the very table that midband distilled: static_peer.py MODEL_FOLDER FILE…

Distinct texts of all files of pairs, one process, best of three. Needs model2vec, tokenizers, numpy and safetensors.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from model2vec import StaticModel
from safetensors.numpy import load_file
from tokenizers import Tokenizer

folder, files = Path(sys.argv[1]), sys.argv[2:]
tensors = load_file(folder / "static.safetensors")
tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
rows = tensors["embeddings"].astype(np.float32)
model = StaticModel(rows, tokenizer, weights=tensors["weights"], normalize=True)
pairs = [json.loads(line) for file in files for line in open(file, encoding="utf-8")]
texts = list(dict.fromkeys(text for pair in pairs for text in (pair["a"], pair["b"])))
best = float("inf")
for _ in range(3):
    begin = time.perf_counter()
    model.encode(texts, max_length=None, use_multiprocessing=False)
    best = min(best, time.perf_counter() - begin)
print(f"| model2vec (Python), the same table | {len(texts):,} | {len(texts) / best:,.0f} | |")

"""Embeds a file of pairs from Python with the same model file: `onnxruntime`, its distinct texts sorted by length,
or `fastembed`, its texts as they come with that package's defaults.

Prints the seconds for tokenising and running, loading left out. Arguments: model folder, file, pairs, method.
"""

import json
import sys
import time
from pathlib import Path

BATCH_TOKENS = 1024

folder, file, most, method = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]


def with_onnxruntime():
    import numpy as np
    import onnxruntime
    from tokenizers import Tokenizer

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

    return embed


def with_fastembed():
    from fastembed import TextEmbedding
    from fastembed.common.model_description import ModelSource, PoolingType

    TextEmbedding.add_custom_model(
        model="local/all-MiniLM-L6-v2",
        # The file pools by itself.
        pooling=PoolingType.DISABLED,
        normalization=True,
        sources=ModelSource(hf="local/all-MiniLM-L6-v2"),
        dim=384,
        model_file="model.onnx",
    )
    model = TextEmbedding("local/all-MiniLM-L6-v2", specific_model_path=str(folder), local_files_only=True)
    return lambda texts: list(model.embed(texts))


with open(file, encoding="utf-8") as lines:
    rows = [json.loads(line) for line, _ in zip(lines, range(most))]
texts = [row[side] for row in rows for side in ("a", "b")]
embed = {"onnxruntime": with_onnxruntime, "fastembed": with_fastembed}[method]()
if method == "onnxruntime":
    texts = sorted(set(texts))
embed(["warm-up"])
started = time.perf_counter()
embed(texts)
print(time.perf_counter() - started)

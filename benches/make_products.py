#!/usr/bin/env python3
"""Makes two lists of product-like records with gold: make_products.py FOLDER [--n 20000] [--seed 1]. Python 3, no packages;
same arguments, same bytes.

Each list has N records (id, title, description, price). Seven in ten have a partner in the other list, which words it another
way: other order, abbreviations, words left out or misspelt, the code written apart or missing, another price. The rest are
siblings: same brand and line, another code, size or colour. products_left.csv, products_right.csv, products_gold.csv.
"""

import argparse
import csv
import random
from pathlib import Path

SYLLABLES = "ac bel cor dan el fir gan hal in jor kas lum mer nor ol pan qui ros sal tur ul ver wil xan yor zen".split()
KINDS = {
    "camera": "digital compact zoom lens sensor stabilised waterproof viewfinder tripod flash",
    "notebook": "laptop processor keyboard backlit display memory storage graphics battery ultrabook",
    "headphones": "wireless noise cancelling earbuds microphone over-ear bluetooth bass foldable headset",
    "printer": "inkjet laser colour duplex scanner copier toner cartridge network photo",
    "drill": "cordless hammer torque chuck battery screwdriver brushless keyless impact set",
    "kettle": "electric stainless steel cordless filter rapid boil litre jug temperature",
    "television": "led ultra hd smart screen remote wall mount hdmi tuner panel",
    "backpack": "padded laptop compartment rain cover straps travel hiking zip pockets",
    "mattress": "memory foam sprung firm hypoallergenic topper double king orthopaedic cover",
    "software": "licence edition upgrade professional standard suite download office security antivirus",
}
OTHER_WORDS = {
    "notebook": "laptop computer", "television": "tv", "headphones": "headset", "wireless": "cordless", "colour": "color",
    "professional": "pro", "standard": "std", "edition": "ed", "stainless steel": "inox", "licence": "license",
    "black": "blk", "silver": "slv", "white": "wht", "memory": "ram", "storage": "ssd", "software": "program",
}  # fmt: skip
COLOURS = "black silver white red blue green grey".split()


def product(rng, brands):
    kind = rng.choice(list(KINDS))
    brand, line = rng.choice(brands)
    code = "".join(rng.choice("ABCDEFGHKLMNPRSTX") for _ in range(2)) + "-" + str(rng.randint(100, 9999))
    words = rng.sample(KINDS[kind].split(), 4)
    return {
        "brand": brand, "line": line, "kind": kind, "code": code, "words": words, "colour": rng.choice(COLOURS),
        "size": f"{rng.randint(1, 64)} {rng.choice(['gb', 'inch', 'litre', 'pack'])}", "price": round(rng.lognormvariate(4.5, 1), 2),
    }  # fmt: skip


def sibling(rng, of):
    other = dict(of, code=of["code"][:-1] + str(rng.randint(0, 9)), price=round(of["price"] * rng.uniform(0.7, 1.4), 2))
    other[rng.choice(["size", "colour"])] = rng.choice(["2 pack", "8 gb", "red", "blue"])
    return other


def typo(rng, word):
    at = rng.randrange(len(word))
    return word[:at] + word[at + 1 :] if rng.random() < 0.5 else word[:at] + rng.choice("aeiost") + word[at:]


def plain(of):
    title = f"{of['brand']} {of['line']} {of['kind']} {of['code']} {of['size']} {of['colour']}"
    return title, f"{of['brand']} {' '.join(of['words'])} {of['kind']}, {of['size']}", f"{of['price']}"


def reworded(rng, of):
    parts = [of["brand"], of["line"], of["kind"], of["size"], of["colour"], *rng.sample(of["words"], 2)]
    parts = [OTHER_WORDS.get(part, part) if rng.random() < 0.6 else part for part in parts if rng.random() < 0.8]
    parts = [typo(rng, part) if len(part) > 4 and rng.random() < 0.06 else part for part in parts]
    if rng.random() < 0.75:
        parts.append(of["code"].replace("-", rng.choice(["", " ", "-"])).lower())
    rng.shuffle(parts)
    about = " ".join(OTHER_WORDS.get(word, word) for word in rng.sample(of["words"], rng.randint(0, 3)))
    price = f"{of['price'] * rng.uniform(0.9, 1.1):.2f}" if rng.random() < 0.6 else ""
    return " ".join(parts), about, price


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--n", type=int, default=20_000)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    rng = random.Random(given.seed)
    word = lambda n: "".join(rng.choice(SYLLABLES) for _ in range(n))
    names = [word(2) for _ in range(max(20, given.n // 100))]
    brands = [(name, word(rng.randint(1, 3))) for name in names for _ in range(8)]
    both = given.n * 7 // 10
    left = [product(rng, brands) for _ in range(given.n)]
    right = [reworded(rng, of) for of in left[:both]]
    right += [reworded(rng, sibling(rng, rng.choice(left))) for _ in range(given.n - both)]
    order = list(range(given.n))
    rng.shuffle(order)
    given.folder.mkdir(parents=True, exist_ok=True)

    def write(name, header, rows):
        with open(given.folder / name, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([header, *rows])

    header = ("id", "title", "description", "price")
    write("products_left.csv", header, ((f"l{n}", *plain(of)) for n, of in enumerate(left)))
    write("products_right.csv", header, ((f"r{n}", *right[of]) for n, of in enumerate(order)))
    write("products_gold.csv", ("left_id", "right_id"), sorted((f"l{of}", f"r{n}") for n, of in enumerate(order) if of < both))


if __name__ == "__main__":
    main()

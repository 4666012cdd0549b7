#!/usr/bin/env python3
"""Makes record lists with gold of other kinds than the shared ones: make_lists.py FOLDER [--n 2000] [--seed 1]
[--only exports,groups,...] [--semicolons]. Invented people; Python 3, no packages; same arguments, same bytes.

exports   two exports of one hospital's people with other headers and notations; `--semicolons` for the second's delimiter
groups    one list, up to ten copies a person, few columns, many of them wrong, missing or swapped
tens      one list, ten copies of each person, and of each third one a relative with four copies: same surname, city and
          mail host, now and then under the relative's given name or birth date
twins     one list of families: same surname, address and, for twins, birth date, other given name; with copies
clean     two lists that write everyone the same way, a part of each without a partner
nomatch   two lists of other people

KIND.csv or KIND_left.csv and KIND_right.csv, KIND_gold.csv (`left_id,right_id`).
"""

import argparse
import csv
import datetime
import itertools
import random
from pathlib import Path

WOMEN = (
    "mary margaret elizabeth susan katherine jennifer patricia barbara deborah rebecca victoria alexandra christine "
    "samantha jessica emily olivia sophie charlotte amelia grace hannah lucy ruth alice clara nora ivy zoe maya leila "
    "fatima aisha priya ananya mei yuki ingrid freya astrid lena greta paula marta lucia elena carmen ines rosa bianca"
).split()
MEN = (
    "william robert richard james john michael thomas joseph edward charles anthony christopher daniel matthew andrew "
    "benjamin samuel alexander nicholas david peter paul george henry arthur oscar felix hugo leo max omar yusuf ali "
    "ravi arjun wei kenji lars sven jonas anton karl pedro diego mateo luis marco enzo tomas pavel ivan dmitri kofi"
).split()
# People of one family don't sound alike, but many families share a name: the weights fall like those of real surnames.
STEMS = (
    "ash bar black brad carl clay craw dal dun ell fair gold hal hart hol kings lang long mar mor nor oak pen red ross "
    "shel stan thorn wal whit win wood"
).split()
ENDS = "ton ley ford field man son well worth by ham den more wick land er smith brook".split()
SURNAMES = [stem + end for stem in STEMS for end in ENDS]
NICKNAMES = {
    "margaret": "peggy maggie meg", "elizabeth": "liz beth betty", "katherine": "kate kathy", "jennifer": "jenny",
    "patricia": "pat trish", "deborah": "debbie", "rebecca": "becky", "victoria": "vicky", "susan": "sue",
    "samantha": "sam", "jessica": "jess", "alexandra": "alex sandra", "christine": "chris tina", "barbara": "barb",
    "william": "bill will billy", "robert": "bob rob bobby", "richard": "dick rick", "james": "jim jamie",
    "john": "jack johnny", "michael": "mike mick", "thomas": "tom", "joseph": "joe", "edward": "ed ted ned",
    "charles": "charlie chuck", "anthony": "tony", "christopher": "chris kit", "daniel": "dan danny",
    "matthew": "matt", "andrew": "andy drew", "benjamin": "ben", "samuel": "sam", "alexander": "alex sandy",
    "nicholas": "nick", "david": "dave",
}  # fmt: skip
STREETS = (
    "Mill Church Station Park Victoria Bridge Orchard Meadow Chestnut Willow Harbour Quarry Abbey Lime Spring Hill "
    "Canal Garden Castle Elm"
).split()
KINDS_OF_STREET = [("Street", "St"), ("Road", "Rd"), ("Avenue", "Ave"), ("Lane", "Ln"), ("Drive", "Dr"), ("Court", "Ct")]
CITIES = [
    (a + b, f"{(i * 37) % 90 + 10}{(i * 53) % 900 + 100}")
    for i, (a, b) in enumerate(
        itertools.product("Ald Brook Crest Dray East Fern Glen High".split(), "bury haven port stead view".split())
    )
]
LETTERS, DIGITS = "abcdefghijklmnopqrstuvwxyz", "0123456789"


class Maker:
    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.weights = list(itertools.accumulate(1 / (i + 12) for i in range(len(SURNAMES))))
        self.names = SURNAMES[:]
        self.rng.shuffle(self.names)

    def chance(self, share):
        return self.rng.random() < share

    def surname(self):
        return self.rng.choices(self.names, cum_weights=self.weights)[0].capitalize()

    def address(self):
        city, post = self.rng.choice(CITIES)
        return {
            "number": str(self.rng.randint(1, 240)),
            "street": self.rng.choice(STREETS),
            "kind": self.rng.choice(KINDS_OF_STREET),
            "city": city,
            "zip": post,
            "plus4": f"{self.rng.randint(1, 9999):04}",
        }

    def born(self, first=1925, last=2020):
        return datetime.date(first, 1, 1) + datetime.timedelta(days=self.rng.randrange((last - first + 1) * 365))

    def person(self, **given):
        sex = self.rng.choice("FM")
        person = {
            "sex": sex,
            "given": self.rng.choice(WOMEN if sex == "F" else MEN).capitalize(),
            "middle": self.rng.choice(WOMEN if sex == "F" else MEN).capitalize() if self.chance(0.6) else "",
            "surname": self.surname(),
            "dob": self.born(),
            "phone": "".join(self.rng.choice(DIGITS[2:] if i in (0, 3) else DIGITS) for i in range(10)),
            "nhs": f"{self.rng.randrange(10**9, 10**10)}",
            **self.address(),
        }
        person.update(given)
        who = person["given"][0] + person["surname"] if self.chance(0.5) else person["given"] + "." + person["surname"]
        number = str(self.rng.randint(1, 99)) if self.chance(0.6) else ""
        person["email"] = f"{who}{number}@{self.rng.choice(('mail', 'post', 'inbox', 'webbox'))}.example".lower()
        return person

    def typo(self, text):
        if len(text) < 2:
            return text
        at = self.rng.randrange(len(text) - 1)
        new = self.rng.choice(DIGITS if text[at].isdigit() else LETTERS)
        return self.rng.choice((
            text[:at] + new + text[at + 1 :],
            text[:at] + text[at + 1 :],
            text[:at] + new + text[at:],
            text[:at] + text[at + 1] + text[at] + text[at + 2 :],
        ))  # fmt: skip

    def wrong_date(self, date):
        kind = self.rng.randrange(3)
        if kind == 0 and date.day <= 12:
            return datetime.date(date.year, date.day, date.month)
        if kind == 1:
            return date.replace(year=date.year + self.rng.choice((-10, -1, 1, 10)), day=min(date.day, 28))
        return date.replace(day=self.rng.randint(1, 28))

    def shuffled(self, rows):
        self.rng.shuffle(rows)
        return rows


def write(folder, name, rows, delimiter=","):
    with open(Path(folder) / f"{name}.csv", "w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, rows[0] if rows else ["left_id", "right_id"], delimiter=delimiter)
        out.writeheader()
        out.writerows(rows)


def write_gold(folder, name, pairs):
    write(folder, f"{name}_gold", [{"left_id": a, "right_id": b} for a, b in pairs])


def one_list(folder, name, groups, make):
    """Numbers the records of shuffled groups and writes list and gold."""
    records = make.shuffled([(group, record) for group, some in enumerate(groups) for record in some])
    ids = {}
    for i, (group, _) in enumerate(records):
        ids.setdefault(group, []).append(f"r{i}")
    write(folder, name, [{"id": f"r{i}", **record} for i, (_, record) in enumerate(records)])
    write_gold(folder, name, [pair for some in ids.values() for pair in itertools.combinations(some, 2)])


def two_lists(folder, name, left, right, make, delimiter=","):
    """Left and right: (person, record) each; gold where the person is the same."""
    left, right = make.shuffled(left), make.shuffled(right)
    at = {who: f"b{i}" for i, (who, _) in enumerate(right)}
    write(folder, f"{name}_left", [{"id": f"a{i}", **record} for i, (_, record) in enumerate(left)])
    write(folder, f"{name}_right", [{"id": f"b{i}", **record} for i, (_, record) in enumerate(right)], delimiter)
    write_gold(folder, name, [(f"a{i}", at[who]) for i, (who, _) in enumerate(left) if who in at])


def exports(folder, n, make, delimiter):
    people = [make.person() for _ in range(n * 7 // 5)]

    def admission(p):
        return {
            "surname": make.typo(p["surname"]) if make.chance(0.04) else p["surname"],
            "first_name": p["given"],
            "middle_name": p["middle"],
            "dob": p["dob"].isoformat(),
            "sex": p["sex"],
            "phone": f"({p['phone'][:3]}) {p['phone'][3:6]}-{p['phone'][6:]}" if make.chance(0.93) else "",
            "address": f"{p['number']} {p['street']} {p['kind'][0]}",
            "city": p["city"],
            "zip": p["zip"],
            "insurance_no": p["nhs"] if make.chance(0.85) else "",
        }

    def gone(share, value):
        return make.rng.choice(("NULL", "n/a", "-", "")) if make.chance(share) else value

    def billing(p):
        given, surname, date, home = p["given"], p["surname"], p["dob"], p
        if make.chance(0.15) and given.lower() in NICKNAMES:
            given = make.rng.choice(NICKNAMES[given.lower()].split()).capitalize()
        elif make.chance(0.05):
            given = given[0] + "."
        elif make.chance(0.06):
            given = make.typo(given)
        surname = make.typo(surname) if make.chance(0.08) else make.surname() if make.chance(0.02) else surname
        if make.chance(0.03):
            date = make.wrong_date(date)
        if make.chance(0.1):
            home = make.address()
        phone = make.typo(p["phone"]) if make.chance(0.04) else p["phone"]
        swapped = make.chance(0.02)
        return {
            "last_name": (given if swapped else surname).upper(),
            "given_name": (surname if swapped else given).upper(),
            "middle_initial": p["middle"][:1],
            "birth_date": gone(0.03, date.strftime("%d/%m/%Y")),
            "gender": gone(0.05, {"F": "female", "M": "male"}[p["sex"]]),
            "telephone": gone(0.15, f"+1 {phone[:3]} {phone[3:6]} {phone[6:]}"),
            "street_address": gone(0.04, f"{home['number']} {home['street']} {home['kind'][1]}"),
            "town": gone(0.03, home["city"].upper()),
            "postal_code": gone(0.05, f"{home['zip']}-{home['plus4']}"),
            "insurance_number": gone(0.5, f"{p['nhs'][:3]} {p['nhs'][3:6]} {p['nhs'][6:]}"),
        }

    # Of the left list's n people 60 % stand in the right one, which has n as well.
    left = [(i, admission(p)) for i, p in enumerate(people[:n])]
    right = [(i, billing(p)) for i, p in list(enumerate(people))[n * 2 // 5 :]]
    two_lists(folder, "exports", left, right, make, delimiter)


def groups(folder, n, make, _):
    made, groups = 0, []
    while made < n:
        p = make.person()
        size = min(make.rng.choice((1, 1, 1, 2, 2, 3, 4, 5, 6, 8, 10)), n - made)

        def copy(p=p):
            record = {
                "first_name": p["given"], "surname": p["surname"], "dob": p["dob"].isoformat(), "city": p["city"],
                "email": p["email"],
            }  # fmt: skip
            for column in record:
                if make.chance(0.18):
                    record[column] = ""
                elif make.chance(0.14):
                    wrong = column == "dob"
                    record[column] = make.wrong_date(p["dob"]).isoformat() if wrong else make.typo(record[column])
            if make.chance(0.05):
                record["first_name"], record["surname"] = record["surname"], record["first_name"]
            if make.chance(0.06):
                record["city"] = make.rng.choice(CITIES)[0]
            return record

        groups.append([copy() for _ in range(size)])
        made += size
    one_list(folder, "groups", groups, make)


def tens(folder, n, make, _):
    made, groups = 0, []

    def copy(p, relative):
        # What is typed in at a counter may be the relative's.
        other = {column: relative[column] for column in ("given", "dob", "phone") if make.chance(0.04)}
        p = {**p, **other}
        record = {
            "given_name": p["given"], "surname": p["surname"], "birth_date": p["dob"].isoformat(), "phone": p["phone"],
            "email": p["email"], "city": p["city"],
        }  # fmt: skip
        for column in record:
            if make.chance(0.25):
                record[column] = ""
            elif make.chance(0.12):
                wrong = column == "birth_date"
                record[column] = make.wrong_date(p["dob"]).isoformat() if wrong else make.typo(record[column])
        return record

    while made < n:
        p = make.person()
        home = {column: p[column] for column in ("number", "street", "kind", "city", "zip", "plus4", "surname")}
        relative = make.person(**home)
        groups.append([copy(p, relative) for _ in range(10)])
        if make.chance(1 / 3):
            groups.append([copy(relative, p) for _ in range(4)])
        made += len(groups[-1]) if len(groups[-1]) == 10 else 14
    one_list(folder, "tens", groups, make)


def twins(folder, n, make, _):
    made, groups = 0, []

    def copy(p):
        given, born = p["given"], make.wrong_date(p["dob"]) if make.chance(0.03) else p["dob"]
        if make.chance(0.08) and given.lower() in NICKNAMES:
            given = make.rng.choice(NICKNAMES[given.lower()].split()).capitalize()
        return {
            "given_name": make.typo(given) if make.chance(0.08) else given,
            "middle_name": p["middle"] if make.chance(0.6) else p["middle"][:1],
            "surname": make.typo(p["surname"]) if make.chance(0.05) else p["surname"],
            "date_of_birth": "" if make.chance(0.03) else born.isoformat(),
            "sex": p["sex"] if make.chance(0.95) else "",
            "address": f"{p['number']} {p['street']} {p['kind'][make.rng.randrange(2)]}",
            "city": p["city"],
            "postcode": make.typo(p["zip"]) if make.chance(0.03) else p["zip"],
            "phone": p["phone"] if make.chance(0.8) else "",
        }  # fmt: skip

    while made < n:
        # Grown-ups have telephones of their own and in a part other surnames; a third of them live alone.
        home = {**make.address(), "surname": make.surname()}
        family = [make.person(**home, dob=make.born(1950, 1985))]
        home["phone"], births = family[0]["phone"], []
        if make.chance(0.67):
            other = {**home, "phone": make.person()["phone"], "dob": make.born(1950, 1985)}
            family.append(make.person(**other if make.chance(0.7) else {**other, "surname": make.surname()}))
            births = [make.born(1986, 2019) for _ in range(make.rng.choice((0, 1, 1, 2)))]
            if make.chance(0.35):
                births += [make.born(1986, 2019)] * 2
        for born in births:
            child = make.person(**home, dob=born)
            while child["given"] in [one["given"] for one in family]:
                child = make.person(**home, dob=born)
            family.append(child)
        for person in family:
            groups.append([copy(person) for _ in range(make.rng.choice((1, 1, 1, 2, 2, 3)))])
            made += len(groups[-1])
    one_list(folder, "twins", groups, make)


def flat(p):
    return {
        "given_name": p["given"], "surname": p["surname"], "date_of_birth": p["dob"].isoformat(), "sex": p["sex"],
        "address": f"{p['number']} {p['street']} {p['kind'][0]}", "city": p["city"], "postcode": p["zip"],
        "phone": p["phone"], "email": p["email"],
    }  # fmt: skip


def clean(folder, n, make, _):
    people = [(i, flat(make.person())) for i in range(n * 13 // 10)]
    two_lists(folder, "clean", people[:n], people[n * 3 // 10 :], make)


def nomatch(folder, n, make, _):
    people = [(i, flat(make.person())) for i in range(2 * n)]
    two_lists(folder, "nomatch", people[:n], people[n:], make)


KINDS = {"exports": exports, "groups": groups, "tens": tens, "twins": twins, "clean": clean, "nomatch": nomatch}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--n", type=int, default=2_000, help="records of a list (default 2000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="kinds, by commas: " + ",".join(KINDS))
    parser.add_argument("--semicolons", action="store_true", help="the second export is delimited by ;")
    settings = parser.parse_args()
    Path(settings.folder).mkdir(parents=True, exist_ok=True)
    for kind in settings.only.split(",") if settings.only else KINDS:
        maker = Maker(f"{kind} {settings.seed}")
        KINDS[kind](settings.folder, settings.n, maker, ";" if settings.semicolons else ",")

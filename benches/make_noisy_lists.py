#!/usr/bin/env python3
"""Makes record lists with other noise than the shared ones and `make_lists.py`: make_noisy_lists.py FOLDER [--n 2000] [--seed 1]
[--only spelling,sparse,...]. Invented people; Python 3, no packages; same arguments, same bytes.

spelling   one list whose names were written from other alphabets and by ear: Mueller, Muller; Mohammed, Muhamad; joined, split and
           doubled names; dates with a wrong year, or with day and month swapped
sparse     one list in which each record lacks about half of its columns; some hold names and a year of birth alone
order      one list whose given and family names stand in one column in either order, with titles, middle names, maiden names
homes      one list of households: same family name, address and phone, twins, juniors of the same name; some moved
systems    two exports: M and male, married and M, nsw and New South Wales, (02) 9555 1234 and +61295551234, one address column
           and four, dates as 3 Feb 1971 and 1971-02-03
office     two lists with two columns that differ by system (a local number each) and few that are shared; a third is in both

KIND.csv or KIND_left.csv and KIND_right.csv, KIND_gold.csv (`left_id,right_id`).
"""
import argparse, csv, datetime, itertools, random
from pathlib import Path

GIVEN_W = "anna maria elena fatima aisha yusra olga svetlana natalia ekaterina chloe emma louise marie sofia lucia ingrid astrid mei xiu priya ananya nkechi amara zainab leyla yara noor hanna julia karin ursula heike monika agnieszka katarzyna zofia ewa".split()
GIVEN_M = "mohammed ahmed ali hassan omar yusuf ibrahim sergei dmitri aleksandr nikolai juergen wolfgang stefan lars bjorn jose carlos juan miguel wei jun raj arjun chinedu emeka pavel jakub tomasz piotr krzysztof jean pierre luc andre matteo giovanni".split()
FAMILY = "mueller schroeder goetz weiss gross hussein abdullah rahman alsayed khalil haddad nasser ivanov petrov sokolov kuznetsov tchaikovsky yeltsin oconnor mcdonald obrien garcia hernandez rodriguez gonzalez lopez fernandez nguyen tran pham li zhang wang chen kim park sharma gupta patel singh okonkwo adeyemi kowalski wisniewski wojcik lewandowski dupont lefebvre moreau rossi bianchi ferrari andersson johansson nielsen christensen papadopoulos".split()
STEMS = "ab ba ca da el fa ga ha is jo ka la ma na or pa ra sa ta ul va wa ze".split()
ENDS = "renko lovic mann stein berg quist escu idis oglu nen wala dottir sen ski ez eau ini aldi mura moto".split()
FAMILY += [a + b for a, b in itertools.product(STEMS, ENDS)]
CITIES = [("springfield", "2010", "nsw"), ("riverton", "2155", "nsw"), ("lakewood", "3004", "vic"), ("fairview", "3121", "vic"), ("greenville", "4005", "qld"), ("bristol", "4101", "qld"), ("clinton", "5007", "sa"), ("georgetown", "6003", "wa"), ("salem", "6112", "wa"), ("madison", "7005", "tas")]
STATES = {"nsw": "New South Wales", "vic": "Victoria", "qld": "Queensland", "sa": "South Australia", "wa": "Western Australia", "tas": "Tasmania"}
STREETS = "oak elm maple cedar pine birch river hill lake park church school station market mill bridge queen king garden spring".split()
KINDS = ["street", "road", "avenue", "lane", "close", "court"]
EAR = [("ue", "u"), ("oe", "o"), ("ss", "s"), ("ph", "f"), ("ou", "u"), ("ei", "ey"), ("sch", "sh"), ("tch", "ch"), ("tz", "z"), ("kh", "h"), ("v", "w"), ("i", "y"), ("ee", "i"), ("ck", "k"), ("mm", "m"), ("nn", "n"), ("ll", "l"), ("a", "e"), ("c", "k"), ("j", "y"), ("ks", "x"), ("dj", "j")]
NICK = {"mohammed": ["mohamed", "muhammad", "mohamad", "mohd"], "ekaterina": ["katerina", "katya", "yekaterina"], "aleksandr": ["alexander", "sasha", "alexandre"], "juergen": ["jurgen", "jürgen"], "mueller": ["muller", "müller", "miller"], "schroeder": ["schröder", "schroder"], "wolfgang": ["wolf"], "katarzyna": ["kasia", "katarina"], "giovanni": ["gianni", "john"], "jose": ["josé", "pepe"], "sergei": ["sergey", "serguei"], "abdullah": ["abdulla", "abd allah"], "alsayed": ["al sayed", "al-sayed", "elsayed"], "oconnor": ["o'connor", "o connor"], "mcdonald": ["macdonald", "mc donald"], "obrien": ["o'brien"], "nguyen": ["nguyên"], "yusuf": ["youssef", "yousef", "joseph"], "hussein": ["hussain", "husain"], "zhang": ["chang"], "natalia": ["natalya", "nataliya", "natasha"]}


def ear(rng, name):
    if name in NICK and rng.random() < 0.6:
        return rng.choice(NICK[name])
    fits = [(a, b) for a, b in EAR if a in name]
    for a, b in rng.sample(fits, min(len(fits), 1 + (rng.random() < 0.3))):
        name = name.replace(a, b, 1)
    return name


def typo(rng, text):
    if len(text) < 3:
        return text
    at = rng.randrange(len(text) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return text[:at] + text[at + 1:]
    if kind == 1:
        return text[:at] + text[at + 1] + text[at] + text[at + 2:]
    letter = rng.choice("0123456789" if text[at].isdigit() else "abcdefghijklmnopqrstuvwxyz")
    return text[:at] + letter + text[at + (kind == 2):]


class People:
    def __init__(self, rng):
        self.rng = rng
        self.ranks = [1 / (at + 3) ** 0.9 for at in range(len(FAMILY))]

    def home(self):
        rng = self.rng
        city, postcode, state = rng.choice(CITIES)
        return {"house": str(rng.randrange(1, 250)), "street": rng.choice(STREETS) + " " + rng.choice(KINDS), "city": city,
                "postcode": postcode, "state": state, "phone": f"02{rng.randrange(10**7, 10**8)}"}

    def person(self, home=None, family=None, born=None):
        rng = self.rng
        sex = rng.choice("mf")
        return {"given": rng.choice(GIVEN_M if sex == "m" else GIVEN_W), "middle": rng.choice(GIVEN_M if sex == "m" else GIVEN_W),
                "family": family or rng.choices(FAMILY, self.ranks)[0],
                "born": born or datetime.date(1930, 1, 1) + datetime.timedelta(days=rng.randrange(29000)),
                "sex": sex, "mobile": f"04{rng.randrange(10**7, 10**8)}", "nhs": str(rng.randrange(10**9, 10**10)),
                "married": rng.choice(["single", "married", "divorced", "widowed"]), **(home or self.home())}


def write(path, rows):
    with open(path, "w", newline="") as file:
        out = csv.DictWriter(file, list(rows[0]))
        out.writeheader()
        out.writerows(rows)


def one_list(folder, name, rng, rows):
    """Rows are (person number, fields)."""
    rng.shuffle(rows)
    out, by = [], {}
    for at, (person, fields) in enumerate(rows):
        out.append({"id": f"r{at}", **fields})
        by.setdefault(person, []).append(f"r{at}")
    write(folder / f"{name}.csv", out)
    gold = [{"left_id": a, "right_id": b} for ids in by.values() for a, b in itertools.combinations(ids, 2)]
    write(folder / f"{name}_gold.csv", gold)
    print(name, len(out), "records", len(gold), "pairs")


def two_lists(folder, name, rng, left, right):
    rng.shuffle(left), rng.shuffle(right)
    ids = [{}, {}]
    for side, (rows, letter) in enumerate([(left, "l"), (right, "r")]):
        out = []
        for at, (person, fields) in enumerate(rows):
            out.append({"id": f"{letter}{at}", **fields})
            ids[side].setdefault(person, []).append(f"{letter}{at}")
        write(folder / f"{name}_{['left', 'right'][side]}.csv", out)
    gold = [{"left_id": a, "right_id": b} for person, many in ids[0].items() for a in many for b in ids[1].get(person, [])]
    write(folder / f"{name}_gold.csv", gold)
    print(name, len(left), "x", len(right), len(gold), "pairs")


def spelling(folder, n, rng):
    people, rows = People(rng), []
    for number in range(n):
        person = people.person()
        for copy in range(rng.choice([1, 1, 2, 2, 3])):
            p = dict(person)
            if copy:
                for name in ["given", "family"]:
                    if rng.random() < 0.6:
                        p[name] = ear(rng, p[name])
                if rng.random() < 0.08:
                    p["given"] += " " + p["middle"]
                if rng.random() < 0.06:
                    p["family"] += "-" + rng.choice(FAMILY)
                if rng.random() < 0.1:
                    p["born"] = p["born"].replace(day=1)
                if rng.random() < 0.1 and p["born"].day <= 12:
                    p["born"] = p["born"].replace(day=p["born"].month, month=p["born"].day)
                if rng.random() < 0.08:
                    p["born"] += datetime.timedelta(days=rng.choice([-365, 365, 3652, -1, 1]))
                if rng.random() < 0.15:
                    p["city"] = typo(rng, p["city"])
                if rng.random() < 0.1:
                    p["mobile"] = f"04{rng.randrange(10**7, 10**8)}"
                if rng.random() < 0.15:
                    p.update(people.home())
            rows.append((number, {"first_name": p["given"].title(), "last_name": p["family"].title(), "birth_date": p["born"].strftime("%d/%m/%Y"),
                                  "town": p["city"], "mobile": p["mobile"] if rng.random() < 0.7 else ""}))
    one_list(folder, "spelling", rng, rows)


def sparse(folder, n, rng):
    people, rows = People(rng), []
    for number in range(n):
        person = people.person()
        for copy in range(rng.choice([1, 2, 2, 3, 4])):
            p = dict(person)
            if copy and rng.random() < 0.3:
                name = rng.choice(["given", "family"])
                p[name] = typo(rng, p[name])
            if copy and rng.random() < 0.2:
                p["nhs"] = typo(rng, p["nhs"])
            row = {"surname": p["family"], "forename": p["given"], "dob": str(p["born"]), "nhs_number": p["nhs"], "phone": p["phone"],
                   "address": p["house"] + " " + p["street"], "city": p["city"], "postcode": p["postcode"],
                   "email": f"{p['given'][0]}.{p['family']}{p['born'].year % 100}@mail.example"}
            for field in list(row)[2:]:
                if rng.random() < 0.5:
                    row[field] = rng.choice(["", "", "NULL", "unknown"])
            if rng.random() < 0.05:
                row["forename"] = row["forename"][0]
            if rng.random() < 0.05 and row["dob"].startswith("19"):
                row["dob"] = "1900-01-01"
            rows.append((number, row))
    one_list(folder, "sparse", rng, rows)


def order(folder, n, rng):
    people, rows = People(rng), []
    for number in range(n):
        person = people.person()
        maiden = rng.choice(FAMILY)
        for copy in range(rng.choice([1, 2, 2, 3])):
            p = dict(person)
            if copy and rng.random() < 0.25:
                name = rng.choice(["given", "family"])
                p[name] = typo(rng, p[name])
            if copy and p["sex"] == "f" and rng.random() < 0.08:
                p["family"] = maiden
            names = [p["given"], p["family"]]
            style = rng.random()
            if style < 0.25:
                full = f"{p['family'].upper()}, {p['given'].title()}"
            elif style < 0.45:
                full = f"{p['given'].title()} {p['middle'][0].upper()}. {p['family'].title()}"
            elif style < 0.55:
                full = f"{'Mr' if p['sex'] == 'm' else 'Mrs'} {p['given'].title()} {p['family'].title()}"
            elif style < 0.65:
                full = f"{p['given'][0].upper()}. {p['family'].title()}"
            else:
                full = " ".join(names).title()
            if rng.random() < 0.2:
                p["house"], p["street"], p["city"], p["postcode"] = (lambda h: (h["house"], h["street"], h["city"], h["postcode"]))(people.home())
            rows.append((number, {"patient": full, "born": p["born"].strftime("%d %b %Y") if rng.random() < 0.5 else str(p["born"]) if rng.random() < 0.9 else "",
                                  "address": f"{p['house']} {p['street']}, {p['city']} {p['postcode']}", "tel": p["mobile"] if rng.random() < 0.6 else ""}))
    one_list(folder, "order", rng, rows)


def homes(folder, n, rng):
    people, rows, number = People(rng), [], 0
    for _ in range(n // 3):
        home = people.home()
        family = rng.choices(FAMILY, people.ranks)[0]
        members = [people.person(home, family) for _ in range(rng.choice([1, 2, 3, 4]))]
        if rng.random() < 0.2:
            members.append(people.person(home, family, members[-1]["born"]))
        if rng.random() < 0.1:
            junior = people.person(home, family, members[0]["born"] + datetime.timedelta(days=9500))
            junior["given"], junior["sex"] = members[0]["given"], members[0]["sex"]
            members.append(junior)
        for person in members:
            number += 1
            for copy in range(rng.choice([1, 1, 2, 2, 3])):
                p = dict(person)
                if copy:
                    if rng.random() < 0.15:
                        p.update(people.home())
                    for name in ["given", "family", "street", "city"]:
                        if rng.random() < 0.1:
                            p[name] = typo(rng, p[name])
                    if rng.random() < 0.05:
                        p["given"], p["family"] = p["family"], p["given"]
                born = str(p["born"]) if rng.random() < 0.85 else ""
                if copy and born and rng.random() < 0.06:
                    born = typo(rng, born.replace("-", ""))
                rows.append((number, {"given_name": p["given"], "surname": p["family"], "date_of_birth": born, "gender": p["sex"].upper(),
                                      "house_no": p["house"], "street": p["street"], "suburb": p["city"], "postcode": p["postcode"],
                                      "home_phone": p["phone"] if rng.random() < 0.7 else ""}))
    one_list(folder, "homes", rng, rows)


def systems(folder, n, rng):
    people, left, right = People(rng), [], []
    for number in range(n):
        person = people.person()
        where = rng.choice(["left", "right", "both", "both"])
        if where != "right":
            p = person
            phone = f"({p['phone'][:2]}) {p['phone'][2:6]} {p['phone'][6:]}"
            left.append((number, {"GivenName": p["given"].title(), "FamilyName": p["family"].title(), "Sex": p["sex"].upper(), "DOB": p["born"].strftime("%-d %b %Y"),
                                  "Marital": p["married"][0].upper(), "Address": f"{p['house']} {p['street']}".title(), "Suburb": p["city"].upper(), "State": p["state"].upper(),
                                  "PostCode": p["postcode"], "Phone": phone}))
        if where != "left":
            p = dict(person)
            for name in ["given", "family", "street"]:
                if rng.random() < 0.1:
                    p[name] = typo(rng, p[name])
            if rng.random() < 0.12:
                p.update(people.home())
            born = p["born"].strftime("%Y-%m-%d") if rng.random() < 0.94 else ""
            phone = "+61" + p["phone"][1:] if rng.random() < 0.7 else ""
            right.append((number, {"last_name": p["family"], "first_name": p["given"], "gender": {"m": "male", "f": "female"}[p["sex"]], "birth_date": born,
                                   "marital_status": p["married"], "street": p["street"], "number": p["house"], "town": p["city"], "region": STATES[p["state"]],
                                   "zip": p["postcode"], "telephone": phone}))
    two_lists(folder, "systems", rng, left, right)


def office(folder, n, rng):
    people, left, right = People(rng), [], []
    for number in range(n):
        person = people.person()
        where = rng.choice(["left", "right", "both"])
        if where != "right":
            left.append((number, {"member_no": f"A{100000 + number * 7 % 99991}", "name": f"{person['given']} {person['family']}".title(), "year_of_birth": person["born"].year,
                                  "sex": "1" if person["sex"] == "m" else "2", "postcode": person["postcode"], "email": f"{person['given']}.{person['family']}@mail.example" if rng.random() < 0.5 else ""}))
        if where != "left":
            p = dict(person)
            if rng.random() < 0.2:
                name = rng.choice(["given", "family"])
                p[name] = typo(rng, p[name])
            year = p["born"].year + (rng.choice([-1, 1]) if rng.random() < 0.04 else 0)
            right.append((number, {"client": rng.randrange(10**6), "full_name": f"{p['family']}, {p['given']}".title() if rng.random() < 0.4 else f"{p['given']} {p['family']}".title(),
                                   "birth_year": year, "gender": {"m": "male", "f": "female"}[p["sex"]], "zip": p["postcode"] if rng.random() < 0.85 else rng.choice(CITIES)[1],
                                   "mail": f"{person['given']}.{person['family']}@mail.example" if rng.random() < 0.5 else ""}))
    two_lists(folder, "office", rng, left, right)


def main(doc, makers):
    words = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("folder", type=Path)
    words.add_argument("--n", type=int, default=2000)
    words.add_argument("--seed", type=int, default=1)
    by_name = {maker.__name__: maker for maker in makers}
    words.add_argument("--only", default=",".join(by_name))
    said = words.parse_args()
    said.folder.mkdir(parents=True, exist_ok=True)
    for kind in said.only.split(","):
        by_name[kind](said.folder, said.n, random.Random(f"{kind} {said.seed}"))


if __name__ == "__main__":
    main(__doc__, [spelling, sparse, order, homes, systems, office])

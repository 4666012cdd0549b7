#!/usr/bin/env python3
"""Makes pairs of invented clinical notes, to fit the shipped prior of narratives on (crates/model/priors).

    benches/make_notes.py FILE [--pairs N] [--seed N]

Writes JSONL: id, a, b, label (1: one patient), change. Wordings are written here by hand, also ones that the lexicon does
not know; nothing is taken from data/ or from another set. Every patient is invented.
"""

import argparse
import json
import random

# name: (wordings, drugs with wordings). The first wording of each is the plain one.
CONDITIONS = [
    (["hypertension", "HTN", "high blood pressure", "raised BP", "hypertensive"], [["ramipril", "Tritace"], ["amlodipine", "Norvasc"], ["losartan", "Cozaar"]]),
    (["type 2 diabetes", "T2DM", "type II diabetes mellitus", "NIDDM", "sugar diabetes on tablets"], [["metformin", "Glucophage"], ["gliclazide"], ["sitagliptin", "Januvia"]]),
    (["type 1 diabetes", "T1DM", "insulin dependent diabetes since a teenager"], [["insulin glargine", "Lantus"], ["insulin aspart", "NovoRapid"]]),
    (["atrial fibrillation", "AF", "a-fib", "irregular heartbeat"], [["apixaban", "Eliquis"], ["warfarin", "Coumadin"], ["bisoprolol"]]),
    (["asthma", "asthmatic", "wheezy chest since childhood"], [["salbutamol", "Ventolin", "albuterol"], ["beclometasone", "Clenil"]]),
    (["COPD", "chronic obstructive pulmonary disease", "emphysema"], [["tiotropium", "Spiriva"]]),
    (["hypothyroidism", "underactive thyroid", "hypothyroid"], [["levothyroxine", "thyroxine", "Synthroid"]]),
    (["depression", "low mood", "MDD", "depressive illness"], [["sertraline", "Zoloft"], ["mirtazapine"], ["citalopram"]]),
    (["epilepsy", "seizure disorder", "fits"], [["levetiracetam", "Keppra"], ["lamotrigine", "Lamictal"]]),
    (["rheumatoid arthritis", "RA", "inflammatory arthritis"], [["methotrexate", "MTX"], ["adalimumab", "Humira"]]),
    (["gout", "gouty arthritis"], [["allopurinol", "Zyloprim"]]),
    (["osteoporosis", "thin bones", "brittle bones"], [["alendronic acid", "Fosamax", "alendronate"]]),
    (["GORD", "acid reflux", "GERD", "heartburn"], [["omeprazole", "Losec"], ["lansoprazole"]]),
    (["heart failure", "CCF", "congestive heart failure", "weak pump"], [["furosemide", "Lasix", "frusemide"], ["spironolactone"]]),
    (["chronic kidney disease", "CKD stage 3", "renal impairment", "kidneys not working well"], []),
    (["high cholesterol", "hypercholesterolaemia", "hyperlipidemia", "raised lipids"], [["atorvastatin", "Lipitor"], ["simvastatin", "Zocor"]]),
    (["migraine", "migraines with aura", "sick headaches"], [["sumatriptan", "Imigran"], ["propranolol"]]),
    (["multiple sclerosis", "relapsing MS", "MS"], [["natalizumab", "Tysabri"]]),
    (["Parkinson's disease", "parkinsonism", "PD"], [["levodopa", "Sinemet", "co-careldopa"]]),
    (["ulcerative colitis", "UC", "colitis"], [["mesalazine", "Asacol", "mesalamine"]]),
    (["Crohn's disease", "Crohn's", "regional ileitis"], [["infliximab", "Remicade"]]),
    (["coeliac disease", "celiac", "gluten problem"], []),
    (["psoriasis", "plaque psoriasis", "scaly skin patches"], []),
    (["glaucoma", "raised eye pressure"], [["latanoprost", "Xalatan"]]),
    (["bipolar disorder", "bipolar", "manic depression"], [["lithium", "Priadel"]]),
    (["anxiety", "GAD", "bad nerves"], []),
    (["sleep apnoea", "OSA", "sleep apnea on CPAP"], []),
    (["angina", "chest tightness on exertion"], [["GTN spray", "nitroglycerin"]]),
    (["previous stroke", "CVA", "a stroke", "left-sided weakness after a stroke"], [["clopidogrel", "Plavix"]]),
    (["heart attack", "MI", "NSTEMI", "myocardial infarction"], [["aspirin", "ASA"]]),
    (["DVT", "deep vein thrombosis", "clot in the leg"], [["rivaroxaban", "Xarelto"]]),
    (["iron deficiency anaemia", "low iron", "IDA"], [["ferrous sulfate", "iron tablets"]]),
    (["lupus", "SLE", "systemic lupus"], [["hydroxychloroquine", "Plaquenil"]]),
    (["hepatitis C", "HCV", "hep C"], []),
    (["polymyalgia", "PMR", "polymyalgia rheumatica"], [["prednisolone", "prednisone"]]),
    (["fibromyalgia", "widespread pain"], [["pregabalin", "Lyrica"]]),
    (["restless legs", "RLS"], [["ropinirole"]]),
    (["prostate cancer", "prostate Ca"], [["goserelin", "Zoladex"]]),
    (["breast cancer", "breast Ca", "carcinoma of the breast"], [["tamoxifen"], ["letrozole", "Femara"]]),
]
MEN, WOMEN = {"prostate cancer"}, {"breast cancer"}
SIDED = [
    ["knee replacement", "TKR", "new knee", "total knee arthroplasty"],
    ["hip replacement", "THR", "artificial hip", "hip arthroplasty"],
    ["wrist fracture", "broken wrist", "Colles fracture"],
    ["cataract surgery", "cataract operation", "phaco"],
    ["inguinal hernia repair", "groin hernia operation", "hernia fixed"],
    ["rotator cuff repair", "shoulder tendon operation"],
    ["nephrectomy", "kidney removed"],
    ["carpal tunnel release", "carpal tunnel decompression", "wrist nerve operation"],
    ["below-knee amputation", "BKA"],
    ["ankle fracture", "broken ankle", "ankle ORIF"],
    ["hearing aid", "deaf ear"],
    ["ACL reconstruction", "cruciate ligament repair"],
]
PLAIN = [
    ["appendicectomy", "appendectomy", "appendix out"],
    ["cholecystectomy", "gallbladder removed", "lap chole"],
    ["tonsillectomy", "tonsils out"],
    ["CABG", "bypass surgery", "coronary artery bypass"],
    ["pacemaker", "PPM", "pacemaker fitted"],
    ["coronary stent", "PCI", "angioplasty"],
    ["splenectomy", "spleen removed"],
    ["thyroidectomy", "thyroid taken out"],
    ["spinal fusion", "back fused"],
    ["gastric bypass", "weight loss surgery"],
]
HYSTERECTOMY, PROSTATE = ["hysterectomy", "womb removed"], ["TURP", "prostate operation"]
ALLERGIES = [["penicillin"], ["latex"], ["peanuts", "nuts"], ["codeine"], ["sulfa drugs", "sulphonamides"], ["aspirin"], ["shellfish"], ["iodine contrast", "contrast dye"], ["ibuprofen", "NSAIDs"], ["bee stings"], ["eggs"], ["trimethoprim"]]
BLOOD = ["A+", "O+", "B+", "AB+", "A-", "O-", "B-"]
JOBS = ["retired teacher", "bus driver", "builder", "farmer", "accountant", "nurse", "chef", "electrician", "shop assistant", "lorry driver", "librarian", "plumber", "hairdresser", "civil servant", "miner", "tailor", "painter", "postman", "welder", "clerk"]
LIVES = ["lives alone", "lives with spouse", "lives with daughter", "in sheltered housing", "lives on a farm", "has two cats", "widowed", "keeps bees", "plays the organ", "walks with a stick", "uses a frame", "cycles to work", "sings in a choir", "grows roses", "former boxer", "swims weekly"]
SMOKING = [["never smoked", "lifelong non-smoker", "no tobacco"], ["ex-smoker", "stopped smoking", "quit smoking years ago"], ["smokes 20 a day", "current smoker", "smoker, 30 pack years"]]
SYMPTOMS = ["headache", "fever", "chest pain", "cough", "dizziness", "ankle swelling", "weight loss", "nausea", "shortness of breath", "palpitations", "rash", "back pain", "fatigue", "constipation"]
FAMILY = ["bowel cancer", "diabetes", "heart disease", "breast cancer", "dementia", "stroke", "glaucoma", "haemophilia"]
LABS = [("HbA1c", 48, 90, " mmol/mol", 1), ("creatinine", 60, 180, " umol/L", 0), ("BMI", 19, 41, "", 0), ("Hb", 85, 160, " g/L", 0), ("LDL", 2, 5, " mmol/L", 0)]
DOSES = [2.5, 5, 10, 20, 25, 40, 50, 75, 100, 200, 500, 1000]


def patient(r):
    sex = r.choice("mf")
    allowed = [c for c in CONDITIONS if c[0][0] not in (WOMEN if sex == "m" else MEN)]
    conditions = [{"c": c, "since": r.randint(1985, 2021)} for c in r.sample(allowed, r.randint(2, 5))]
    drugs = [{"d": r.choice(c["c"][1]), "dose": r.choice(DOSES)} for c in conditions if c["c"][1] and r.random() < 0.8]
    operations = [{"o": o, "side": r.choice(["left", "right"]), "year": r.randint(1990, 2022)} for o in r.sample(SIDED, r.choice([0, 1, 1, 2]))]
    plain = PLAIN + [HYSTERECTOMY if sex == "f" else PROSTATE]
    operations += [{"o": o, "side": None, "year": r.randint(1975, 2022)} for o in r.sample(plain, r.choice([0, 1, 1, 2]))]
    year = r.randint(1930, 2000)
    return {
        "sex": sex,
        "born": (r.randint(1, 28), r.randint(1, 12), year),
        "conditions": conditions,
        "drugs": drugs,
        "operations": operations,
        "allergy": r.choice([None, None, r.choice(ALLERGIES), r.choice(ALLERGIES)]),
        "blood": r.choice(BLOOD),
        "job": r.choice(JOBS),
        "life": r.choice(LIVES),
        "smoking": r.choice(SMOKING),
        "denies": r.sample(SYMPTOMS, 3),
        "family": (r.choice(["mother", "father", "brother", "sister"]), r.choice(FAMILY)),
        "lab": (lambda l: (l[0], r.randint(l[1], l[2]), l[3]))(r.choice(LABS)),
        "height": r.randint(150, 195),
    }


def changed(r, p):
    """The patient with one telling fact changed; what was changed."""
    q = json.loads(json.dumps(p))
    options = ["born", "blood", "allergy", "condition", "drug"]
    sided = [o for o in q["operations"] if o["side"]]
    options += ["side"] * 3 if sided else []
    options += ["year"] if q["operations"] else []
    if any(c["c"][0][0] in ("type 1 diabetes", "type 2 diabetes") for c in q["conditions"]):
        options += ["type"] * 3
    what = r.choice(options)
    if what == "born":
        q["born"] = [q["born"][0], q["born"][1], q["born"][2] + r.choice([-14, -9, 8, 13])]
    elif what == "blood":
        q["blood"] = r.choice([b for b in BLOOD if b != p["blood"]])
    elif what == "allergy":
        q["allergy"] = r.choice([a for a in ALLERGIES if a != p["allergy"]]) if r.random() < 0.6 or not p["allergy"] else None
    elif what == "condition":
        r.choice(q["conditions"])["c"] = r.choice([c for c in CONDITIONS if c[0][0] not in MEN | WOMEN])
    elif what == "drug" and q["drugs"]:
        one = r.choice(q["drugs"])
        one["dose"] = r.choice([d for d in DOSES if d != one["dose"]])
    elif what == "side":
        one = r.choice(sided)
        one["side"] = {"left": "right", "right": "left"}[one["side"]]
    elif what == "year":
        r.choice(q["operations"])["year"] += r.choice([-11, -7, 6, 9])
    elif what == "type":
        for c in q["conditions"]:
            other = {"type 1 diabetes": 1, "type 2 diabetes": 2}.get(c["c"][0][0])
            if other:
                c["c"] = CONDITIONS[other if CONDITIONS[other] != c["c"] else 3 - other]
    return q, what


def later(r, p):
    """The patient some years on: more, and other doses."""
    q = json.loads(json.dumps(p))
    fresh = patient(r)
    others = MEN | WOMEN
    q["conditions"] += [c for c in fresh["conditions"] if c["c"][0][0] not in others][:1]
    q["operations"] += [dict(o, year=2023) for o in fresh["operations"][:1]]
    q["lab"], q["denies"] = fresh["lab"], fresh["denies"]
    for drug in q["drugs"]:
        drug["dose"] = r.choice(DOSES) if r.random() < 0.4 else drug["dose"]
    return q


def facts(r, p, now, share, style):
    """Sentences or items of a part of the facts."""
    he, his = ("he", "his") if p["sex"] == "m" else ("she", "her")
    say = {"story": 0, "list": 1, "short": 2, "self": 3, "letter": 0}[style]
    out = []
    for c in p["conditions"]:
        name = r.choice(c["c"][0])
        since = f" since {c['since']}" if r.random() < 0.3 else ""
        out.append([f"{he} has {name}{since}", f"{name}{since}", f"{name}{since}", f"I have {name}{since}"][say])
    for d in p["drugs"]:
        name = r.choice(d["d"])
        dose = f" {d['dose']:g} mg" if r.random() < 0.5 else ""
        out.append([f"takes {name}{dose} daily", f"{name}{dose} od", f"{name}{dose}", f"I take {name}{dose}"][say])
    for o in p["operations"]:
        name, side = r.choice(o["o"]), o["side"]
        if side and r.random() < 0.85:
            name = f"{side if say != 2 else side[0].upper()} {name}"
        year = f" in {o['year']}" if r.random() < 0.6 else ""
        out.append([f"{he} had a {name}{year}", f"{name} {o['year']}" if year else name, f"s/p {name}{year}", f"I had {name}{year}"][say])
    if p["allergy"]:
        a = r.choice(p["allergy"])
        out.append([f"{he} is allergic to {a}", f"Allergies: {a}", f"{a} allergy", f"I am allergic to {a}"][say])
    elif r.random() < 0.6:
        out.append(["no known allergies", "NKDA", "NKDA", "I have no allergies"][say])
    extra = [
        [f"works as a {p['job']}", p["job"], p["job"], f"I am a {p['job']}"][say],
        p["life"],
        r.choice(p["smoking"]),
        [f"denies {p['denies'][0]} and {p['denies'][1]}", f"no {p['denies'][0]}", f"no {p['denies'][0]}, {p['denies'][2]}", f"no {p['denies'][1]}"][say],
        f"{p['family'][0]} had {p['family'][1]}",
        f"{p['lab'][0]} {p['lab'][1]}{p['lab'][2]}",
        f"blood group {p['blood']}",
        f"blood group {p['blood']}",
    ]
    out += r.sample(extra, r.randint(1, 4))
    r.shuffle(out)
    return out[: max(3, round(share * len(out)))]


MONTHS = "January February March April May June July August September October November December".split()


def note(r, p, now):
    style = r.choice(["story", "list", "short", "self", "letter"])
    d, m, y = p["born"]
    age = now - y
    man, he = ("man", "he") if p["sex"] == "m" else ("woman", "she")
    born = r.choice([f"{d:02}/{m:02}/{y}", f"{y}-{m:02}-{d:02}", f"{d} {MONTHS[m - 1]} {y}"])
    who = {
        "story": [f"A {age}-year-old {man}", f"This {man} born {born}", f"{age} year old {p['job']}", f"{man.capitalize()} in {'his' if he == 'he' else 'her'} {age // 10 * 10}s"],
        "list": [f"{age}{p['sex'].upper()}", f"DOB {born}", f"{'Male' if p['sex'] == 'm' else 'Female'}, {age} y", f"Pt {p['sex'].upper()}, dob {born}"],
        "short": [f"{age}yo {p['sex'].upper()}", f"{age} {p['sex'].upper()}", "Pt", f"b. {y}"],
        "self": [f"I am {age} years old", f"I was born in {y}", "Hello doctor", f"I'm a {man} of {age}"],
        "letter": [f"Thank you for seeing this {age}-year-old {man}", f"Dear colleague, re: {man}, born {born}", f"Many thanks for seeing this pleasant {man}"],
    }[style]
    items = facts(r, p, now, r.uniform(0.45, 0.95), style)
    joined = {"list": "; ", "short": ", "}.get(style, ". ")
    if joined == ". ":
        items = [item[0].upper() + item[1:] for item in items]
    return r.choice(who) + joined + joined.join(items) + "."


def pair(r, at):
    p = patient(r)
    kind = r.random()
    now = r.randint(2022, 2024)
    if kind < 0.5:
        q, label, what = (later(r, p), 1, "later") if r.random() < 0.4 else (p, 1, "none")
        # A slip of the pen: one fact differs, and it is one patient all the same.
        if r.random() < 0.08:
            q, what = changed(r, q)[0], "slip"
    elif kind < 0.72:
        (q, what), label = changed(r, p), 0
    else:
        q, label, what = patient(r), 0, "other"
        if r.random() < 0.6:
            q["sex"], q["born"] = p["sex"], [q["born"][0], q["born"][1], p["born"][2] + r.randint(-3, 3)]
        if r.random() < 0.5:
            q["conditions"] = p["conditions"][:1] + q["conditions"][1:]
            what = "alike"
    later_by = r.randint(1, 4) if what == "later" else 0
    sides = [note(r, p, now), note(r, q, now + later_by)]
    r.shuffle(sides)
    return {"id": f"note-{at:05}", "a": sides[0], "b": sides[1], "label": label, "change": what}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--pairs", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=31)
    wanted = parser.parse_args()
    r = random.Random(wanted.seed)
    with open(wanted.file, "w", encoding="utf-8") as out:
        for at in range(wanted.pairs):
            out.write(json.dumps(pair(r, at)) + "\n")


if __name__ == "__main__":
    main()

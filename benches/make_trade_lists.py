#!/usr/bin/env python3
"""Makes lists of firms and of goods with gold: make_trade_lists.py FOLDER [--n 2000] [--seed 1] [--only firms,...].
Invented; Python 3, no packages; same arguments, same bytes.

firms     one list of firms with web and mail addresses made of their names; chains whose branches share name, web and mail
          address at other places; copies with other legal forms, moved, other phone numbers, half of the addresses missing
kunden    two exports of customers with German headers and notations: 1.2.1971 and 1971-02-01, Straße and Str., +49 and 0
catalog   two lists of goods: title, category, brand, model number, price; variants that differ in size, color or price alone,
          model numbers missing in a half
waren     two lists of goods with German headers; prices as 1.299,00 € and 1299.00, sizes as 40 cm and 0,4 m

KIND.csv or KIND_left.csv and KIND_right.csv, KIND_gold.csv (`left_id,right_id`).
"""
import datetime, itertools, random

from make_noisy_lists import main, one_list, two_lists

WORDS = "anchor beacon cedar delta ember falcon garnet harbor iron juniper kestrel lantern meridian north orchid pioneer quarry river summit timber union vertex willow zenith blue stone silver grand royal metro central pacific alpine crown eagle".split()
TRADES = "dental plumbing logistics bakery consulting electric roofing pharmacy motors gardens printing furniture software optics catering cleaning travel fitness veterinary legal".split()
FORMS = ["Inc", "Inc.", "LLC", "L.L.C.", "Ltd", "Ltd.", "Limited", "Co", "Corp", "Corporation", ""]
STREETS = "Oak Elm Maple Cedar Mill Church Station Market Bridge Queen King Park Lake Hill River Spring".split()
KINDS = [("Street", "St"), ("Road", "Rd"), ("Avenue", "Ave"), ("Lane", "Ln"), ("Drive", "Dr")]
CITIES = [(a + b, f"{(i * 7919) % 90000 + 10000}") for i, (a, b) in enumerate(itertools.product("Spring River Lake Fair Green Ash Brook West".split(), "field ton wood view ville port".split()))]
MEN = "Lukas Jonas Leon Finn Paul Felix Maximilian Ben Elias Noah Jürgen Wolfgang Stefan Thomas Andreas Michael Klaus Günter Hans Peter Jörg Björn Uwe Dieter".split()
WOMEN = "Anna Emma Mia Hannah Lea Sophie Marie Ursula Monika Sabine Petra Andrea Heike Birgit Käthe Gisela Renate Ingrid Jutta Susanne Claudia Kerstin Anke Silke".split()
FAMILY = [a + b for a, b in itertools.product("Müll Schm Fisch Web Mey Wagn Beck Hoffm Koch Richt Kl Wolf Schröd Neum Schwarz Zimmerm Krüg Hartm Lang Krau Lehm Köhl Herrm König Walt Huber Kais Fuchs Lor Weiß Jäg".split(), "er mann ler ert ing eder ig".split())]
STRASSEN = "Haupt Bahnhof Garten Dorf Berg Linden Schiller Goethe Mozart Kirch Wald Ring Mühlen Rosen Friedhof".split()
ORTE = [("Musterstadt", "10115"), ("Neudorf", "20095"), ("Altenburg", "04600"), ("Rosenheim", "83022"), ("Kleve", "47533"), ("Lübben", "15907"), ("Grünberg", "35305"), ("Wörth", "76744"), ("Bad Stein", "97688"), ("Oberau", "82496")]
GOODS = {"lamp": ("Lampe", "desk floor ceiling warm dimmable led glass brass"), "chair": ("Stuhl", "office folding leather mesh swivel oak padded kids"), "drill": ("Bohrer", "cordless hammer impact brushless compact set keyless"), "kettle": ("Wasserkocher", "electric steel glass cordless rapid filter whistling"), "monitor": ("Bildschirm", "curved gaming ips portable touch wide matte"), "speaker": ("Lautsprecher", "bluetooth portable bass stereo party waterproof shelf"), "router": ("Router", "wifi mesh gigabit dual band travel gaming"), "tent": ("Zelt", "family dome tunnel trekking waterproof pop up")}
DEUTSCH = {"desk": "Tisch", "floor": "Boden", "warm": "warmweiß", "glass": "Glas", "leather": "Leder", "oak": "Eiche", "folding": "klappbar", "electric": "elektrisch", "steel": "Edelstahl", "portable": "tragbar", "waterproof": "wasserdicht", "cordless": "Akku", "black": "schwarz", "white": "weiß", "silver": "silber", "blue": "blau", "red": "rot", "green": "grün"}
COLORS = "black white silver blue red green".split()


def typo(rng, text):
    if len(text) < 4:
        return text
    at = rng.randrange(len(text) - 1)
    kind = rng.randrange(3)
    if kind == 0:
        return text[:at] + text[at + 1:]
    if kind == 1:
        return text[:at] + text[at + 1] + text[at] + text[at + 2:]
    return text[:at] + rng.choice("0123456789" if text[at].isdigit() else "aeionrst") + text[at + 1:]


def place(rng):
    city, code = rng.choice(CITIES)
    return {"number": rng.randrange(1, 900), "street": rng.choice(STREETS), "kind": rng.choice(KINDS), "city": city, "zip": code[:3] + str(rng.randrange(10, 99)), "phone": f"{rng.randrange(200, 999)}-555-{rng.randrange(1000, 9999)}"}


def firms(folder, n, rng):
    rows, number = [], 0
    while number < n:
        words = [rng.choice(WORDS), rng.choice(TRADES)] if rng.random() < 0.7 else [rng.choice(WORDS), rng.choice(WORDS), rng.choice(TRADES)]
        branches = rng.choice([3, 5, 8]) if rng.random() < 0.12 else 1
        # Firms of one name elsewhere have another address in the web.
        host = "".join(words) + rng.choice(["", "", str(rng.randrange(1, 99)), "online", "group"]) + rng.choice([".com", ".com", ".net", ".biz"])
        user = rng.choice(["info", "office", "contact", "hello"])
        for _ in range(branches):
            firm = place(rng)
            for copy in range(rng.choice([1, 2, 2, 3])):
                f = dict(firm)
                name = " ".join(words).title()
                if copy and rng.random() < 0.15:
                    name = typo(rng, name)
                if copy and rng.random() < 0.08:
                    f.update(place(rng), phone=f["phone"])
                if copy and rng.random() < 0.15:
                    f["phone"] = place(rng)["phone"]
                web = rng.choice(["", "https://", "http://www.", "www."]) + host
                rows.append((number, {"company_name": f"{name} {rng.choice(FORMS)}".strip(), "address": f"{f['number']} {f['street']} {f['kind'][rng.randrange(2)]}", "city": f["city"], "zip_code": f["zip"] if rng.random() < 0.9 else "",
                                      "phone": f["phone"] if rng.random() < 0.6 else "", "website": web if rng.random() < 0.6 else "", "email": f"{user if rng.random() < 0.8 else 'sales'}@{host}" if rng.random() < 0.5 else ""}))
            number += 1
    one_list(folder, "firms", rng, rows)


def kunden(folder, n, rng):
    left, right = [], []
    for number in range(n):
        woman = rng.random() < 0.5
        ort, plz = rng.choice(ORTE)
        p = {"vor": rng.choice(WOMEN if woman else MEN), "nach": rng.choice(FAMILY), "born": datetime.date(1935, 1, 1) + datetime.timedelta(days=rng.randrange(27000)), "str": rng.choice(STRASSEN), "nr": rng.randrange(1, 180), "ort": ort, "plz": plz, "tel": f"{rng.randrange(150, 179)}{rng.randrange(10**6, 10**7)}"}
        where = rng.choice(["left", "right", "both", "both"])
        if where != "right":
            left.append((number, {"Anrede": "Frau" if woman else "Herr", "Vorname": p["vor"], "Nachname": p["nach"], "Geburtsdatum": p["born"].strftime("%d.%m.%Y"), "Straße": f"{p['str']}straße {p['nr']}", "PLZ": p["plz"], "Ort": p["ort"], "Telefon": f"0{p['tel'][:3]} / {p['tel'][3:]}"}))
        if where != "left":
            plain = lambda text: text.replace("ü", "ue").replace("ö", "oe").replace("ä", "ae").replace("ß", "ss")
            q = dict(p)
            if rng.random() < 0.12:
                name = rng.choice(["vor", "nach"])
                q[name] = typo(rng, q[name])
            if woman and rng.random() < 0.06:
                q["nach"] = rng.choice(FAMILY)
            if rng.random() < 0.12:
                q["ort"], q["plz"] = rng.choice(ORTE)
                q["str"], q["nr"] = rng.choice(STRASSEN), rng.randrange(1, 180)
            if rng.random() < 0.4:
                q["vor"], q["nach"], q["str"], q["ort"] = (plain(q[name]) for name in ("vor", "nach", "str", "ort"))
            right.append((number, {"name": f"{q['nach']}, {q['vor']}" if rng.random() < 0.7 else f"{q['vor']} {q['nach']}", "geschlecht": "w" if woman else "m", "geb": str(q["born"]) if rng.random() < 0.92 else "", "anschrift": f"{q['str']}str. {q['nr']}, {q['plz']} {q['ort']}", "mobil": f"+49 {q['tel']}" if rng.random() < 0.6 else "k.A."}))
    two_lists(folder, "kunden", rng, left, right)


def good(rng, brands):
    kind = rng.choice(list(GOODS))
    return {"kind": kind, "words": rng.sample(GOODS[kind][1].split(), 3), "brand": rng.choice(brands), "model": "".join(rng.choice("ABCDEFGHKLMNPRSTX") for _ in range(2)) + str(rng.randrange(100, 9999)), "size": rng.choice([20, 30, 40, 60, 80, 100, 120]), "color": rng.choice(COLORS), "price": round(rng.lognormvariate(4, 0.9), 2)}


def variant(rng, of):
    new = dict(of, model=of["model"][:-1] + str(rng.randrange(10)), price=round(of["price"] * rng.choice([0.7, 1.3, 1.6, 2]), 2))
    new[rng.choice(["size", "color"])] = None
    new["size"] = new["size"] or rng.choice([20, 40, 60, 120])
    new["color"] = new["color"] or rng.choice(COLORS)
    return new


def goods(rng, n):
    brands = ["".join(rng.choice("ka lo mi ren tor vel zan bri dex fo".split()) for _ in range(2)) for _ in range(max(12, n // 60))]
    families = [good(rng, brands) for _ in range(n // 2)]
    return [of for family in families for of in [family, variant(rng, family)]]


def catalog(folder, n, rng):
    left, right = [], []
    for number, of in enumerate(goods(rng, n)):
        where = rng.choice(["left", "right", "both"])
        if where != "right":
            left.append((number, {"title": f"{of['brand']} {of['model']} {' '.join(of['words'])} {of['kind']} {of['size']} cm {of['color']}".title(), "category": of["kind"] + "s", "brand": of["brand"].title(), "modelno": of["model"], "price": f"{of['price']:.2f}"}))
        if where != "left":
            words = [word for word in of["words"] if rng.random() < 0.7]
            parts = [of["kind"], *words, f"{of['size']}cm", of["color"] if rng.random() < 0.8 else ""]
            rng.shuffle(parts)
            near = of["price"] if rng.random() < 0.4 else of["price"] * rng.uniform(0.92, 1.06)
            right.append((number, {"title": f"{of['brand'] if rng.random() < 0.8 else ''} {' '.join(parts)} {of['model'].lower() if rng.random() < 0.35 else ''}".strip(), "category": rng.choice(["home", "garden", "office"]), "brand": of["brand"] if rng.random() < 0.7 else "", "modelno": of["model"] if rng.random() < 0.45 else "", "price": f"{near:.2f}" if rng.random() < 0.85 else ""}))
    two_lists(folder, "catalog", rng, left, right)


def waren(folder, n, rng):
    left, right = [], []
    for number, of in enumerate(goods(rng, n)):
        where = rng.choice(["left", "right", "both"])
        words = [DEUTSCH.get(word, word) for word in of["words"]]
        color = DEUTSCH[of["color"]]
        if where != "right":
            price = f"{of['price']:,.2f}".translate(str.maketrans(",.", ".,")) + " €"
            left.append((number, {"Bezeichnung": f"{of['brand'].title()} {GOODS[of['kind']][0]} {' '.join(words)} {color} {of['size']} cm", "Hersteller": of["brand"].title(), "Artikelnummer": of["model"], "Preis": price}))
        if where != "left":
            some = [word for word in words if rng.random() < 0.7]
            near = of["price"] if rng.random() < 0.5 else of["price"] * rng.uniform(0.95, 1.05)
            right.append((number, {"artikel": f"{GOODS[of['kind']][0]} {of['brand']} {' '.join(some)} {of['size'] / 100:.1f} m".replace(".", ",") + f" {color}", "marke": of["brand"] if rng.random() < 0.7 else "", "nr": of["model"] if rng.random() < 0.4 else "", "vk_preis": f"{near:.2f}" if rng.random() < 0.85 else ""}))
    two_lists(folder, "waren", rng, left, right)


if __name__ == "__main__":
    main(__doc__, [firms, kunden, catalog, waren])

"""The other linkers that linkage_peers.py runs: one tool on one work, its matches into a file.

Arguments: tool, left file, right file or "-", file to write. A line of that file is a pair: way, left id, right id;
"way" is empty for the tool's own decision, or the name of a second way to take matches from the same run.

GoldenMatch gets the file as it is, without the `id` column (that column names people in some lists). Splink and
recordlinkage get what their user would make of it first: columns of the same meaning under one name, marks of a missing
value as none, dates as 1933-09-29, telephone numbers as digits, identity numbers without
blanks, a postcode's first part, lower case.
"""

import csv
import itertools
import re
import sys
import tempfile
from pathlib import Path

MISSING = {"", "null", "none", "nan", "n/a", "na", "-", "--", "unknown", "."}
# What a column is, by its header: the first that fits.
ROLES = [
    ("middle", r"middle"),
    ("suffix", r"suffix"),
    ("given", r"given|first|forename"),
    ("family", r"surname|last_?name|name_?last|family"),
    ("dob", r"birth|\bdob\b"),
    ("phone", r"phone|mobile|\btel"),
    ("email", r"e-?mail"),
    ("last4", r"last_?4"),
    ("postcode", r"post_?code|postal|zip"),
    ("sex", r"\bsex\b|gender"),
    ("number", r"street_?number|house_?number"),
    ("city", r"city|suburb|town"),
    ("state", r"state|province"),
    ("street", r"street|address"),
    ("identity", r"soc_?sec|\bssn\b|\bmrn\b|nhs|medicare|insurance"),
]
DATE = re.compile(r"^(\d{4})[-/.]?(\d\d?)[-/.]?(\d\d?)$|^(\d\d?)[-/.](\d\d?)[-/.](\d{4})$")


def delimiter_of(file):
    header = file.readline()
    file.seek(0)
    return max(",;\t|", key=header.count)


def rows_of(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter_of(file)))


def roles_of(header):
    """Header -> name by meaning; a second column of one meaning is `street_2`."""
    names, seen = {}, {}
    for column in header:
        role = next((role for role, fits in ROLES if re.search(fits, column.lower())), None)
        if column != "id" and role:
            seen[role] = seen.get(role, 0) + 1
            names[column] = role if seen[role] == 1 else f"{role}_{seen[role]}"
    return names


def plain(role, value, month_first):
    value = " ".join((value or "").lower().split())
    if value in MISSING:
        return None
    if role == "dob" and (date := DATE.match(value)):
        year, month, day, one, two, last = date.groups()
        if year is None:
            year, (month, day) = last, (one, two) if month_first else (two, one)
        return f"{year}-{int(month):02}-{int(day):02}"
    if role == "phone":
        return re.sub(r"\D", "", value)[-10:] or None
    if role == "identity":
        return re.sub(r"[\s.-]", "", value)
    if role == "postcode":
        return value.split("-")[0]
    if role == "sex":
        return value[0]
    return value


def prepared(path):
    import pandas

    rows = rows_of(path)
    columns = {"id": [row["id"] for row in rows]}
    for header, name in roles_of(rows[0]).items():
        role = name.split("_")[0]
        values = [row[header] or "" for row in rows]
        # 29/09/1933 or 09/29/1933: what no month can be says which.
        parts = [value.replace("-", "/").split("/") for value in values] if role == "dob" else []
        month_first = any(len(p) == 3 and len(p[2]) == 4 and p[1].isdigit() and int(p[1]) > 12 for p in parts)
        columns[name] = [plain(role, value, month_first) for value in values]
    return pandas.DataFrame(columns, dtype=object)


def frames(left, right):
    """The lists with the columns that all of them have and that say something."""
    lists = [prepared(path) for path in (left, right) if path != "-"]
    kept = [c for c in lists[0] if all(c in one and one[c].nunique() > 1 for one in lists)]
    return [one[kept] for one in lists], [column for column in kept if column != "id"]


def blocking_keys(columns):
    """Keys that an experienced user would take; a candidate pair agrees on one of them."""
    wanted = [
        ("dob",), ("identity",), ("identity_2",), ("phone",), ("email",),
        ("given", "family"), ("family", "postcode"), ("given", "postcode"), ("family", "city"), ("given", "city"),
        ("street", "postcode"), ("street", "number"), ("street", "given"), ("street", "family"), ("last4", "postcode"),
    ]  # fmt: skip
    return [keys for keys in wanted if all(key in columns for key in keys)]


def address_comparison(cl, cll):
    street, city, postcode = (cll.ExactMatchLevel(column) for column in ("street", "city", "postcode"))
    near = cll.JaroWinklerLevel("street", 0.9)
    place = cll.Or(cll.DamerauLevenshteinLevel("postcode", 1), cll.JaroWinklerLevel("city", 0.9))
    levels = [
        cll.And(cll.NullLevel("street"), cll.NullLevel("city"), cll.NullLevel("postcode")),
        cll.And(street, cll.Or(postcode, city)),
        cll.And(near, place),
        street,
        cll.And(postcode, city),
        cll.Or(postcode, city),
        cll.ElseLevel(),
    ]
    return cl.CustomComparison(levels, output_column_name="address")


def splink(left, right):
    import splink.comparison_level_library as cll
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    lists, columns = frames(left, right)
    names, address = {"given", "family"} <= set(columns), {"street", "city", "postcode"} <= set(columns)
    if names:
        lists = [one.assign(full_name=one["given"].str.cat(one["family"], sep=" ")) for one in lists]

    def comparison(column):
        role = column.split("_")[0]
        if role in ("given", "family", "middle"):
            return cl.NameComparison(column)
        if role == "dob":
            return cl.DateOfBirthComparison(
                column, input_is_string=True, datetime_format="%Y-%m-%d", invalid_dates_as_null=False
            )
        if role == "email":
            return cl.EmailComparison(column)
        if role in ("identity", "phone", "postcode"):
            return cl.DamerauLevenshteinAtThresholds(column, [1, 2])
        if role in ("last4", "number"):
            return cl.DamerauLevenshteinAtThresholds(column, [1])
        if role in ("street", "city"):
            return cl.JaroWinklerAtThresholds(column, [0.9, 0.8]).configure(term_frequency_adjustments=True)
        return cl.ExactMatch(column).configure(term_frequency_adjustments=role == "state")

    # Columns that move together are one comparison: it takes comparisons for independent.
    together = {"given", "family"} if names else set()
    if address:
        together |= {"street", "city", "postcode", "state"}
    compared = [comparison(column) for column in columns if column not in together]
    if address:
        compared.append(address_comparison(cl, cll))
    if names:
        compared.append(cl.ForenameSurnameComparison("given", "family", forename_surname_concat_col_name="full_name"))
    rules = [block_on(*keys) for keys in blocking_keys(columns)]
    if names:
        rules.append("l.given = r.family and l.family = r.given")
    settings = SettingsCreator(
        link_type="link_only" if len(lists) == 2 else "dedupe_only",
        unique_id_column_name="id",
        comparisons=compared,
        blocking_rules_to_generate_predictions=rules,
    )
    tables = ["a_left", "b_right"] if len(lists) == 2 else ["a_list"]
    linker = Linker(lists, settings, DuckDBAPI(), input_table_aliases=tables)
    training = linker.training
    sure = [k for k in (("given", "family", "dob"), ("identity",), ("email",)) if set(k) <= set(columns)]
    training.estimate_probability_two_random_records_match([block_on(*keys) for keys in sure], recall=0.7)
    training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for keys in [("dob",), ("given", "family"), ("email",)]:
        if set(keys) <= set(columns):
            try:
                training.estimate_parameters_using_expectation_maximisation(block_on(*keys))
            except Exception as error:  # no pair agrees on the key, say
                print(f"splink: EM on {keys}: {error}", file=sys.stderr)
    found = linker.inference.predict(threshold_match_probability=0.5)
    pairs = found.as_pandas_dataframe()
    yield from (("", a, b) for a, b in zip(pairs["id_l"], pairs["id_r"]))
    if len(lists) == 1 and len(pairs):
        # .5 is where its pairs are cut, .95 where its tutorial cuts clusters: groups of three and more gain by it.
        for threshold in (0.5, 0.95):
            cluster = linker.clustering.cluster_pairwise_predictions_at_threshold
            clusters = cluster(found, threshold).as_pandas_dataframe()
            for _, members in clusters.groupby("cluster_id")["id"]:
                yield from ((f"clusters at {threshold}", a, b) for a, b in itertools.combinations(members, 2))


def recordlinkage(left, right):
    import recordlinkage

    lists, columns = frames(left, right)
    lists = [one.set_index("id") for one in lists]
    # Its blocking takes a missing key for a value of its own: such pairs go.
    candidates = None
    for keys in blocking_keys(columns):
        block = recordlinkage.Index()
        block.block(list(keys))
        some = block.index(*(one.dropna(subset=list(keys)) for one in lists))
        candidates = some if candidates is None else candidates.union(some)
    compare = recordlinkage.Compare()
    for column in columns:
        role = column.split("_")[0]
        if role in ("given", "family", "street", "city", "email"):
            compare.string(column, column, method="jarowinkler", threshold=0.85, label=column)
        elif role in ("dob", "identity", "phone"):
            compare.string(column, column, method="damerau_levenshtein", threshold=0.85, label=column)
        else:
            compare.exact(column, column, label=column)
    vectors = compare.compute(candidates, *lists).astype(int)
    vectors = vectors.loc[:, vectors.nunique() > 1]
    matches = recordlinkage.ECMClassifier().fit_predict(vectors)
    yield from (("", a, b) for a, b in matches)


def goldenmatch(left, right):
    import goldenmatch

    def without_ids(path, folder, name):
        with open(path, encoding="utf-8-sig", newline="") as file:
            delimiter = delimiter_of(file)
            rows = list(csv.reader(file, delimiter=delimiter))
        at = rows[0].index("id")
        with open(Path(folder) / name, "w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=delimiter).writerows(row[:at] + row[at + 1 :] for row in rows)
        return str(Path(folder) / name), [row[at] for row in rows[1:]]

    with tempfile.TemporaryDirectory() as folder:
        a, a_ids = without_ids(left, folder, "left.csv")
        if right == "-":
            found = goldenmatch.dedupe(a)
            for cluster in found.clusters.values():
                for one, other in itertools.combinations(cluster["members"], 2):
                    yield "", a_ids[one], a_ids[other]
            return
        b, b_ids = without_ids(right, folder, "right.csv")
        found = goldenmatch.match(a, b).matched
        if found is not None and found.num_rows:
            for one, other in zip(*(found[c].to_pylist() for c in ("__target_row_id__", "__ref_row_id__"))):
                yield "", a_ids[one], b_ids[other - len(a_ids)]


if __name__ == "__main__":
    tool, left, right, out = sys.argv[1:]
    with open(out, "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerows({"splink": splink, "recordlinkage": recordlinkage, "goldenmatch": goldenmatch}[tool](left, right))

#!/usr/bin/env python3
"""Drives the review page and the report page in a real headless Chromium, by clicks and keys.

    scripts/drive_pages.py REVIEW.html OUT_DIR [--report REPORT.html …] [--lists REVIEW.html] [--axe AXE.js]

Fails on a console error, on any request but the page's own, on a wrong label or a lost answer, where a page is wider than
the window, and on anything that axe-core finds. Screenshots and the saved labels go to OUT_DIR. Needs Playwright for Python and a Chromium
(MIDBAND_CHROMIUM, or on the path); says SKIPPED where they are absent, unless MIDBAND_REQUIRE_BROWSER is set.
"""

import argparse
import csv
import json
import os
import pathlib
import re
import shutil
import sys

AXE = None
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def skipped(why):
    print(f"*** SKIPPED: {why}; the pages were not tried in a browser ***")
    sys.exit(1 if os.environ.get("MIDBAND_REQUIRE_BROWSER") else 0)


def check(holds, what):
    if not holds:
        sys.exit(f"FAILED: {what}")


class Window:
    """A page in a context of its own, which notes everything that it must not do."""

    def __init__(self, browser, path, size=WIDE, scheme="light", script=None):
        self.context = browser.new_context(viewport=size, color_scheme=scheme, accept_downloads=True)
        if script:
            self.context.add_init_script(script)
        self.page = self.context.new_page()
        self.page.set_default_timeout(120_000)
        self.wrong = []
        own = path.resolve().as_uri()
        self.page.on("console", lambda said: self.wrong.append(f"console: {said.text}") if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("request", lambda asked: self.wrong.append(f"request: {asked.url}") if not asked.url.startswith((own, "data:", "blob:")) else None)
        self.page.goto(own)

    def sound(self):
        check(not self.wrong, "; ".join(self.wrong))
        wide, room = self.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        check(wide <= room, f"the page is {wide} wide in a window of {room}")

    def accessible(self):
        """Nothing that axe-core finds; where it is not there, that is said once at the end."""
        if not AXE:
            return
        self.page.add_script_tag(path=AXE)
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        told = [f"{one['id']}: {one['nodes'][0]['html'][:160]} ({len(one['nodes'])})" for one in found]
        check(not told, "axe: " + "; ".join(told))

    def close(self):
        self.sound()
        self.context.close()


def data_of(path):
    text = path.read_text(encoding="utf-8")
    return json.loads(re.search(r'id="review-data">(.*?)</script>', text, re.S).group(1))


def pairs_of(path):
    return data_of(path)["pairs"]


def kappa(mine, theirs):
    """Cohen's kappa, by its definition."""
    seen = sum(a == b for a, b in zip(mine, theirs)) / len(mine)
    chance = sum(mine.count(word) * theirs.count(word) for word in (0, 1, None)) / len(mine) ** 2
    return (seen - chance) / (1 - chance)


def saved(window, button, path):
    with window.page.expect_download() as download:
        window.page.click(button)
    download.value.save_as(path)
    return path


def review(browser, path, out):
    pairs = pairs_of(path)
    check(len(pairs) >= 12, "the check needs 12 pairs or more")
    window = Window(browser, path)
    page = window.page
    answers = {}
    words = {1: "y", 0: "n", None: "u"}
    buttons = {1: "#yes", 0: "#no", None: "#unsure"}

    def place():
        return int(re.match(r"pair (\d+) of", page.inner_text("#progress")).group(1)) - 1

    def score_is_shown():
        return f"score {pairs[place()]['score']:.3f}" in page.inner_text("#reviewing")

    for turn in range(len(pairs)):
        check(place() == turn, f"pair {turn} is shown, not {place()}")
        check(page.locator("#scores").is_hidden(), "scores are hidden before the answer")
        label = [1, 0, None][turn % 3]
        if turn % 2:
            page.keyboard.press(words[label])
        else:
            page.click(buttons[label])
        answers[pairs[turn]["id"]] = label
        before = page.inner_text("#previous")
        waits = pairs[turn]["decision"] == "review"
        check(not (waits and "You agree" in before), "nobody agrees with a pair that was left to a person")
        check(f"score {pairs[turn]['score']:.3f}" in before, f"after the answer midband's score is told: {before}")
        if turn == 3:
            page.keyboard.press("b")
            check(place() == 3 and page.get_attribute(buttons[label], "aria-pressed") == "true", "back shows the answer given")
            check(score_is_shown(), "an answered pair shows its score")
            page.keyboard.press("y")
            answers[pairs[3]["id"]] = 1
            check(place() == 4, "an answer anew goes on")
            page.keyboard.press("z")
            check(place() == 3 and page.get_attribute("#yes", "aria-pressed") == "false", "undo takes the last answer back")
            page.keyboard.press("t")
            page.keyboard.type("looks like a typo, say y")
            page.keyboard.press("Escape")
            check(place() == 3, "keys in a note answer nothing")
            page.fill("#reviewer", "AB")
            page.locator("#reviewer").blur()
            page.keyboard.press("y")
            check(place() == 4, "and the pair is answered again")
        if turn == 5:
            page.reload()
            check("6 of" in page.inner_text("#progress"), "a reload loses no answer")
            check(place() == 6, "a reload goes on where it was")
        if turn == 7:
            page.keyboard.press("ArrowRight")
            page.keyboard.press("ArrowLeft")
            check(place() == 8, "skip and back come to the same pair")
            page.keyboard.press("?")
            check(page.locator("#keys").is_visible(), "the keys are told")
            page.keyboard.press("n")
            page.keyboard.press("Escape")
            check(place() == 8, "no key answers behind the dialog")
            page.check("#show-scores")
            check(score_is_shown(), "scores are shown to those who want them")
            page.uncheck("#show-scores")
        if turn == 9:
            window.sound()
            window.accessible()
            page.screenshot(path=out / "review-1280.png", full_page=True)
    check(page.locator("#done").is_visible(), "the end is told")
    page.click("#overview summary")
    page.wait_for_selector("#rows tr")
    check(page.locator("#rows tr").count() == min(len(pairs), 100), "the overview lists the pairs")
    page.screenshot(path=out / "review-done.png", full_page=True)
    page.locator("#rows button").nth(2).click()
    check(place() == 2, "the overview leads back to a pair")

    lines = saved(window, "#export-jsonl", out / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    check({row["id"]: row["label"] for row in rows} == answers, "labels.jsonl holds every answer")
    check(not any(key in row for row in rows for key in "ab"), "labels hold no text")
    noted = {row["id"]: row.get("note") for row in rows if row.get("note")}
    check(noted == {pairs[3]["id"]: "looks like a typo, say y"}, f"a note is saved with its label: {noted}")
    check(all(row.get("reviewer") == "AB" for row in rows[4:]), "and who answered")
    check(all(row["chosen"] == data_of(path)["chosen"] for row in rows), "and how the pair was chosen")
    with saved(window, "#export-csv", out / "labels.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    check(list(table[0]) == ["unique_id_l", "unique_id_r", "clerical_match_score", "id", "reviewer", "note", "chosen", "drawn_from"], "the CSV has Splink's names")
    score = {1: "1.0", 0: "0.0", None: "0.5"}
    check({row["id"]: row["clerical_match_score"] for row in table} == {key: score[label] for key, label in answers.items()}, "labels.csv holds every answer")
    # A second reviewer who says something else of every fourth pair.
    other = {key: (1 - label if at % 4 == 0 and label is not None else label) for at, (key, label) in enumerate(answers.items())}
    second = out / "second.jsonl"
    second.write_text("".join(json.dumps({"id": key, "label": label, "reviewer": "CD"}) + "\n" for key, label in other.items()), encoding="utf-8")
    page.set_input_files("#other", second)
    page.wait_for_selector("#agreement", state="visible")
    said = page.inner_text("#kappa")
    differ = sum(answers[key] != other[key] for key in answers)
    check(f"{len(pairs)} pairs and agree on {len(pairs) - differ}" in said, f"agreement is counted: {said}")
    check(abs(float(re.search(r"kappa (-?[\d.]+)", said).group(1)) - kappa(list(answers.values()), list(other.values()))) < 0.006, f"kappa: {said}")
    check(page.locator("#differ tr").count() == differ, "every disagreement is listed")
    page.screenshot(path=out / "review-second.png", full_page=True)
    second.unlink()
    window.close()

    for name in ["labels.jsonl", "labels.csv"]:
        window = Window(browser, path)
        check("0 of" in window.page.inner_text("#progress"), "another browser knows nothing")
        window.page.set_input_files("#import", out / name)
        window.page.wait_for_function("document.querySelector('#previous').textContent.includes('taken')")
        check(f"{len(pairs)} labels taken, 0 fit" in window.page.text_content("#previous"), f"{name} is taken back")
        again = saved(window, "#export-jsonl", out / "again.jsonl").read_text(encoding="utf-8").splitlines()
        check({json.loads(line)["id"]: json.loads(line)["label"] for line in again} == answers, f"{name} says the same again")
        window.close()
    (out / "again.jsonl").unlink()

    # A browser that keeps nothing says so.
    broken = "Storage.prototype.setItem = () => { throw new Error('full'); };"
    window = Window(browser, path, script=broken)
    window.page.keyboard.press("y")
    check(window.page.locator("#unkept").is_visible(), "what is not kept is told")
    window.context.close()

    for name, size, scheme in [("review-390", NARROW, "light"), ("review-390-dark", NARROW, "dark"), ("review-1280-dark", WIDE, "dark")]:
        window = Window(browser, path, size, scheme)
        window.page.screenshot(path=out / f"{name}.png")
        window.close()
    print(f"review: {len(pairs)} pairs answered by keys and clicks, reloaded, saved, read back")


def empty_page(browser, path, out):
    """The server's page: it opens a scored file itself."""
    text = path.read_text(encoding="utf-8")
    bare = out / "review-empty.html"
    data = re.search(r'id="review-data">(.*?)</script>', text, re.S)
    bare.write_text(text[: data.start(1)] + "null" + text[data.end(1) :], encoding="utf-8")
    scored = out / "scored.jsonl"
    pairs = pairs_of(path)
    scored.write_text("".join(json.dumps(pair) + "\n" for pair in reversed(pairs)), encoding="utf-8")
    window = Window(browser, bare)
    window.page.set_input_files("#open", scored)
    window.page.wait_for_selector("#reviewing", state="visible")
    check(f"pair 1 of {len(pairs)}" in window.page.inner_text("#progress"), "a file's pairs are shown")
    window.page.keyboard.press("y")
    check("1 of" in window.page.inner_text("#progress"), "and can be answered")
    window.close()
    scored.unlink()
    bare.unlink()
    print("review: the empty page opens a scored file")


def lists(browser, path, out):
    """The review page of records: one row a column, and notations that are the same."""
    window = Window(browser, path)
    page = window.page
    check(page.locator(".fields tbody tr").count() >= 5, "columns stand in rows")
    left, right = (page.locator(f".fields th#{side}").bounding_box()["width"] for side in ("left", "right"))
    check(abs(left - right) < 2 and right > 300, f"both sides have the same room: {left} and {right}")
    check(page.evaluate("sameValue('dob', '1977-02-12', '12/02/1977', 'date')"), "a date is the same in another notation")
    check(not page.evaluate("sameValue('dob', '1977-02-12', '12/03/1977', 'date')"), "and another date is not")
    words = page.evaluate("differing(tokens('a b b c'), tokens('b c a')).map((side) => side.size)")
    check(words == [1, 0], f"words are compared as often as they come, in any order: {words}")
    shown = " ".join(page.locator(".fields td").all_inner_texts())
    check("(the same)" in shown, "what is the same in another notation is told")
    window.accessible()
    page.screenshot(path=out / "review-lists-1280.png", full_page=True)
    window.close()
    for name, size, scheme in [("review-lists-390", NARROW, "light"), ("review-lists-1280-dark", WIDE, "dark")]:
        window = Window(browser, path, size, scheme)
        window.page.screenshot(path=out / f"{name}.png")
        window.close()
    print("review of records: columns side by side, dates in two notations are one")


def report(browser, path, out):
    title = path.stem
    for name, size, scheme in [("1280", WIDE, "light"), ("1280-dark", WIDE, "dark"), ("390", NARROW, "light"), ("390-dark", NARROW, "dark")]:
        window = Window(browser, path, size, scheme)
        page = window.page
        check(page.locator("h1").inner_text() == "midband report", "the report has its title")
        check(page.locator("svg").count() >= 3, "the report has its charts")
        check(page.locator(".big").count() == 3, "the report begins with three figures")
        if page.locator(".card summary").count():
            page.locator(".card summary").first.click()
            check(page.locator(".card").first.get_attribute("open") is not None, "a pair opens")
        combination = page.locator(".combination").first
        if combination.count():
            combination.locator("summary").first.click()
            combination.locator(".card summary").first.click()
            check(combination.locator("svg").first.is_visible(), "a combination of levels opens to its pairs")
        window.accessible()
        page.screenshot(path=out / f"{title}-{name}.png", full_page=True)
        window.close()
    window = Window(browser, path)
    page = window.page
    page.keyboard.press("Tab")
    check(page.evaluate("document.activeElement.className") == "skip", "the first key leads past the head")
    page.locator("#upper").focus()
    counts = []
    for _ in range(3):
        counts.append((int(page.inner_text("#t-matches").replace(",", "")), page.inner_text("#t-precision"), page.inner_text("#t-recall")))
        for _ in range(16):
            page.keyboard.press("ArrowRight")
    check(counts[0][0] >= counts[1][0] >= counts[2][0], f"a higher threshold gives no more matches: {counts}")
    check(page.inner_text("#upper-value") == "0.98", "keys move the slider")
    page.locator("#lower").focus()
    page.keyboard.press("Home")
    total = sum(int(page.inner_text(f"#t-{name}").replace(",", "")) for name in ("matches", "review", "other"))
    page.keyboard.press("End")
    again = sum(int(page.inner_text(f"#t-{name}").replace(",", "")) for name in ("matches", "review", "other"))
    check(total == again, f"matches, reviews and the rest are all pairs: {total} and {again}")
    check(page.input_value("#upper") == "100", "the lower threshold pushes the upper one before it")
    page.emulate_media(media="print")
    check(not page.locator("#chooser").is_visible(), "the slider is not printed")
    page.pdf(path=out / f"{title}-print.pdf")
    window.close()
    print(f"{title}: renders at 1280 and 390 pixels, light and dark, without a request or an error; the slider moves by keys")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("review", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--report", type=pathlib.Path, nargs="*", default=[])
    parser.add_argument("--lists", type=pathlib.Path)
    parser.add_argument("--axe", type=pathlib.Path)
    args = parser.parse_args()
    global AXE
    AXE = args.axe if args.axe and args.axe.exists() else None
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        skipped("Playwright for Python is not there")
    names = ["chromium", "chromium-browser", "google-chrome"]
    chromium = os.environ.get("MIDBAND_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not chromium:
        skipped("there is no Chromium")
    args.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        review(browser, args.review, args.out)
        empty_page(browser, args.review, args.out)
        if args.lists:
            lists(browser, args.lists, args.out)
        for path in args.report:
            report(browser, path, args.out)
        browser.close()
    if not AXE:
        print("*** SKIPPED: axe-core is not there; nobody looked for barriers ***")


if __name__ == "__main__":
    main()

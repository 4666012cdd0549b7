#!/usr/bin/env python3
"""Drives the review page and the report page in a real headless Chromium, by clicks and keys.

    scripts/drive_pages.py REVIEW.html OUT_DIR [--report REPORT.html]

Fails on a console error, on any request but the page's own, on a wrong label or a lost answer, and where a page is wider
than the window. Screenshots and the saved labels go to OUT_DIR. Needs Playwright for Python and a Chromium
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

    def close(self):
        self.sound()
        self.context.close()


def pairs_of(path):
    text = path.read_text(encoding="utf-8")
    data = re.search(r'id="review-data">(.*?)</script>', text, re.S).group(1)
    return json.loads(data)["pairs"]


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
        check(f"score {pairs[turn]['score']:.3f}" in before, f"after the answer midband's score is told: {before}")
        if turn == 3:
            page.keyboard.press("b")
            check(place() == 3 and page.get_attribute(buttons[label], "aria-pressed") == "true", "back shows the answer given")
            check(score_is_shown(), "an answered pair shows its score")
            page.keyboard.press("y")
            answers[pairs[3]["id"]] = 1
            check(place() == 4, "an answer anew goes on")
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
    with saved(window, "#export-csv", out / "labels.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    check(list(table[0]) == ["unique_id_l", "unique_id_r", "clerical_match_score", "id"], "the CSV has Splink's names")
    score = {1: "1.0", 0: "0.0", None: "0.5"}
    check({row["id"]: row["clerical_match_score"] for row in table} == {key: score[label] for key, label in answers.items()}, "labels.csv holds every answer")
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


def report(browser, path, out):
    for name, size, scheme in [("report-1280", WIDE, "light"), ("report-1280-dark", WIDE, "dark"), ("report-390", NARROW, "light"), ("report-390-dark", NARROW, "dark")]:
        window = Window(browser, path, size, scheme)
        check(window.page.locator("h1").inner_text() == "midband report", "the report has its title")
        check(window.page.locator("svg").count() >= 3, "the report has its charts")
        window.page.screenshot(path=out / f"{name}.png", full_page=True)
        window.close()
    window = Window(browser, path)
    window.page.keyboard.press("Tab")
    check(window.page.evaluate("document.activeElement.className") == "skip", "the first key leads past the head")
    window.close()
    print("report: renders at 1280 and 390 pixels, light and dark, without a request or an error")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("review", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--report", type=pathlib.Path)
    args = parser.parse_args()
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
        if args.report:
            report(browser, args.report, args.out)
        browser.close()


if __name__ == "__main__":
    main()

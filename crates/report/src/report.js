"use strict";
(() => {
  const place = document.getElementById("thresholds");
  if (!place) return;
  const { points, labelled, now } = JSON.parse(place.textContent);
  const $ = (id) => document.getElementById(id);
  const [PAIRS, EXPECTED, LABELLED, RIGHT] = [0, 1, 2, 3];
  const whole = points[0];
  const count = (number) => Math.round(number).toLocaleString("en");
  const share = (part, all) => all > 0 ? (100 * part / all).toFixed(1) + " %" : "not known";
  const change = (number, word) => (number < 0 ? "−" : "+") + count(Math.abs(number)) + " " + word;
  const shown = (moved) => {
    const [upper, lower] = [$("upper"), $("lower")];
    if (Number(lower.value) > Number(upper.value)) {
      if (moved === lower) upper.value = lower.value; else lower.value = upper.value;
    }
    const [from, wait] = [points[upper.value], points[lower.value]];
    $("upper-value").textContent = (upper.value / 100).toFixed(2);
    $("lower-value").textContent = (lower.value / 100).toFixed(2);
    const review = wait[PAIRS] - from[PAIRS];
    $("t-matches").textContent = count(from[PAIRS]);
    $("t-review").textContent = count(review);
    $("t-other").textContent = count(whole[PAIRS] - wait[PAIRS]);
    $("t-precision").textContent = labelled ? share(from[RIGHT], from[LABELLED]) : share(from[EXPECTED], from[PAIRS]);
    $("t-recall").textContent = labelled ? share(from[RIGHT], whole[RIGHT]) : share(from[EXPECTED], whole[EXPECTED]);
    $("t-change").textContent = change(from[PAIRS] - now.matches, "matches") + ", " + change(review - now.review, "for a person");
  };
  for (const id of ["upper", "lower"]) $(id).addEventListener("input", (event) => shown(event.target));
  $("chooser").hidden = false;
  shown($("upper"));
})();

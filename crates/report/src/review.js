const $ = (id) => document.getElementById(id);
const WORDS = { 1: "match", 0: "no match", null: "unsure" };
const PAGE = 100;
let pairs = [], digest = "", source = "", at = 0, shown = 0, kept = true;
/* How the pairs were chosen, "value" or "random", from how many, and where answers are sent, if anywhere. */
let chosen = null, drawnFrom = null, saveTo = null;
/* Answers by id: {label: 1 | 0 | null, answered: time, reviewer, note}. A note may come before its answer. */
let answers = new Map(), notes = new Map();
/* Ids in the order in which they were answered, to be undone. */
let history = [];

function key() { return "midband-review:" + digest; }

function keep() {
  try {
    localStorage.setItem(key(), JSON.stringify({ at, answers: [...answers], notes: [...notes], history }));
    localStorage.setItem("midband-reviewer", $("reviewer").value);
  } catch {
    kept = false;
  }
  $("unkept").hidden = kept;
}

function remembered() {
  try {
    const text = localStorage.getItem(key());
    const known = text ? JSON.parse(text) : null;
    if (known) {
      answers = new Map(known.answers);
      notes = new Map(known.notes || []);
      history = known.history || [];
      at = Math.min(Math.max(known.at, 0), pairs.length - 1);
    }
    $("reviewer").value = localStorage.getItem("midband-reviewer") || "";
    localStorage.setItem(key() + ":probe", "1");
    localStorage.removeItem(key() + ":probe");
  } catch {
    kept = false;
  }
}

function trouble(text) { $("trouble").textContent = text; $("trouble").hidden = !text; }

function begin(data) {
  ({ pairs, digest } = data);
  source = data.source || "";
  chosen = data.chosen || null; drawnFrom = data.drawn_from ?? null; saveTo = $("main").dataset.saveTo || null;
  answers = new Map(); notes = new Map(); history = []; at = 0; kept = true; shown = 0;
  learnOrders(pairs);
  remembered();
  trouble("");
  const some = data.of ? `${pairs.length} of ${data.of} pairs` : `${pairs.length} pairs`;
  /* A page may hold fewer than wait. */
  const waiting = drawnFrom > pairs.length ? `the ${pairs.length} most valuable of ${drawnFrom} pairs that wait for a person` : `${some} wait for a person`;
  const how = { value: waiting, random: `${some}, drawn at random` }[chosen];
  $("source").textContent = how ? `${source}: ${how}` : source;
  $("chooser").hidden = true;
  for (const id of ["tools", "buttons", "overview"]) $(id).hidden = false;
  $("rows").replaceChildren();
  show();
}

/* The text as nodes, its differing words marked. */
function marked(side, different) {
  return side.map((token, index) => {
    if (!different.has(index)) return document.createTextNode(token);
    const mark = document.createElement("mark");
    mark.textContent = token;
    return mark;
  });
}

/* "field: value; field: value" as a map, or null where it does not read so. */
function fields(text) {
  const parts = text.split(/[;\n]/).map((part) => part.trim()).filter(Boolean);
  const found = new Map();
  for (const part of parts) {
    const cut = part.match(/^([\p{L}][\p{L}\p{N} _-]{0,30}):\s*(.*)$/su);
    if (cut) found.set(cut[1].trim(), cut[2]);
  }
  return parts.length >= 2 && found.size >= parts.length * 0.7 ? found : null;
}

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  made.append(...[].concat(text));
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  return made;
}

function sides(a, b) {
  const [left, right] = [tokens(a), tokens(b)];
  const [only, other] = differing(left, right);
  return [marked(left, only), marked(right, other)];
}

/* A column's two values; what is the same in another notation is said to be. */
function row(name, left, right, kind) {
  const same = sameValue(name, left, right, kind);
  const [a, b] = same ? [[left], [right]] : sides(left, right);
  const told = same && !sameLetters(left, right) ? [" ", element("span", "(the same)", { class: "same" })] : [];
  return element("tr", [
    element("th", name, { scope: "row" }),
    element("td", left ? a : "–", { "data-side": "left" }),
    element("td", right ? [...b, ...told] : "–", { "data-side": "right" }),
  ]);
}

/* Columns as [name, left, right, kind], where the pair has some. */
function columnsOf(pair) {
  if (pair.columns) return pair.columns;
  const [a, b] = [fields(pair.a), fields(pair.b)];
  return a && b ? [...new Set([...a.keys(), ...b.keys()])].map((name) => [name, a.get(name) || "", b.get(name) || "", ""]) : null;
}

function rendered(pair) {
  const names = { left: pair.left_id ? `Left: ${pair.left_id}` : "Left", right: pair.right_id ? `Right: ${pair.right_id}` : "Right" };
  const columns = columnsOf(pair);
  if (columns) {
    const rows = columns.map(([name, left, right, kind]) => row(name, left, right, kind));
    const head = element("tr", [element("td", ""), element("th", names.left, { scope: "col", id: "left" }), element("th", names.right, { scope: "col", id: "right" })]);
    const widths = element("colgroup", [element("col", ""), element("col", ""), element("col", "")]);
    return element("div", element("table", [widths, element("thead", head), element("tbody", rows)]), { class: "fields" });
  }
  const [left, right] = sides(pair.a, pair.b);
  const found = pair.contradictions || [];
  const against = found.length ? [element("p", `Contradictions: ${found.join("; ")}`, { class: "contradictions" })] : [];
  const section = (id, name, nodes) => element("section", [element("h2", name), element("p", nodes, { class: "text" })], { id });
  const pages = element("div", [section("left", names.left, left), section("right", names.right, right)], { class: "pair" });
  return element("div", [...against, pages]);
}

const figure = (number) => typeof number === "number" ? number.toFixed(3) : "–";
function said(pair) {
  const judge = typeof pair.judge_score === "number" ? `, judge ${figure(pair.judge_score)}` : "";
  return `midband: ${String(pair.decision).replace("_", " ")}, score ${figure(pair.score)} (proxy ${figure(pair.proxy_score)}${judge}; decided by ${pair.decided_by || "nobody"})`;
}

/* Match weights of the parts of a score: log2 of their odds. The smallest of many are one. */
function weights(pair) {
  const parts = typeof pair.parts === "string" ? JSON.parse(pair.parts) : pair.parts || {};
  const all = Object.entries(parts).map(([name, odds]) => [name, odds / Math.LN2]);
  const least = all.map(([, weight]) => Math.abs(weight)).sort((x, y) => y - x)[12] ?? -1;
  const shown = all.filter(([, weight]) => Math.abs(weight) > least);
  const rest = all.filter(([, weight]) => Math.abs(weight) <= least);
  if (rest.length) shown.push([`${rest.length} others`, rest.reduce((sum, [, weight]) => sum + weight, 0)]);
  return shown;
}

function why(pair) {
  const rows = weights(pair).map(([name, weight]) => element("tr", [
    element("th", name, { scope: "row" }),
    element("td", (weight < 0 ? "−" : "+") + Math.abs(weight).toFixed(1)),
  ]));
  const caption = element("caption", "Match weights (log2 of the odds)");
  return rows.length ? [element("table", [caption, element("tbody", rows)])] : [];
}

/* What midband decided; nothing where it left the pair to a person: nobody can agree with that. */
function decided(pair) { return { match: 1, no_match: 0 }[pair.decision]; }

function show() {
  const done = answers.size >= pairs.length && at >= pairs.length;
  $("reviewing").hidden = done;
  $("done").hidden = !done;
  for (const id of ["yes", "no", "unsure", "skip"]) $(id).disabled = done;
  $("back").disabled = at === 0;
  $("undo").disabled = history.length === 0;
  meter();
  if (done) { $("done").focus(); return; }
  const pair = pairs[at], answer = answers.get(pair.id);
  $("texts").replaceChildren(rendered(pair));
  $("scores").hidden = !$("show-scores").checked && !answer;
  $("scores").textContent = $("scores").hidden ? "" : said(pair);
  $("parts").replaceChildren(...($("scores").hidden ? [] : why(pair)));
  $("parts").hidden = !$("parts").children.length;
  $("note").value = notes.get(pair.id) || "";
  for (const [id, label] of [["yes", 1], ["no", 0], ["unsure", null]])
    $(id).setAttribute("aria-pressed", String(Boolean(answer) && answer.label === label));
}

function meter() {
  const labels = [...answers.values()].map((answer) => answer.label);
  const count = (label) => labels.filter((one) => one === label).length;
  const place = at < pairs.length ? `pair ${at + 1} of ${pairs.length}, ` : "";
  $("progress").textContent = `${place}${answers.size} of ${pairs.length} answered`;
  const decidedPairs = pairs.filter((pair) => answers.has(pair.id) && answers.get(pair.id).label !== null && decided(pair) !== undefined);
  const agreed = decidedPairs.filter((pair) => answers.get(pair.id).label === decided(pair)).length;
  const agreement = decidedPairs.length ? `; midband agrees on ${agreed} of ${decidedPairs.length}` : "";
  $("counts").textContent = `${count(1)} match, ${count(0)} no match, ${count(null)} unsure`;
  $("verdict").textContent = `${$("counts").textContent}${agreement}. Save the labels; midband calibrate, report and eval take them with --labels.`;
  $("finished").textContent = chosen === "value" ? "Every pair that waited for a person is answered: you can stop here." : "All pairs are answered: you can stop here.";
  $("bar").max = pairs.length;
  $("bar").value = answers.size;
  for (const id of ["export-jsonl", "export-csv"]) $(id).disabled = answers.size === 0;
  listed(shown);
}

function give(label) {
  if (at >= pairs.length) return;
  const pair = pairs[at];
  const given = { label, answered: new Date().toISOString(), reviewer: $("reviewer").value.trim() || null, note: notes.get(pair.id) || null };
  answers.set(pair.id, given);
  history = history.filter((id) => id !== pair.id).concat(pair.id);
  const agrees = label === null || decided(pair) === undefined ? "" : label === decided(pair) ? " You agree." : " You differ.";
  $("previous").textContent = `You said ${WORDS[label]}; ${said(pair)}.${agrees}`;
  send(pair, given);
  forward();
}

/* The last answer is taken back, and its pair shown again. */
function undo() {
  const id = history.pop();
  if (id === undefined) return;
  answers.delete(id);
  const pair = pairs.find((one) => one.id === id);
  $("previous").textContent = `The answer to ${id} is taken back.`;
  if (pair) send(pair, { label: null, answered: new Date().toISOString(), reviewer: $("reviewer").value.trim() || null, note: null, undone: true });
  go(Math.max(pairs.indexOf(pair), 0));
}

function line(pair, { label, answered, reviewer, note, undone }) {
  const row = { id: pair.id, left_id: pair.left_id ?? null, right_id: pair.right_id ?? null, label, answered };
  if (reviewer) row.reviewer = reviewer;
  if (note) row.note = note;
  if (chosen) row.chosen = chosen;
  if (chosen === "random" && drawnFrom) row.drawn_from = drawnFrom;
  if (undone) row.undone = true;
  return row;
}

/* To the server that the page came from, where it keeps labels; the browser keeps them too. */
async function send(pair, given) {
  if (!saveTo) return;
  try {
    const answer = await fetch(saveTo, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(line(pair, given)) });
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    $("unsent").hidden = true;
  } catch (error) {
    $("unsent").hidden = false;
    $("unsent").textContent = `The server did not save your last answer (${error.message}). It is kept in this browser: save the labels as a file.`;
  }
}

/* To the next pair without an answer; past the last one only when every pair has one. */
function forward() {
  let next = at + 1;
  while (next < pairs.length && answers.has(pairs[next].id)) next++;
  if (next >= pairs.length) {
    const open = pairs.findIndex((pair) => !answers.has(pair.id));
    next = open < 0 ? pairs.length : open;
  }
  go(next);
}

function go(place) {
  at = Math.min(Math.max(place, 0), pairs.length);
  keep();
  show();
}

function back() { go(at - 1); }
function skip() { go(at + 1 < pairs.length ? at + 1 : Math.max(pairs.findIndex((pair) => !answers.has(pair.id)), 0)); }

/* The list is made as far as it is looked at: ten thousand rows would take seconds. */
function listed(most) {
  if (!$("overview").open) return;
  const rows = $("rows");
  for (let place = 0; place < Math.min(most, pairs.length); place++) {
    const answer = answers.get(pairs[place].id);
    const word = answer ? WORDS[answer.label] : "open";
    if (rows.children[place]) { rows.children[place].children[1].textContent = word; continue; }
    const look = element("button", "Look", { type: "button", "aria-label": `Look at pair ${pairs[place].id}` });
    look.addEventListener("click", () => { go(place); window.scrollTo(0, 0); });
    rows.append(element("tr", [element("td", pairs[place].id), element("td", word), element("td", look)]));
  }
  $("more").hidden = most >= pairs.length;
}

async function opened(file) {
  try {
    const text = await file.text();
    const rows = lines(text).filter((row) => typeof row.score === "number");
    if (rows.some((row) => typeof row.a !== "string" || typeof row.b !== "string"))
      throw new Error("it holds no texts: score with --include-text");
    if (!rows.length) throw new Error("it holds no scored pair");
    /* What waits for a person; where nothing does, all of them. */
    const waiting = rows.filter((row) => row.decision === "review");
    const pairs = waiting.length ? waiting : rows;
    pairs.sort((x, y) => Math.abs(x.score - 0.5) - Math.abs(y.score - 0.5));
    pairs.forEach((row) => { row.id = String(row.id); });
    begin({ pairs, source: file.name, digest: hash(text), chosen: waiting.length ? "value" : null, of: rows.length });
  } catch (error) {
    trouble(`${file.name} can't be opened: ${error.message}`);
  }
}

/* FNV-1a, 53 bits: tells files apart, guards nothing. */
function hash(text) {
  let [x, y] = [0x811c9dc5, 0x1000193];
  for (let i = 0; i < text.length; i++) {
    x = Math.imul(x ^ text.charCodeAt(i), 0x01000193);
    y = Math.imul(y ^ text.charCodeAt(i), 0x85ebca6b);
  }
  return (x >>> 0).toString(16) + (y >>> 0).toString(16);
}

const KEYS = { z: undo, t: () => $("note").focus(), y: () => give(1), n: () => give(0), u: () => give(null), b: back, Backspace: back, ArrowLeft: back, ArrowRight: skip, "?": () => $("keys").showModal() };
document.addEventListener("keydown", (event) => {
  if (!pairs.length || event.ctrlKey || event.altKey || event.metaKey || $("keys").open) return;
  if (event.target.closest("input:not([type=checkbox]), textarea, select")) return;
  const action = KEYS[event.key] || KEYS[event.key.toLowerCase()];
  if (!action) return;
  event.preventDefault();
  action();
});
$("yes").addEventListener("click", () => give(1));
$("no").addEventListener("click", () => give(0));
$("unsure").addEventListener("click", () => give(null));
$("back").addEventListener("click", back);
$("undo").addEventListener("click", undo);
$("note").addEventListener("input", () => {
  const pair = pairs[at];
  if (!pair) return;
  notes.set(pair.id, $("note").value.trim());
  if (answers.has(pair.id)) answers.get(pair.id).note = notes.get(pair.id) || null;
  keep();
});
$("note").addEventListener("keydown", (event) => { if (event.key === "Escape") $("note").blur(); });
$("reviewer").addEventListener("input", keep);
$("other").addEventListener("change", async (event) => {
  const file = event.target.files[0];
  event.target.value = "";
  if (!file) return;
  try { compare(await file.text(), file.name); trouble(""); } catch (error) { trouble(`${file.name} can't be read: ${error.message}`); }
});
$("skip").addEventListener("click", skip);
$("help").addEventListener("click", () => $("keys").showModal());
$("show-scores").addEventListener("change", show);
$("export-jsonl").addEventListener("click", () => save("labels.jsonl", "application/x-ndjson", asLines()));
$("export-csv").addEventListener("click", () => save("labels.csv", "text/csv", asCsv()));
$("overview").addEventListener("toggle", () => { shown = Math.max(shown, PAGE); listed(shown); });
$("more").addEventListener("click", () => { shown += PAGE; listed(shown); });
$("open").addEventListener("change", (event) => event.target.files[0] && opened(event.target.files[0]));
$("import").addEventListener("change", async (event) => {
  const file = event.target.files[0];
  event.target.value = "";
  if (!file) return;
  try { read(await file.text()); trouble(""); } catch (error) { trouble(`${file.name} can't be read: ${error.message}`); }
});
window.addEventListener("beforeunload", (event) => { if (!kept && answers.size) event.preventDefault(); });

const data = JSON.parse($("review-data").textContent);
if (data) begin(data); else $("chooser").hidden = false;

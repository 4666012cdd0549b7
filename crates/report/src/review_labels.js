/* Labels out of the page and back into it, and what two reviewers agree on. */
function labels() {
  return pairs.filter((pair) => answers.has(pair.id)).map((pair) => ({ pair, ...answers.get(pair.id) }));
}

function save(name, kind, text) {
  const link = element("a", "", { href: URL.createObjectURL(new Blob([text], { type: kind })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

function asLines() {
  return labels().map(({ pair, ...given }) => JSON.stringify(line(pair, given)) + "\n").join("");
}

function asCsv() {
  /* A cell that begins as a formula does would run in a spreadsheet. */
  const harmless = (text) => /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  const cell = (text) => /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  const score = (label) => label === null ? "0.5" : label.toFixed(1);
  const rows = labels().map(({ pair, label, reviewer, note }) =>
    [pair.left_id ?? "", pair.right_id ?? "", score(label), pair.id, harmless(reviewer ?? ""), harmless(note ?? ""), chosen ?? "", chosen === "random" ? drawnFrom ?? "" : ""]
      .map(String).map(cell).join(","));
  return ["unique_id_l,unique_id_r,clerical_match_score,id,reviewer,note,chosen,drawn_from", ...rows].join("\r\n") + "\r\n";
}

/* Rows of a CSV, quoted as in RFC 4180. */
function csv(text) {
  const rows = [[""]];
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i], row = rows[rows.length - 1];
    if (quoted) {
      if (char === '"' && text[i + 1] === '"') { row[row.length - 1] += '"'; i++; }
      else if (char === '"') quoted = false;
      else row[row.length - 1] += char;
    } else if (char === '"') quoted = true;
    else if (char === ",") row.push("");
    else if (char === "\n") rows.push([""]);
    else if (char !== "\r") row[row.length - 1] += char;
  }
  const [head, ...rest] = rows.filter((row) => row.length > 1 || row[0]);
  return rest.map((row) => Object.fromEntries(head.map((name, place) => [name, row[place] ?? ""])));
}

function lines(text) {
  return text.split("\n").filter((line) => line.trim()).map((line, index) => {
    try { return JSON.parse(line); } catch { throw new Error(`line ${index + 1} is no JSON object`); }
  });
}

/* Labels of a file, each with its pair here; those that fit none are counted. */
function labelsOf(text) {
  const rows = text.trimStart().startsWith("{") ? lines(text) : csv(text);
  const byId = new Map(pairs.map((pair) => [String(pair.id), pair]));
  const byRecords = new Map(pairs.map((pair) => [JSON.stringify([pair.left_id, pair.right_id]), pair]));
  const found = rows.filter((row) => !row.undone).flatMap((row) => {
    const pair = byId.get(String(row.id)) || byRecords.get(JSON.stringify([row.unique_id_l ?? row.left_id, row.unique_id_r ?? row.right_id]));
    const given = "clerical_match_score" in row ? Number(row.clerical_match_score) : row.label;
    const label = given === 0.5 ? null : given;
    return pair && [0, 1, null].includes(label) ? [{ pair, label, row }] : [];
  });
  return { found, unknown: rows.length - found.length };
}

function read(text) {
  const { found, unknown } = labelsOf(text);
  for (const { pair, label, row } of found) {
    answers.set(pair.id, { label, answered: row.answered || new Date().toISOString(), reviewer: row.reviewer || null, note: row.note || null });
    if (row.note) notes.set(pair.id, row.note);
  }
  const open = pairs.findIndex((pair) => !answers.has(pair.id));
  go(open < 0 ? pairs.length : open);
  $("previous").textContent = `${found.length} labels taken, ${unknown} fit no pair here.`;
}

/* Cohen's kappa (Educ. Psychol. Meas. 20, 1960) over match, no match and unsure; null where one word is all that was said. */
function kappa(both) {
  const share = (which, label) => both.filter((pair) => pair[which] === label).length / both.length;
  const seen = both.filter(([mine, theirs]) => mine === theirs).length / both.length;
  const chance = [1, 0, null].reduce((sum, label) => sum + share(0, label) * share(1, label), 0);
  return chance < 1 ? (seen - chance) / (1 - chance) : null;
}

/* What another reviewer said of the pairs that both answered. */
function compare(text, name) {
  const both = labelsOf(text).found.filter(({ pair }) => answers.has(pair.id))
    .map(({ pair, label, row }) => ({ pair, mine: answers.get(pair.id).label, theirs: label, note: row.note }));
  const differ = both.filter(({ mine, theirs }) => mine !== theirs);
  const value = both.length ? kappa(both.map(({ mine, theirs }) => [mine, theirs])) : null;
  $("kappa").textContent = both.length
    ? `${name}: you both answered ${both.length} pairs and agree on ${both.length - differ.length}. Cohen's kappa ${value === null ? "can't be told: all answers are one word" : value.toFixed(2)} (1: full agreement, 0: no better than chance).`
    : `${name}: no pair that you both answered.`;
  $("differ").replaceChildren(...differ.map(({ pair, mine, theirs }) => {
    const look = element("button", "Look", { type: "button", "aria-label": `Look at pair ${pair.id}` });
    look.addEventListener("click", () => { go(pairs.indexOf(pair)); window.scrollTo(0, 0); });
    return element("tr", [element("td", pair.id), element("td", WORDS[mine]), element("td", WORDS[theirs]), element("td", look)]);
  }));
  $("disagreements").hidden = !differ.length;
  $("agreement").hidden = false;
  $("agreement").focus();
}

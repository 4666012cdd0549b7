"use strict";
/* Which words differ, and which values are the same in another notation. */
/* Tokens: words and numbers, and what is between them. */
function tokens(text) { return text.match(/[\p{L}\p{N}]+|[^\p{L}\p{N}]+/gu) || []; }
function isWord(token) { return /[\p{L}\p{N}]/u.test(token); }
function folded(token) { return token.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase(); }

/* For each side, which of its words the other has not, each as often as it comes: order is nothing. */
function differing(left, right) {
  const words = [left, right].map((side) => side.map((token, index) => [folded(token), index]).filter(([token]) => isWord(token)));
  const bag = (side) => side.reduce((counts, [word]) => counts.set(word, (counts.get(word) || 0) + 1), new Map());
  const lacking = (side, other) => new Set(side.filter(([word]) => {
    const left = other.get(word) || 0;
    other.set(word, left - 1);
    return left <= 0;
  }).map(([, index]) => index));
  return [lacking(words[0], bag(words[1])), lacking(words[1], bag(words[0]))];
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
/* Order of day and month of each side, as the values of a column show it: "dm", "md", or both where none does. */
const orders = new Map();
function numbers(text) { return text.trim().match(/^(\d{1,4})[-/. ](\d{1,2}|[a-zA-Z]{3,9})[-/. ](\d{1,4})$/); }
function learnOrders(pairs) {
  orders.clear();
  for (const pair of pairs) for (const [name, ...sides] of pair.columns || []) for (const which of [0, 1]) {
    const found = numbers(sides[which]);
    if (!found || found[1].length === 4 || Number.isNaN(Number(found[2]))) continue;
    const known = orders.get(name + which) || new Set();
    if (Number(found[1]) > 12) known.add("dm");
    if (Number(found[2]) > 12) known.add("md");
    orders.set(name + which, known);
  }
}

/* The days that a text may name, as year-month-day; none where it is no date. */
function days(text, name, which) {
  const trimmed = text.trim().replace(/[T ]\d\d:\d\d(:\d\d)?.*$/, "");
  const whole = trimmed.match(/^(\d{4})(\d\d)(\d\d)$/);
  const found = whole || numbers(trimmed);
  if (!found) return [];
  const month = (part) => /[a-z]/i.test(part) ? MONTHS.indexOf(part.slice(0, 3).toLowerCase()) + 1 : Number(part);
  const day = (y, m, d) => m >= 1 && m <= 12 && d >= 1 && d <= 31 ? [`${y}-${m}-${d}`] : [];
  if (whole || found[1].length === 4) return day(Number(found[1]), month(found[2]), Number(found[3]));
  const year = found[3].length === 2 ? [1900, 2000].map((from) => from + Number(found[3])) : [Number(found[3])];
  const known = orders.get(name + which);
  const ways = known && known.size === 1 ? [...known] : ["dm", "md"];
  return year.flatMap((y) => ways.flatMap((way) => way === "dm" || /[a-z]/i.test(found[2])
    ? day(y, month(found[2]), Number(found[1])) : day(y, Number(found[1]), month(found[2]))));
}

function plain(text) { return folded(text).replace(/[^\p{L}\p{N}]/gu, ""); }
/* True where only case, accents and signs differ: nobody needs to be told. */
function sameLetters(left, right) { return plain(left) === plain(right); }

/* True where two values of a column are the same in another notation. */
function sameValue(name, left, right, kind) {
  if (!left.trim() || !right.trim()) return false;
  if (sameLetters(left, right)) return true;
  if (kind === "date" || !kind) {
    const other = new Set(days(right, name, 1));
    if (days(left, name, 0).some((day) => other.has(day))) return true;
  }
  if (kind === "phone") {
    const digits = (text) => text.replace(/\D/g, "").slice(-9);
    return digits(left).length === 9 && digits(left) === digits(right);
  }
  if (kind === "category") return plain(left)[0] === plain(right)[0] && Math.min(plain(left).length, plain(right).length) === 1;
  return false;
}

// Pictures of numbers, drawn as SVG. Each says in words what it shows.

import { brief, h, percent, plural, s } from "./dom.js";

function picture(width, height, label, attributes, ...children) {
  return s(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label, focusable: "false", ...attributes },
    ...children,
  );
}

/** A bar of a share, 0 to 1, in the colour of its class. */
export function bar(share, className = "", second = 0) {
  const wide = Math.max(share > 0 ? 0.6 : 0, Math.min(1, share) * 100);
  const more = Math.min(100 - wide, Math.max(0, second) * 100);
  return s(
    "svg",
    { viewBox: "0 0 100 10", preserveAspectRatio: "none", class: `bar ${className}`, "aria-hidden": "true", focusable: "false" },
    s("rect", { class: "bar-ground", x: 0, y: 0, width: 100, height: 10 }),
    s("rect", { class: "bar-fill", x: 0, y: 0, width: wide, height: 10 }),
    more > 0 ? s("rect", { class: "bar-more", x: wide, y: 0, width: more, height: 10 }) : null,
  );
}

/** Where in documents something falls, from top to bottom: counts of equal parts. */
export function strip(counts, className = "") {
  const most = Math.max(1, ...counts);
  const step = 100 / counts.length;
  const top = counts.indexOf(Math.max(...counts));
  const words = counts.some(Boolean)
    ? `Most between ${percent(top / counts.length, 0)} and ${percent((top + 1) / counts.length, 0)} of the text`
    : "No places known";
  return picture(100, 20, words, { class: `strip ${className}`, preserveAspectRatio: "none" },
    s("line", { class: "axis", x1: 0, x2: 100, y1: 19.5, y2: 19.5, "vector-effect": "non-scaling-stroke" }),
    counts.map((count, place) => {
      const high = count ? Math.max(2, Math.sqrt(count / most) * 18) : 0;
      return s("rect", { x: place * step + step * 0.1, y: 19 - high, width: step * 0.8, height: high });
    }),
  );
}

/** The lower bound of a precision in figures; where all was judged it is the share itself. */
export const bound = ({ exact, lower }) => (exact ? percent(lower) : `≥ ${percent(lower)}`);

/** The interval in which a precision lies, on a line from 0 to 100 %, with its lower bound. */
export function interval(judged) {
  const number = judged.right + judged.wrong;
  const sampled = judged.basis === "sample";
  if (!number && !sampled) return h("span", { class: "muted" }, "not judged");
  const at = (share) => 2 + share * 96;
  const from = judged.exact ? "all were judged" : sampled ? "from a random sample" : `${judged.right} of ${number} right`;
  const words = `${percent(judged.low)} to ${percent(judged.high)}, ${from}`;
  return h("span", { class: "interval-cell" },
    picture(100, 14, words, { class: "interval", preserveAspectRatio: "none" },
      s("line", { class: "axis", x1: 2, x2: 98, y1: 7, y2: 7, "vector-effect": "non-scaling-stroke" }),
      s("rect", { class: "band", x: at(judged.low), y: 3, width: Math.max(1, at(judged.high) - at(judged.low)), height: 8, rx: 1 }),
      s("rect", { class: "point", x: at(sampled ? judged.lower : judged.right / number) - 0.8, y: 0, width: 1.6, height: 14 }),
    ),
    h("span", { class: "interval-words" }, judged.exact ? percent(judged.lower, 0) : `${Math.floor(judged.low * 100)}–${Math.ceil(judged.high * 100)} %`,
      h("small", {}, judged.exact ? " all judged" : sampled ? " sampled" : ` of ${number}`)),
  );
}

/** How a share is spread over documents: counts of twenty equal steps. */
export function histogram(bins, words) {
  const width = 640, height = 200, left = 44, bottom = 34, top = 14;
  const highest = Math.max(1, ...bins);
  const most = highest < 8 ? highest : highest + (highest % 2); // so that the line in the middle is at a whole number
  const step = (width - left - 8) / bins.length;
  const y = (count) => height - bottom - (count / most) * (height - bottom - top);
  return picture(width, height, words, { class: "histogram" },
    (most % 2 ? [0, 1] : [0, 0.5, 1]).map((part) => [
      s("line", { class: "grid", x1: left, x2: width - 8, y1: y(most * part), y2: y(most * part) }),
      s("text", { class: "tick", x: left - 8, y: y(most * part) + 4, "text-anchor": "end" }, brief(most * part)),
    ]),
    bins.map((count, place) =>
      s("rect", { class: "column", x: left + place * step + 2, y: y(count), width: Math.max(1, step - 4), height: height - bottom - y(count), rx: 2 },
        s("title", {}, `${plural(count, "document")} lost ${place * 5}–${place * 5 + 5} %`))),
    [0, 25, 50, 75, 100].map((mark) =>
      s("text", { class: "tick", x: left + (mark / 100) * step * bins.length, y: height - 12, "text-anchor": mark === 100 ? "end" : "middle" }, `${mark} %`)),
  );
}

/** The lower bound of a precision on a scale, with the marks of 95 and 99 %. */
export function gauge(standing) {
  const from = standing.lower >= 0.8 ? 0.8 : standing.lower >= 0.5 ? 0.5 : 0;
  const at = (share) => 10 + ((Math.max(from, share) - from) / (1 - from)) * 580;
  const number = standing.right + standing.wrong;
  const words = standing.exact ? `${percent(standing.lower)} are right; all were judged` : number
    ? `At least ${percent(standing.lower)} are right, with 95 % confidence; interval ${percent(standing.low)} to ${percent(standing.high)}`
    : "Nothing judged yet";
  const marks = [from, 0.95, 0.99];
  return picture(600, 74, words, { class: "gauge" },
    s("rect", { class: "bar-ground", x: 10, y: 26, width: 580, height: 14, rx: 7 }),
    number ? s("rect", { class: "band", x: at(standing.low), y: 26, width: Math.max(3, at(standing.high) - at(standing.low)), height: 14, rx: 7 }) : null,
    number ? s("path", { class: "needle", d: `M${at(standing.lower)} 22 l-7 -12 h14 z` }) : null,
    number ? s("line", { class: "needle-line", x1: at(standing.lower), x2: at(standing.lower), y1: 20, y2: 44 }) : null,
    marks.map((mark, place) => [
      s("line", { class: "axis", x1: at(mark), x2: at(mark), y1: 42, y2: 50 }),
      s("text", { class: place === 2 && from === 0 ? "tick spare" : "tick", x: at(mark) + (place === 2 ? 8 : 0), y: 66, "text-anchor": place ? "end" : "start" }, percent(mark, 0)),
    ]),
  );
}

// Elements and texts. Nothing here or elsewhere reads a text as HTML: what comes from articles becomes text nodes.

const SVG = "http://www.w3.org/2000/svg";

// What would hide, or turn the direction of a text: the table of `visible.py`. Left alone are joiners and variation
// selectors where scripts and emoji are spelt with them, and signs of numbers and verses, which are seen.
const EMOJI = "\\p{Extended_Pictographic}[\\ufe0f\\u{1f3fb}-\\u{1f3ff}]?";
const WORD = "(?=[\\p{L}\\p{M}\\p{N}\\p{P}\\p{Extended_Pictographic}])";
const SPELLING = [
  `(?<=[^\\p{Script=Latin}\\p{Script=Common}\\p{Default_Ignorable_Code_Point}]|${EMOJI})[\\u200c\\u200d]${WORD}`,
  "(?<=[\\p{Emoji}\\p{Sm}\\p{Ideographic}\\p{Script=Myanmar}\\p{Script=Phags_Pa}])[\\ufe00-\\ufe0f]",
  "(?<=\\p{Ideographic})[\\u{e0100}-\\u{e01ef}]",
  "(?<=\\p{Script=Mongolian})[\\u180b-\\u180d\\u180f]",
].join("|");
const SEEN = "\\n\\t\\u0600-\\u0605\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u{110bd}\\u{110cd}";
const HIDDEN = new RegExp(
  `(?!${SPELLING})(?![${SEEN}])[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}]`, "gu",
);

function named(character) {
  return `⟨U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`;
}

/** A text as a string in which nothing is hidden: for attributes, titles and what is read aloud. */
export function plain(text) {
  return String(text ?? "").replace(HIDDEN, named);
}

/** The same as nodes, with the marks set off. */
export function shown(text) {
  const nodes = [];
  let from = 0;
  text = String(text ?? "");
  for (const found of text.matchAll(HIDDEN)) {
    if (found.index > from) nodes.push(document.createTextNode(text.slice(from, found.index)));
    nodes.push(h("span", { class: "hidden-mark" }, named(found[0])));
    from = found.index + found[0].length;
  }
  if (from < text.length) nodes.push(document.createTextNode(text.slice(from)));
  return nodes;
}

/** A text of an article: kept apart from what stands around it, whatever its direction. */
export function quoted(text, tag = "span", attributes = {}) {
  return h(tag, { ...attributes, dir: "auto", class: `quoted ${attributes.class ?? ""}`.trim() }, shown(text));
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
    } else if (/^(on|style$|srcdoc$)/i.test(name)) {
      throw new Error(`no attribute ${name} here`);
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** An element. Children that are strings become text. */
export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** An element of a picture. */
export function s(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/** Puts children, as `h` takes them, in the place of those that are there. */
export function put(element, ...children) {
  element.replaceChildren();
  return fill(element, null, children);
}

const whole = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export const number = (value) => whole.format(value ?? 0);
export const brief = (value) => (Math.abs(value ?? 0) < 10000 ? number(value) : short.format(value));
export const percent = (share, digits = 1) => `${((share ?? 0) * 100).toFixed(digits)} %`;
/** A count with its noun; `form` writes the number. */
export const plural = (count, one, many = `${one}s`, form = number) => `${form(count)} ${count === 1 ? one : many}`;

/** The address of a view within the page. */
export function to(page, parameters = {}) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== "" && value != null));
  return `#${page}${query.size ? `?${query}` : ""}`;
}

export function shortened(text, width = 90) {
  const line = String(text ?? "").replace(/\s+/g, " ").trim();
  const points = Array.from(line);
  return points.length > width ? `${points.slice(0, width - 1).join("")}…` : line;
}

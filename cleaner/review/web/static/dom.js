// Elements and texts. Nothing here or elsewhere reads a text as HTML: what comes from articles becomes text nodes.

const SVG = "http://www.w3.org/2000/svg";

// Control characters, invisible ones, those that turn the direction of a text, and halves of surrogate pairs.
const HIDDEN = new RegExp(
  "[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f" +
  "\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufeff\\uffa0\\ufff0-\\ufffb]|[\\u{e0000}-\\u{e0fff}]|\\p{Cs}",
  "gu",
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
export const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

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

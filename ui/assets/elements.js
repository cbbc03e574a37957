// Making elements and keeping them true. What people typed becomes text and values here, never markup.

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  keep(element, attributes);
  element.append(...children);
  return element;
}

/** Sets attributes and text, each only where it differs: the page watches itself for changes. */
export function keep(element, { text, ...attributes }) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false) element.removeAttribute(name);
    else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
  }
  if (text !== undefined && element.textContent !== text) element.textContent = text;
}

const SVG = "http://www.w3.org/2000/svg";

/** A drawing of strokes on 20 by 20. Its button carries the name. */
export function icon(path) {
  const drawing = document.createElementNS(SVG, "svg");
  const strokes = document.createElementNS(SVG, "path");
  keep(drawing, { viewBox: "0 0 20 20", "aria-hidden": "true" });
  keep(strokes, { d: path });
  drawing.append(strokes);
  return drawing;
}

/** Puts the nodes in this order and drops all others. The one that has the focus stays where it is, or would lose it. */
export function arrange(parent, nodes) {
  if (nodes.length === parent.children.length && nodes.every((node, at) => parent.children[at] === node)) return;
  for (const child of [...parent.children]) if (!nodes.includes(child)) child.remove();
  const held = nodes.findIndex((node) => parent.contains(node) && node.contains(document.activeElement));
  nodes.forEach((node, at) => {
    if (at < held) nodes[held].before(node);
    else if (at > held) parent.append(node);
  });
}

/** The words of a part of the page, as Python hands them over. Seconds are written the way of the language. */
export class Words {
  constructor(words) {
    this.words = words;
  }

  say(key, values = {}) {
    return this.words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }

  /** In full for screen readers, "3 s" for the eye. */
  seconds(number, unitDisplay = "long") {
    if (unitDisplay !== "long") return this.say("brief", { number });
    return new Intl.NumberFormat(this.words.language, { style: "unit", unit: "second", unitDisplay }).format(number);
  }
}

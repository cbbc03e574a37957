// Pictures and elements as chips. A press puts the name by which EvoLink knows one at the cursor.

import { make } from "/house/elements.js";
import { offer } from "/house/mention.js";
import { picture } from "/house/reference.js";
import { FIELDS, insert, lastField } from "/house/texts.js";

let references = [];

/** Draws the chips, and draws them anew whenever Python changes them. */
export function show(element, props, watch) {
  let drawn = "";
  const draw = () => {
    const present = JSON.stringify([props.value, props.words]);
    if (present === drawn) return;
    drawn = present;
    const before = references;
    references = props.value ?? [];
    const moved = references.filter((reference) => isAnother(reference, before));
    element.replaceChildren(...(references.length ? row(props.words) : []));
    for (const { name } of moved) element.append(notice(props.words.moved.replace("{name}", name)));
    offer(references, props.words.menu);
  };
  watch(["value", "words"], draw);
  draw();
}

/** Whether a text calls something by a name that stands for something else, now that one before it was taken away. */
function isAnother({ token, thumbnail }, before) {
  const was = before.find((reference) => reference.token === token);
  const mentioned = [...document.querySelectorAll(FIELDS)].some((field) => field.value.includes(token));
  return references.length < before.length && mentioned && was && was.thumbnail !== thumbnail;
}

function notice(text) {
  return make("p", { class: "moved", role: "status", text });
}

function row(words) {
  const title = make("p", { class: "title", id: "references-title", text: words.title });
  const head = make("div", { class: "head" }, title, make("p", { class: "hint", text: words.hint }));
  return [head, make("div", { class: "chips", role: "group", "aria-labelledby": title.id }, ...references.map(chip))];
}

function chip(reference) {
  const button = make("button", { type: "button", class: "chip", "aria-label": reference.label }, picture(reference));
  // The text keeps the focus, and a phone its keyboard.
  button.addEventListener("mousedown", (event) => event.preventDefault());
  button.addEventListener("click", () => {
    const field = lastField();
    if (field) insert(field, reference.token, field.selectionStart, field.selectionEnd);
  });
  return button;
}

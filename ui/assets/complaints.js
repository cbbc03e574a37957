// What is wrong with an input, in the input. It stays until that input changes, whatever else the page asks meanwhile.

import { reveal } from "./reveal.js";

let press = null;
let found = {};

// An own component keeps its own id and has the input's name as a class.
function blockOf(name) {
  return document.getElementById(name) ?? document.querySelector(`.input.${CSS.escape(name)}`);
}

function draw() {
  for (const [name, sentence] of Object.entries(found)) {
    const block = blockOf(name);
    if (!block || block.querySelector(":scope > .complaint")) continue;
    const line = document.createElement("p");
    line.className = "complaint";
    line.id = `wrong__${name}`;
    line.setAttribute("role", "alert");
    line.textContent = sentence;
    block.append(line);
    for (const box of block.querySelectorAll("textarea, input, [role=group]")) {
      box.setAttribute("aria-describedby", line.id);
      box.setAttribute("aria-invalid", "true");
    }
  }
}

function erase(name) {
  const line = document.getElementById(`wrong__${name}`);
  for (const box of document.querySelectorAll(`[aria-describedby="wrong__${CSS.escape(name)}"]`)) {
    box.removeAttribute("aria-describedby");
    box.removeAttribute("aria-invalid");
  }
  line?.remove();
  delete found[name];
}

// The first in the page's order. Where a button can mend it, that is the next step.
function lead() {
  const first = Object.keys(found)
    .map(blockOf)
    .filter(Boolean)
    .sort((one, other) => (one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1))[0];
  if (!first) return;
  const note = document.getElementById(`fit__${first.id}`);
  const mend = note?.querySelector(".mend");
  reveal(mend ? note : first, "center");
  (mend ?? first.querySelector("textarea") ?? first.querySelector("button"))?.focus({ preventScroll: true });
}

document.addEventListener("mended", ({ detail }) => {
  if (detail in found) erase(detail);
});

export function complain() {
  const said = document.querySelector("#complaints [data-complaints]")?.dataset.complaints;
  const told = said ? JSON.parse(said) : null;
  const fresh = told && told.press !== press;
  if (fresh) {
    Object.keys(found).forEach(erase);
    ({ press, found } = told);
  }
  draw();
  if (fresh) lead();
}

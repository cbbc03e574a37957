// What the form shows of its reckoning: price differences, closed inputs, the way to what is missing; and copying.

let told = "";

export function reckon() {
  const said = document.querySelector("#reckoning [data-form]")?.dataset.form;
  if (!said) return;
  const drawn = document.querySelectorAll("#give label:has(input[type=radio]):not([data-known])").length;
  if (said === told && !drawn) return;
  told = said;
  const { notes, labels, closed } = JSON.parse(said);
  for (const [name, choices] of Object.entries(notes)) note(name, choices);
  for (const block of document.querySelectorAll("#give :is(.choice)")) relabel(block, labels[block.id] ?? {});
  for (const block of document.querySelectorAll("#give :is(.picture, .pictures)")) close(block, closed[block.id]);
}

function options(block) {
  return [...block.querySelectorAll("label:has(input[type=radio])")];
}

function note(name, choices) {
  for (const label of options(document.getElementById(name))) {
    label.dataset.note = choices[label.querySelector("input").value] ?? "";
  }
}

function relabel(block, labels) {
  for (const label of options(block)) {
    label.dataset.known = "";
    const { value } = label.querySelector("input");
    const words = label.querySelector("span").firstChild;
    if (value in labels && words.data !== labels[value]) {
      label.dataset.usual = words.data;
      words.data = labels[value];
    } else if (!(value in labels) && "usual" in label.dataset) {
      words.data = label.dataset.usual;
      delete label.dataset.usual;
    }
  }
}

function close(block, reason) {
  block.inert = Boolean(reason);
  block.classList.toggle("closed", Boolean(reason));
  const beside = document.getElementById(`fit__${block.id}`);
  if (beside) beside.dataset.closed = reason ?? "";
}

// The spellings are drawn anew with each change of the form; those that were open stay so.
const opened = new Set();

document.addEventListener(
  "toggle",
  ({ target }) => {
    if (!target.matches("#spelled details")) return;
    const name = target.firstChild.textContent;
    if (target.open) opened.add(name);
    else if (target.isConnected) opened.delete(name);
  },
  true,
);

export function reopen() {
  for (const details of document.querySelectorAll("#spelled details:not([open])")) {
    if (opened.has(details.firstChild.textContent)) details.open = true;
  }
}

async function copy(button) {
  const text = button.parentElement.querySelector("pre").textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Pages without https and frames of other sites may not use the clipboard: then the text is marked for the person.
    getSelection().selectAllChildren(button.parentElement.querySelector("pre"));
    return;
  }
  const before = button.textContent;
  button.textContent = button.dataset.copied;
  setTimeout(() => (button.textContent = before), 2000);
}

document.addEventListener("click", (event) => {
  const jump = event.target.closest("[data-jump]");
  if (jump) {
    const block = document.getElementById(jump.dataset.jump);
    block.scrollIntoView({ block: "center" });
    const empty = [...block.querySelectorAll("textarea")].find((text) => !text.value.trim());
    (empty ?? block.querySelector("textarea, button, input"))?.focus({ preventScroll: true });
  }
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});

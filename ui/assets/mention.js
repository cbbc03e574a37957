// The menu that `@` opens while writing. What is taken from it puts the name by which EvoLink knows it at the cursor.

import { make } from "/house/elements.js";
import { picture } from "/house/reference.js";
import { cursorSpot, insert, isField } from "/house/texts.js";

const AT = /(?<![\w.+-])@([\p{L}\p{N}_-]{0,20})$/u;

let references = [];
/** The open menu: the text it belongs to, where its `@` stands, what it offers, and which of that is marked. */
let open = null;
/** Where a menu was closed with Escape: its `@` opens none again. */
let closed = null;

const menu = make("ul", { id: "mention-menu", role: "listbox", hidden: "" });
document.body.append(menu);

/** What the menu may offer from now on, and what it is called. */
export function offer(offered, title) {
  references = offered;
  menu.setAttribute("aria-label", title);
  close();
}

/** Opens, narrows or closes the menu, by what stands before the cursor. */
function look(field, opening) {
  const found = field.selectionStart === field.selectionEnd && AT.exec(field.value.slice(0, field.selectionStart));
  if (!found) closed = null;
  const known = open?.field === field && open.at === found?.index;
  if (!found || (!opening && !known) || (closed?.field === field && closed.at === found.index)) return close();
  const offered = references.filter((reference) => fits(reference, found[1]));
  if (!offered.length) return close();
  const marked = known ? Math.max(0, offered.indexOf(open.offered[open.marked])) : 0;
  open = { field, at: found.index, offered, marked };
  menu.replaceChildren(...offered.map(option));
  menu.hidden = false;
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", menu.id);
  mark(marked);
  place();
}

function fits({ token, name, title }, typed) {
  const bare = (text) => text.toLowerCase().replace(/[\s_<>-]/g, "");
  return [token, name, title].some((text) => bare(text).includes(bare(typed)));
}

function option(reference, at) {
  const item = make("li", { id: `mention-${at}`, role: "option" }, picture(reference));
  item.addEventListener("mousedown", (event) => event.preventDefault());
  item.addEventListener("pointermove", () => open.marked !== at && mark(at));
  item.addEventListener("click", () => take(reference));
  return item;
}

function mark(at) {
  open.marked = at;
  [...menu.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === at)));
  menu.children[at].scrollIntoView({ block: "nearest" });
  open.field.setAttribute("aria-activedescendant", menu.children[at].id);
}

function take(reference) {
  const { field, at } = open;
  insert(field, reference.token, at, field.selectionStart);
  close();
}

function close() {
  for (const name of ["autocomplete", "controls", "activedescendant"]) open?.field.removeAttribute(`aria-${name}`);
  open = null;
  menu.hidden = true;
}

/** Below the `@`, or above it where there is no room below. */
function place() {
  const spot = cursorSpot(open.field, open.at);
  const bottom = visualViewport.offsetTop + visualViewport.height;
  const below = spot.bottom + 6;
  const above = below + menu.offsetHeight > bottom && spot.top > menu.offsetHeight + 14;
  menu.style.left = `${Math.max(8, Math.min(spot.left, innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${above ? spot.top - 6 - menu.offsetHeight : below}px`;
}

const STEPS = { ArrowDown: 1, ArrowUp: -1 };

function press(event) {
  const composing = event.isComposing || event.keyCode === 229; // Safari sends the Enter that ends a composition on its own
  if (!open || composing || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  const { field, at, offered, marked } = open;
  if (event.key in STEPS) mark((marked + STEPS[event.key] + offered.length) % offered.length);
  else if (event.key === "Enter" || event.key === "Tab") take(offered[marked]);
  else if (event.key === "Escape") {
    closed = { field, at };
    close();
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

document.addEventListener("focusout", () => open && close());
document.addEventListener("input", ({ target }) => {
  if (isField(target) && target === document.activeElement) look(target, true);
});
document.addEventListener("selectionchange", () => open && look(open.field, false));
document.addEventListener("keydown", press, true); // before whatever else listens to Enter and Tab in these texts
document.addEventListener("scroll", () => open && place(), true);
addEventListener("resize", () => open && place());

// The texts that may mention a picture or an element: which was last written in, and how something is put into it.

import { make } from "/house/elements.js";

export const FIELDS = "#prompt textarea, #storyboard textarea";

/** Behind and before these a token stands without a blank; so it does in scripts that have none. */
const OPENS = /[\s([{/"'“‘„«「（、。，！？：；\p{sc=Han}\p{sc=Hira}\p{sc=Kana}]$/u;
const JOINS = /^[\p{L}\p{N}<(]/u;
const BLANKLESS = /^[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}]/u;

let written = null;

export const isField = (target) => target instanceof Element && target.matches(FIELDS);

const usable = (field) => field?.isConnected && field.checkVisibility() && !field.disabled && !field.readOnly;

/** The text last written in, otherwise the first one there is, with the cursor at its end. */
export function lastField() {
  if (usable(written)) return written;
  const field = [...document.querySelectorAll(FIELDS)].find(usable);
  field?.setSelectionRange(field.value.length, field.value.length);
  return field;
}

/** Puts the token there, set off by blanks where needed, as if it had been typed: undo takes it back. */
export function insert(field, token, start, end) {
  const before = field.value.slice(0, start);
  const after = field.value.slice(end);
  const lead = before && !OPENS.test(before) ? " " : "";
  const text = lead + token + (JOINS.test(after) && !BLANKLESS.test(after) ? " " : "");
  const tooLong = field.maxLength >= 0 && before.length + text.length + after.length > field.maxLength;
  field.focus();
  if (tooLong) return;
  field.setSelectionRange(start, end);
  if (!document.execCommand("insertText", false, text)) {
    field.setRangeText(text, start, end, "end");
    field.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText", data: text }));
  }
  const cursor = start + lead.length + token.length;
  field.setSelectionRange(cursor, cursor);
}

/** Where in the window a character of a text stands, measured on a copy: a textarea does not tell. */
export function cursorSpot(field, at) {
  const style = getComputedStyle(field);
  const copy = make("div", { text: field.value.slice(0, at) });
  for (const name of ["font", "letterSpacing", "lineHeight", "padding", "textIndent"]) copy.style[name] = style[name];
  Object.assign(copy.style, { position: "fixed", top: 0, left: 0, visibility: "hidden", boxSizing: "border-box" });
  Object.assign(copy.style, { width: `${field.clientWidth}px`, whiteSpace: "pre-wrap", overflowWrap: "break-word" });
  const sign = make("span", { text: "@" });
  copy.append(sign);
  document.body.append(copy);
  const box = field.getBoundingClientRect();
  const left = box.left + field.clientLeft + sign.offsetLeft - field.scrollLeft;
  const top = box.top + field.clientTop + sign.offsetTop - field.scrollTop;
  const spot = { left, top, bottom: top + sign.offsetHeight };
  copy.remove();
  return spot;
}

document.addEventListener("focusin", ({ target }) => isField(target) && (written = target));

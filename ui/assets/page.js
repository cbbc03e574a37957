// What the page counts and says by itself: elapsed seconds, local times, state changes and names for screen readers.

import { age } from "./age.js";
import { complain } from "./complaints.js";
import "./film.js";
import { reckon, reopen } from "./form.js";
import "./links.js";
import { reveal } from "./reveal.js";
import "./tabs.js";

const started = new WeakMap();

function say(element, text) {
  // Writing the same text again would count as a change of the page and call follow() for ever.
  if (element.textContent !== text) element.textContent = text;
}

function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function tick() {
  for (const element of document.querySelectorAll("time[data-elapsed]")) {
    const told = element.dataset.elapsed;
    if (started.get(element)?.told !== told) started.set(element, { told, at: performance.now() - told * 1000 });
    say(element, clock(Math.max(0, Math.floor((performance.now() - started.get(element).at) / 1000))));
  }
}

function date() {
  for (const element of document.querySelectorAll("time[datetime]:empty:not([data-age])")) {
    const made = new Date(element.dateTime);
    const today = made.toDateString() === new Date().toDateString();
    const second = "seconds" in element.dataset ? "2-digit" : undefined;
    element.textContent = today
      ? made.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", second })
      : made.toLocaleDateString(document.documentElement.lang, { day: "numeric", month: "short" });
  }
}

const live = document.createElement("div");
live.setAttribute("role", "status");
live.className = "only-for-screen-readers";
document.body.append(live);

function announce() {
  say(live, document.querySelector("#stage [data-announce]")?.textContent ?? "");
}

function name() {
  // Gradio draws the titles of these as plain text, which leaves the groups without a name.
  for (const group of document.querySelectorAll("#give :is(.choice, .picture, .pictures)")) {
    const title = group.querySelector("[data-testid='block-info'], [data-testid='block-label']")?.textContent.trim();
    if (!title || group.getAttribute("aria-label") === title) continue;
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", title);
  }
}

function tie() {
  // Gradio gives each choice a name of its own, and so a place of its own on the way of the Tab key.
  for (const group of document.querySelectorAll("#give .choice")) {
    for (const radio of group.querySelectorAll("input[type=radio]")) radio.name = group.id;
  }
}

function unnest() {
  // Gradio puts a button into a button at some places. People meet one, with the name and the effect of both.
  for (const inner of document.querySelectorAll("button button:not([inert])")) {
    const outer = inner.parentElement.closest("button");
    inner.inert = true;
    outer.ariaLabel ??= inner.ariaLabel;
    outer.addEventListener("click", ({ target }) => inner.contains(target) || inner.click());
  }
}

function speak() {
  const language = document.querySelector("#spoken [data-language]")?.dataset.language;
  if (!language) return;
  document.documentElement.lang = language;
  document.documentElement.classList.remove("no-words-yet");
}

// After a press the eye is led to the stage, as soon as it shows what came of it.
const shown = () => {
  const stage = document.querySelector("#stage section")?.dataset;
  return stage?.job ?? stage?.rehearsal;
};

document.addEventListener("click", (event) => {
  if (!event.target.closest("#go, #rehearse, [data-send]")) return;
  const before = shown();
  const pressed = performance.now();
  const look = setInterval(() => {
    const changed = shown() !== before;
    if (changed) reveal(document.querySelector("#stage"), "start");
    if (changed || performance.now() - pressed > 10_000) clearInterval(look);
  }, 100);
});

// The strip may be drawn anew between press and release. No click comes then, as if nobody had pressed.
let pressed = null;

document.addEventListener("pointerdown", (event) => {
  const card = event.target.closest("[data-open]");
  pressed = card && { target: event.target, job: card.dataset.open };
});

document.addEventListener("pointerup", (event) => {
  if (pressed && !pressed.target.isConnected) {
    const card = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-open]");
    if (card?.dataset.open === pressed.job) card.click();
  }
  pressed = null;
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-again], [data-continue]")) reveal(document.querySelector("#give"), "start");
});

// Browsers do not show every kind of picture that can be made fit.
for (const sign of ["error", "load"]) {
  document.addEventListener(
    sign,
    ({ target }) => {
      if (target.matches?.("#give .picture img")) target.closest(".picture").classList.toggle("unshown", sign === "error");
    },
    true,
  );
}

document.addEventListener("pointercancel", () => (pressed = null));

function follow() {
  speak();
  name();
  tie();
  unnest();
  complain();
  reckon();
  reopen();
  announce();
  tick();
  date();
  age();
  for (const card of document.querySelectorAll("[data-open]")) {
    card.setAttribute("aria-pressed", String(card.dataset.open === shown()));
  }
}

new MutationObserver(follow).observe(document.body, { childList: true, subtree: true });
setInterval(tick, 1000);
setInterval(age, 20_000);
follow();

// One card of the storyboard: what happens in a shot, and for how many seconds.

import { icon, keep, make } from "/house/elements.js";

const ICONS = {
  up: "M10 16V4M5 9l5-5 5 5",
  down: "M10 4v12M5 11l5 5 5-5",
  duplicate: "M7.5 7.5h9v9h-9zM12.5 7.5v-4h-9v9h4",
  remove: "M5 5l10 10M15 5L5 15",
  less: "M4.5 10h11",
  more: "M4.5 10h11M10 4.5v11",
};
/** The part of the limit from which the characters are counted aloud. */
const NEAR = 0.8;

export const characters = (text) => [...text].length;
export const nearLimit = (text, most) => characters(text) >= NEAR * most;

const button = (act, attributes = {}) => make("button", { type: "button", "data-act": act, ...attributes }, icon(ICONS[act]));

export class Card {
  constructor(key, help) {
    const id = `storyboard-shot-${key}`;
    this.number = make("b");
    this.title = make("span");
    this.count = make("span", { class: "count", id: `${id}-count` });
    this.text = make("textarea", { id, "aria-describedby": `${help} ${id}-count` });
    this.seconds = make("span", { role: "spinbutton", tabindex: 0, "aria-valuemin": 1 });
    // The number answers to the arrow keys, so its buttons need no places of their own on the way of the Tab key.
    this.buttons = { less: button("less", { tabindex: -1 }), more: button("more", { tabindex: -1 }) };
    for (const act of ["up", "down", "duplicate", "remove"]) this.buttons[act] = button(act);
    const { less, more, ...acts } = this.buttons;
    this.element = make(
      "li",
      { class: "shot", "data-key": key },
      make("div", { class: "top" }, make("label", { for: id }, this.number, " ", this.title), this.count),
      this.text,
      make(
        "div",
        { class: "foot" },
        make("div", { class: "stepper" }, less, this.seconds, more),
        make("div", { class: "acts" }, ...Object.values(acts)),
      ),
    );
  }

  /** `highest` is what the shot can last when all others last a second; `blocked` names the buttons without effect. */
  draw(shot, number, { words, limits, highest, blocked }) {
    const used = characters(shot.prompt);
    keep(this.number, { text: words.say("shot", { number }) });
    keep(this.title, { text: words.say("text") });
    keep(this.text, { rows: limits.lines, "aria-invalid": used > limits.characters ? "true" : null });
    if (this.text.value !== shot.prompt) this.text.value = shot.prompt;
    keep(this.count, {
      text: nearLimit(shot.prompt, limits.characters) ? words.say("count", { used, most: limits.characters }) : "",
      "data-over": used > limits.characters ? "" : null,
    });
    keep(this.seconds, {
      text: words.seconds(shot.seconds, "short"),
      "aria-label": words.say("seconds", { number }),
      "aria-valuenow": shot.seconds,
      "aria-valuemax": highest,
      "aria-valuetext": words.seconds(shot.seconds),
    });
    for (const [act, element] of Object.entries(this.buttons)) {
      const name = words.say(act, { number });
      keep(element, { "aria-label": name, title: name, "aria-disabled": blocked[act] ? "true" : null });
    }
  }
}

// The bar above the cards: every shot as wide as it is long, with a handle on each cut.

import { keep, make } from "/house/elements.js";
import { total } from "/house/shots.js";

/** The part of the bar below which a shot has room for its number alone. */
const NARROW = 1 / 8;
const STEPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, Home: -Infinity, End: Infinity };

export class Ruler {
  /** Calls `visit(at)` for a shot that is clicked, `cut(at, by)` while a handle moves by seconds, `rest()` after it. */
  constructor(calls) {
    this.calls = calls;
    this.segments = [];
    this.handles = [];
    this.element = make("div", { class: "ruler", role: "group" });
  }

  draw(shots, words) {
    const sum = total(shots);
    this.shots = shots;
    keep(this.element, { "aria-label": words.say("ruler"), style: `--seconds: ${sum}` });
    this.#count(shots.length);
    let end = 0;
    shots.forEach(({ seconds }, at) => {
      const [number, next] = [at + 1, at + 2];
      end += seconds;
      const [name, length] = this.segments[at].children;
      keep(name, { text: String(number) });
      keep(length, { text: words.seconds(seconds, "short") });
      keep(this.segments[at], {
        style: `--share: ${seconds}`,
        "data-narrow": seconds / sum < NARROW ? "" : null,
        "aria-label": words.say("segment", { number, seconds: words.seconds(seconds) }),
      });
      if (at === shots.length - 1) return;
      const after = shots[at + 1].seconds;
      keep(this.handles[at], {
        style: `--at: ${end}`,
        "aria-label": words.say("cut", { number, next }),
        "aria-valuemin": end - seconds + 1,
        "aria-valuenow": end,
        "aria-valuemax": end + after - 1,
        "aria-valuetext": `${words.seconds(end)}. ${words.say("cut_between", {
          number,
          next,
          seconds: words.seconds(seconds),
          rest: words.seconds(after),
        })}`,
      });
    });
  }

  /** Shows which shot is being worked on; -1 for none. */
  point(here) {
    this.segments.forEach((segment, at) => keep(segment, { "data-here": at === here ? "" : null }));
  }

  #count(shots) {
    while (this.segments.length < shots) this.#extend(this.segments.length);
    for (const spare of [...this.segments.splice(shots), ...this.handles.splice(Math.max(0, shots - 1))]) spare.remove();
  }

  #extend(at) {
    if (at) {
      const handle = make("span", { class: "handle", role: "slider", tabindex: 0 });
      handle.addEventListener("keydown", (event) => this.#press(event, at - 1));
      handle.addEventListener("pointerdown", (event) => this.#drag(event, at - 1));
      this.handles.push(handle);
      this.element.append(handle);
    }
    const segment = make("button", { type: "button", class: "segment" }, make("b"), make("span"));
    segment.addEventListener("click", () => this.calls.visit(at));
    this.segments.push(segment);
    this.element.append(segment);
  }

  #press(event, at) {
    const by = STEPS[event.key];
    if (!by || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    this.calls.cut(at, by);
    this.calls.rest();
  }

  #drag(event, at) {
    if (event.button) return;
    const handle = this.handles[at];
    const follow = (moved) => {
      const { left, width } = this.element.getBoundingClientRect();
      const place = Math.round(((moved.clientX - left) / width) * total(this.shots));
      const by = place - total(this.shots.slice(0, at + 1));
      if (by) this.calls.cut(at, by);
    };
    const leave = () => {
      handle.removeEventListener("pointermove", follow);
      this.calls.rest();
    };
    handle.setPointerCapture(event.pointerId);
    handle.addEventListener("pointermove", follow);
    handle.addEventListener("lostpointercapture", leave, { once: true });
  }
}

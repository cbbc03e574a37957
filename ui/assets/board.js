// What the storyboard is drawn on: its head, the ruler, the cards in their order, and what can be done to all of them.

import { Card } from "/house/card.js";
import { arrange, icon, keep, make } from "/house/elements.js";
import { Ruler } from "/house/ruler.js";
import { total } from "/house/shots.js";

export class Board {
  #cards = new Map();

  /** `moves`: what the ruler may ask for. */
  constructor(element, moves) {
    this.title = make("span", { class: "title", id: "storyboard-title" });
    this.sum = make("span", { class: "sum" });
    this.help = make("p", { class: "help", id: "storyboard-help" });
    this.ruler = new Ruler(moves);
    this.crowd = make("p", { class: "crowd" });
    this.list = make("ol", { class: "shots" });
    this.gone = make("span");
    this.undo = make("button", { type: "button", "data-act": "undo" });
    this.line = make("li", { class: "gone" }, this.gone, " ", this.undo);
    this.plus = make("span");
    this.reason = make("p", { class: "reason", id: "storyboard-reason" });
    const named = { type: "button", class: "add", "data-act": "add", "aria-describedby": this.reason.id };
    this.add = make("button", named, icon("M4.5 10h11M10 4.5v11"), this.plus);
    this.live = make("p", { class: "only-for-screen-readers", role: "status" });
    const head = make("div", { class: "head" }, this.title, this.sum);
    const parts = [head, this.help, this.ruler.element, this.crowd, this.list, this.add, this.reason, this.live];
    element.replaceChildren(make("div", { class: "board", role: "group", "aria-labelledby": this.title.id }, ...parts));
  }

  /** `removed`: the place of the shot that can still be brought back; `blocker`: why there can be no further one. */
  draw(shots, { words, length, limits, removed, blocker }) {
    const count = shots.length;
    const crowded = count > length;
    const sum = words.seconds(total(shots), "short");
    const needs = { count, needed: words.seconds(count), seconds: words.seconds(length) };
    keep(this.title, { text: words.say("title") });
    keep(this.help, { text: words.say("help") });
    keep(this.sum, { text: words.say(count > 1 ? "sum" : "sum_one", { count, seconds: sum }) });
    keep(this.crowd, { text: crowded ? words.say("crowd", needs) : "" });
    keep(this.plus, { text: words.say("add") });
    keep(this.add, { "aria-disabled": blocker ? "true" : null });
    keep(this.reason, { text: crowded ? "" : blocker });
    keep(this.undo, { text: words.say("undo") });
    keep(this.gone, { text: removed === null ? "" : words.say("removed", { number: removed + 1 }) });
    this.#drawCards(shots, { words, limits, highest: Math.max(1, length - count + 1) }, Boolean(blocker));
    const rows = shots.map(({ key }) => this.#cards.get(key).element);
    arrange(this.list, removed === null ? rows : rows.toSpliced(removed, 0, this.line));
    this.ruler.draw(shots, words);
  }

  #drawCards(shots, common, full) {
    const last = shots.length - 1;
    const cards = new Map();
    shots.forEach((shot, at) => {
      const card = this.#cards.get(shot.key) ?? new Card(shot.key, this.help.id);
      const blocked = { up: !at, down: at === last, duplicate: full, remove: !last };
      const fixed = { less: !last || shot.seconds === 1, more: shot.seconds >= common.highest };
      card.draw(shot, at + 1, { ...common, blocked: { ...blocked, ...fixed } });
      cards.set(shot.key, card);
    });
    this.#cards = cards;
  }

  /** Says something aloud. */
  say(text) {
    keep(this.live, { text });
  }

  /** Puts the cursor into the text of a shot. */
  visit({ key }) {
    this.#cards.get(key).text.focus();
  }
}

// The storyboard: what a person does to its shots, and what Python knows of them.

import { Board } from "/house/board.js";
import { characters, nearLimit } from "/house/card.js";
import { Words } from "/house/elements.js";
import { Handover } from "/house/handover.js";
import { add, cut, duplicate, fit, move, obstacle, remove, setSeconds } from "/house/shots.js";

/** Milliseconds without a key after which characters are counted aloud, and the next digit is a new number. */
const SILENCE = 1000;

/** What the page last said. Gradio forgets all but the value when it shows a component that was hidden. */
const known = {};

let keys = 0;

/** Draws the storyboard of a Gradio component into its element. */
export function storyboard(element, props, trigger, watch) {
  const board = new Storyboard(element, props, trigger);
  watch(["value", "length", "words"], () => board.receive());
}

class Storyboard {
  #props;
  #handover;
  #shots = [];
  /** Seconds as somebody chose them: a length that comes and goes changes none of them for good. */
  #chosen = [];
  /** Seconds by shot, as they were when they were last told of. */
  #told = new Map();
  #removed = null;
  #digits = { now: -Infinity };
  #counting = 0;
  #board;

  constructor(element, props, trigger) {
    this.#props = props;
    this.#handover = new Handover(element, props, trigger);
    this.#board = new Board(element, {
      visit: (at) => this.#visit(at),
      cut: (at, by) => this.#become(cut(this.#shots, at, by)),
      rest: () => this.#tell(),
    });
    this.#listen(element, this.#board);
    this.receive();
  }

  /** Takes over what comes from outside: other shots, another length, another language. */
  receive() {
    if (this.#handover.overtaken) this.#take(this.#props.value);
    for (const name of ["length", "limits", "words"]) known[name] = this.#props[name] ?? known[name];
    this.words = new Words(known.words);
    const chosen = this.#shots.map((shot, at) => ({ ...shot, seconds: this.#chosen[at] }));
    this.#shots = fit(chosen, known.length);
    this.#draw();
    this.#handover.now(this.#value);
    this.#remember();
    if (this.#board.crowd.textContent) this.#board.say(this.#board.crowd.textContent);
  }

  #take(value) {
    this.#removed = null;
    const told = value?.length ? value : [{}];
    this.#shots = told.map(({ prompt, duration }, at) => ({
      key: this.#shots[at]?.key ?? ++keys,
      prompt: String(prompt ?? ""),
      seconds: Math.max(1, Math.round(Number(duration)) || 1),
    }));
    this.#chosen = this.#shots.map(({ seconds }) => seconds);
  }

  #listen(element, { list, ruler }) {
    element.addEventListener("click", ({ target }) => this.#press(target.closest("[data-act]")));
    list.addEventListener("keydown", (event) => this.#key(event));
    list.addEventListener("input", ({ target }) => this.#type(this.#at(target), target.value));
    list.addEventListener("focusin", ({ target }) => ruler.point(this.#at(target)));
    list.addEventListener("focusout", () => ruler.point(-1));
  }

  #press(button) {
    if (!button) return;
    const at = this.#at(button);
    const act = button.dataset.act;
    if (button.hasAttribute("aria-disabled")) {
      this.#tell(["add", "duplicate"].includes(act) ? this.#obstacle() : "");
      return;
    }
    button.focus();
    if (act === "add") this.#insert(add(this.#shots, this.#shots.length, ...this.#room()), this.#shots.length, "added");
    else if (act === "duplicate") this.#insert(duplicate(this.#shots, at, ...this.#room()), at + 1, "copied");
    else if (act === "remove") this.#remove(at);
    else if (act === "undo") this.#restore();
    else if (act === "up" || act === "down") this.#move(at, act === "up" ? -1 : 1);
    else this.#last(at, this.#shots[at].seconds + (act === "more" ? 1 : -1));
  }

  #key(event) {
    const at = this.#at(event.target);
    const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (event.altKey && by) this.#move(at, -by);
    else if (!event.target.matches("[role=spinbutton]") || event.ctrlKey || event.metaKey || event.altKey) return;
    else if (by) this.#last(at, this.#shots[at].seconds + by);
    else if (event.key === "Home" || event.key === "End") this.#last(at, event.key === "Home" ? 1 : Infinity);
    else if (/^\d$/.test(event.key)) this.#digit(at, event.key, event.timeStamp);
    else return;
    event.preventDefault();
  }

  #type(at, prompt) {
    this.#shots = this.#shots.with(at, { ...this.#shots[at], prompt });
    this.#draw();
    this.#handover.soon(this.#value);
    clearTimeout(this.#counting);
    const most = known.limits.characters;
    const count = () => this.#board.say(this.words.say("count", { used: characters(prompt), most }));
    if (nearLimit(prompt, most)) this.#counting = setTimeout(count, SILENCE);
  }

  /** Two digits in a row are one number, and the first of them has not happened. */
  #digit(at, digit, now) {
    const goesOn = now - this.#digits.now < SILENCE && this.#digits.shot === this.#shots[at].key;
    const { typed, shots } = goesOn ? this.#digits : { typed: "", shots: this.#shots };
    this.#digits = { typed: typed + digit, shots, shot: shots[at].key, now };
    this.#become(setSeconds(shots, at, Number(this.#digits.typed), known.length));
    this.#tell();
  }

  #last(at, seconds) {
    this.#become(setSeconds(this.#shots, at, seconds, known.length));
    this.#tell();
  }

  #insert(shots, at, said) {
    this.#become(shots.with(at, { ...shots[at], key: ++keys }));
    this.#visit(at);
    this.#tell(this.words.say(said, { number: at + 1, from: at }));
  }

  #remove(at) {
    const before = this.#shots;
    this.#become(remove(before, at, known.length));
    this.#removed = { at, before };
    this.#draw();
    this.#visit(Math.min(at, this.#shots.length - 1));
    this.#tell(this.words.say("removed", { number: at + 1 }));
  }

  #restore() {
    const { at, before } = this.#removed;
    const now = new Map(this.#shots.map(({ key, prompt }) => [key, prompt]));
    const shots = before.map((shot) => ({ ...shot, prompt: now.get(shot.key) ?? shot.prompt }));
    this.#become(fit(shots, known.length));
    this.#visit(at);
    this.#tell(this.words.say("restored", { number: at + 1 }));
  }

  #move(at, by) {
    if (!this.#shots[at + by]) return;
    this.#become(move(this.#shots, at, by));
    this.#tell(this.words.say("moved", { number: at + 1, place: at + by + 1 }));
  }

  /** Other shots, as somebody chose them. */
  #become(shots) {
    this.#shots = shots;
    this.#chosen = shots.map(({ seconds }) => seconds);
    this.#removed = null;
    this.#draw();
    this.#handover.soon(this.#value);
  }

  /** Hands over and says what came of it: the sentence, then each shot that lasts longer or shorter now. */
  #tell(sentence = "") {
    this.#handover.now(this.#value);
    const others = this.#shots.flatMap(({ key, seconds }, at) => {
      const same = (this.#told.get(key) ?? seconds) === seconds;
      return same ? [] : [this.words.say("lasts", { number: at + 1, seconds: this.words.seconds(seconds) })];
    });
    this.#remember();
    clearTimeout(this.#counting);
    this.#board.say([sentence, ...others].filter(Boolean).join(" "));
  }

  #remember() {
    this.#told = new Map(this.#shots.map(({ key, seconds }) => [key, seconds]));
  }

  get #value() {
    return this.#shots.map(({ prompt, seconds }) => ({ prompt, duration: String(seconds) }));
  }

  #draw() {
    const removed = this.#removed ? this.#removed.at : null;
    this.#board.draw(this.#shots, { ...known, words: this.words, removed, blocker: this.#obstacle() });
    this.#board.ruler.point(this.#at(document.activeElement));
  }

  /** Why there can be no further shot, as a sentence; empty when there can. */
  #obstacle() {
    const reason = obstacle(this.#shots, ...this.#room());
    return reason ? this.words.say(reason, { most: known.limits.shots }) : "";
  }

  #room() {
    return [known.length, known.limits.shots];
  }

  #visit(at) {
    this.#board.visit(this.#shots[at]);
  }

  /** The place of the shot an element belongs to; -1 for none. */
  #at(element) {
    const key = Number(element?.closest("#storyboard .shot")?.dataset.key);
    return this.#shots.findIndex((shot) => shot.key === key);
  }
}

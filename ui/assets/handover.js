// What a person did is handed over to Python: typed words after a pause, anything else at once.

/** Milliseconds without a key after which typed words are handed over; any other press does it at once. */
const PAUSE = 150;

export class Handover {
  #props;
  #trigger;
  #value = null;
  #handed = null;
  #waiting = 0;

  constructor(element, props, trigger) {
    this.#props = props;
    this.#trigger = trigger;
    const gone = new AbortController();
    for (const sign of ["pointerdown", "keydown", "click", "focusout"]) {
      const hurry = (event) => {
        const typing = sign === "keydown" && event.target.matches?.(".shot textarea") && event.key !== "Tab";
        if (!element.isConnected) gone.abort();
        else if (this.#waiting && (!typing || event.ctrlKey || event.metaKey)) this.now(this.#value);
      };
      document.addEventListener(sign, hurry, { capture: true, signal: gone.signal });
    }
  }

  /** Whether Python holds something that did not come from here. */
  get overtaken() {
    return JSON.stringify(this.#props.value ?? []) !== this.#handed;
  }

  /** A person did it, and may be about to do more. */
  soon(value) {
    this.#value = value;
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => this.now(value), PAUSE);
  }

  /** Gradio tells Python's `change` by itself; `input` means that a person did it. */
  now(value) {
    const person = Boolean(this.#waiting);
    clearTimeout(this.#waiting);
    this.#waiting = 0;
    this.#handed = JSON.stringify(value);
    if (!this.overtaken) return;
    this.#props.value = value;
    if (person) this.#trigger("input");
  }
}

// The library: what is chosen, the question before deleting, clips that play under the mouse, the way back to Create.

import { reveal } from "/house/reveal.js";

/** Milliseconds between looks at videos that are on their way. */
const LOOK = 10_000;
/** What is chosen on all pages: the token of its file, or nothing, by the id of the job. */
const chosen = new Map();

export function library(element, trigger) {
  new MutationObserver(() => show(element)).observe(element, { childList: true, subtree: true });
  element.addEventListener("click", (event) => press(element, trigger, event.target));
  element.addEventListener("change", ({ target }) => pick(element, target));
  element.addEventListener("pointerover", (event) => event.pointerType === "mouse" && preview(event.target));
  element.addEventListener("pointerout", ({ target, relatedTarget }) => {
    const poster = target.closest(".poster");
    if (poster && !poster.contains(relatedTarget)) poster.querySelector("video")?.remove();
  });
  element.addEventListener("toggle", ({ target }) => target.open && alone(element, target), true);
  element.addEventListener("keydown", (event) => event.key === "Escape" && fold(element, event));
  element.addEventListener("error", ({ target }) => target.classList?.add("unshown"), true);
  document.addEventListener("click", ({ target }) => alone(element, target.closest(".more")));
  setInterval(() => {
    const busy = element.querySelector("dialog[open], .more[open]") || !element.offsetParent || document.hidden;
    if (!busy && element.querySelector(".clip.open")) trigger("tick");
  }, LOOK);
  show(element);
}

function press(element, trigger, target) {
  const button = target.closest("button");
  if (!button) return;
  const { show: job, star, again, erase, page } = button.dataset;
  const next = button.dataset.continue;
  if (job) go("#stage", () => trigger("click", { job }));
  if (again) go("#give", () => trigger("select", { job: again }));
  if (next) go("#give", () => trigger("edit", { job: next }));
  if (page) turn(element, () => trigger("input", { number: Number(page) }));
  if (star) {
    const starred = button.ariaPressed !== "true";
    button.ariaPressed = String(starred);
    trigger("like", { job: star, starred });
  }
  if ("fetch" in button.dataset) fetchAll();
  if ("clear" in button.dataset) clear(element);
  if (erase !== undefined) ask(element, erase ? [erase] : [...chosen.keys()]);
  if ("keep" in button.dataset) button.closest("dialog").close();
  if ("delete" in button.dataset) {
    const jobs = JSON.parse(button.closest("dialog").dataset.jobs);
    button.closest("dialog").close();
    for (const each of jobs) chosen.delete(each);
    trigger("delete", { jobs });
  }
}

/** To Create, where clips play and forms are filled. */
function go(place, then) {
  then();
  document.querySelector("#create-tab-button").click();
  setTimeout(() => reveal(document.querySelector(place), "start"), 100);
}

function turn(element, then) {
  then();
  element.closest("#library").scrollIntoView({ block: "start" });
}

function pick(element, box) {
  if (!box.dataset.pick) return;
  if (box.checked) chosen.set(box.dataset.pick, box.dataset.token ?? "");
  else chosen.delete(box.dataset.pick);
  show(element);
}

function clear(element) {
  chosen.clear();
  show(element);
}

/** The boxes and the bar as what is chosen; the cards may have been drawn anew. */
function show(element) {
  const bar = element.querySelector(".chosen");
  if (!bar) return;
  for (const box of element.querySelectorAll("[data-pick]")) box.checked = chosen.has(box.dataset.pick);
  const words = JSON.parse(element.querySelector(".shelf").dataset.words);
  const text = words.selected.replace("{count}", chosen.size);
  if (bar.firstChild.textContent !== text) bar.firstChild.textContent = text;
  bar.hidden = !chosen.size;
  bar.querySelector("[data-fetch]").hidden = ![...chosen.values()].some(Boolean);
  element.querySelector(".shelf").classList.toggle("choosing", chosen.size > 0);
}

function ask(element, jobs) {
  const words = JSON.parse(element.querySelector(".shelf").dataset.words);
  const question = element.querySelector("dialog.question");
  question.dataset.jobs = JSON.stringify(jobs);
  question.querySelector("h2").textContent =
    jobs.length === 1 ? words.ask_one : words.ask_many.replace("{count}", jobs.length);
  question.showModal();
}

/** One as it is, several as one archive, by a form of its own: addresses end up in logs, what a form holds does not. */
function fetchAll() {
  const tokens = [...chosen.values()].filter(Boolean);
  if (tokens.length === 1) {
    Object.assign(document.createElement("a"), { href: `/v/${tokens[0]}?download=1`, download: "" }).click();
    return;
  }
  const form = document.createElement("form");
  form.method = "post";
  form.action = "/zip";
  for (const value of tokens) {
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "token", value }));
  }
  document.body.append(form);
  form.submit();
  form.remove();
}

function preview(target) {
  const poster = target.closest(".poster[data-film]");
  if (!poster || poster.querySelector("video") || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const film = document.createElement("video");
  Object.assign(film, { src: poster.dataset.film, muted: true, loop: true, playsInline: true, autoplay: true });
  film.setAttribute("aria-hidden", "true");
  film.addEventListener("error", () => film.remove());
  poster.append(film);
}

/** One menu at a time. */
function alone(element, open) {
  for (const menu of element.querySelectorAll(".more[open]")) if (menu !== open) menu.open = false;
}

function fold(element, event) {
  const menu = event.target.closest(".more[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
}

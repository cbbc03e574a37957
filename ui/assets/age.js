// How long ago something was, in the language of the page.

const UNITS = [
  ["year", 31_556_952],
  ["month", 2_629_746],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

const worders = new Map();

export function age() {
  for (const element of document.querySelectorAll("time[data-age]")) {
    const language = document.documentElement.lang || "en";
    const text = worded((new Date(element.dateTime) - Date.now()) / 1000, language);
    if (element.textContent === text) continue;
    element.textContent = text;
    element.title = new Date(element.dateTime).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });
  }
}

function worded(seconds, language) {
  if (!worders.has(language)) {
    worders.set(language, new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" }));
  }
  const words = worders.get(language);
  for (const [unit, length] of UNITS) {
    if (Math.abs(seconds) >= length) return words.format(Math.trunc(seconds / length), unit);
  }
  return words.format(0, "second");
}

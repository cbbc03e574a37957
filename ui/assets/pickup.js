// The page of one video looks again by itself while the video is on its way.

const PAUSE = 3000;

function title(main) {
  return main.querySelector("h1")?.textContent;
}

async function look() {
  const main = document.querySelector("main");
  if (!("again" in main.dataset)) return;
  if (!document.hidden) await refresh(main);
  setTimeout(look, PAUSE);
}

async function refresh(main) {
  try {
    const answer = await fetch(location.href);
    const next = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
    if (!next || next.innerHTML === main.innerHTML) return;
    next.setAttribute("role", "main");
    if (title(next) !== title(main)) next.querySelector("h1")?.setAttribute("role", "status");
    main.replaceWith(next);
  } catch {
    // Without a connection it looks again later.
  }
}

setTimeout(look, PAUSE);

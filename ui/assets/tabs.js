// The address of the page names the tab, so that a tab can be kept as a bookmark: /?tab=library.

const OTHERS = ["library"];
const PATIENCE = 10_000;

function open(tab) {
  const look = setInterval(() => {
    const button = document.querySelector(`#${tab}-tab-button`);
    // While Gradio still draws the page it takes a press back.
    if (button?.ariaSelected !== "true" && performance.now() < PATIENCE) button?.click();
    else clearInterval(look);
  }, 100);
}

const wanted = new URLSearchParams(location.search).get("tab");
if (OTHERS.includes(wanted)) open(wanted);

document.addEventListener("click", ({ target }) => {
  const tab = target.closest("#tabs [role=tab]")?.dataset.tabId;
  if (!tab) return;
  const address = new URL(location.href);
  if (OTHERS.includes(tab)) address.searchParams.set("tab", tab);
  else address.searchParams.delete("tab");
  history.replaceState(history.state, "", address);
});

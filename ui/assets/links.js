// "Copy link": the address of one video, for any device.

const SHOWN = 2000;

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-link]");
  if (!button) return;
  const address = new URL(button.dataset.link, location.href).href;
  if (!(await copied(address))) return offer(button, address);
  const before = (button.dataset.usual ??= button.textContent);
  button.textContent = button.dataset.copied;
  setTimeout(() => (button.textContent = before), SHOWN);
});

/** Pages without https and frames of other sites may not use the clipboard; the old way often works there. */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const held = document.activeElement;
    const box = field(text);
    document.body.append(box);
    box.select();
    const done = document.execCommand("copy");
    box.remove();
    held?.focus();
    return done;
  }
}

/** Then it stands there, marked, for the person to copy. */
function offer(button, address) {
  const box = field(address);
  box.setAttribute("aria-label", button.textContent);
  button.after(box);
  box.select();
  box.addEventListener("blur", () => box.remove());
}

function field(text) {
  const box = document.createElement("input");
  box.readOnly = true;
  box.className = "address";
  box.value = text;
  return box;
}

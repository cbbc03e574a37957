// A picture or an element as it looks wherever it is named.

import { make } from "/house/elements.js";

/** Thumbnail, name and kind of a reference. */
export function picture(reference) {
  const mark = make("span", { class: "mark", "aria-hidden": "true", text: reference.token.match(/\d+/)[0] });
  const name = make("span", { class: "name", text: reference.name });
  const inside = make("span", { class: "mentioned" }, mark, name, make("span", { class: "what", text: reference.title }));
  if (safe(reference.thumbnail)) {
    const image = make("img", { alt: "" });
    image.addEventListener("error", () => image.replaceWith(mark));
    image.src = reference.thumbnail;
    mark.replaceWith(image);
  }
  return inside;
}

function safe(address) {
  if (!address) return false;
  if (address.startsWith("data:")) return address.startsWith("data:image/jpeg;base64,");
  return URL.canParse(address, location.href) && new URL(address, location.href).origin === location.origin;
}

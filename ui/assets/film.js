// A film that could not be loaded while the network was away is asked for again.

window.addEventListener("online", () => {
  for (const film of document.querySelectorAll("video")) if (film.error) film.load();
});

// Leads the eye to a place, unless it can be seen already.

export function reveal(target, block) {
  const { top, bottom } = target.getBoundingClientRect();
  if (top >= 0 && bottom <= innerHeight - 100) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  target.scrollIntoView({ block, behavior: calm ? "auto" : "smooth" });
}

// The arithmetic of a storyboard. A shot is { prompt, seconds } and whatever else its owner keeps on it. Nothing here
// changes what it is given. Seconds are whole, at least one, and add up to the length wherever there are enough of them.

export const total = (shots) => shots.reduce((sum, shot) => sum + shot.seconds, 0);

const lasting = (shots, seconds) =>
  shots.map((shot, at) => (shot.seconds === seconds[at] ? shot : { ...shot, seconds: seconds[at] }));

/** The same shots in another length, each keeping its share. More shots than seconds last one second each. */
export function fit(shots, length) {
  const sum = total(shots);
  const share = shots.map((shot) => (shot.seconds * length) / sum);
  const seconds = share.map((part) => Math.max(1, Math.floor(part)));
  const most = (claim) => claim.indexOf(Math.max(...claim));
  for (let rest = length - seconds.reduce((a, b) => a + b, 0); rest !== 0; rest -= Math.sign(rest)) {
    if (rest < 0 && seconds.every((second) => second === 1)) break;
    if (rest > 0) seconds[most(share.map((part, at) => part - seconds[at]))] += 1;
    else seconds[most(share.map((part, at) => (seconds[at] > 1 ? seconds[at] - part : -Infinity)))] -= 1;
  }
  return lasting(shots, seconds);
}

/** Why no shot can be added: "full" (no more shots), "short" (no more seconds), or nothing. */
export function obstacle(shots, length, most) {
  if (shots.length >= most) return "full";
  return shots.length >= length ? "short" : null;
}

/** Half of the seconds of one shot: of the first of `givers` that has some to give, else of the longest. */
function insert(shots, place, shot, givers) {
  const longest = shots.reduce((best, { seconds }, at) => (seconds > shots[best].seconds ? at : best), 0);
  const giver = givers.find((at) => shots[at]?.seconds > 1) ?? longest;
  const seconds = Math.floor(shots[giver].seconds / 2);
  const kept = shots.map((one, at) => (at === giver ? { ...one, seconds: one.seconds - seconds } : one));
  return kept.toSpliced(place, 0, { ...shot, seconds });
}

/** An empty shot at this place, with half of the seconds of its longer neighbour. */
export function add(shots, place, length, most, shot = { prompt: "" }) {
  if (obstacle(shots, length, most)) return shots;
  if (!shots.length) return [{ ...shot, seconds: length }];
  const neighbours = [place - 1, place].sort((a, b) => (shots[b]?.seconds ?? 0) - (shots[a]?.seconds ?? 0));
  return insert(shots, place, shot, neighbours);
}

/** A copy behind the shot. The two share its seconds. */
export function duplicate(shots, place, length, most, shot = {}) {
  if (obstacle(shots, length, most)) return shots;
  const neighbours = [place, place + 1, place - 1];
  return insert(shots, place + 1, { ...shot, prompt: shots[place].prompt }, neighbours);
}

/** Without the shot; its seconds go to the one before, or after the first. The last one there is stays. */
export function remove(shots, place, length) {
  if (shots.length < 2) return shots;
  const heir = place ? place - 1 : 1;
  const given = shots.map((shot, at) => (at === heir ? { ...shot, seconds: shot.seconds + shots[place].seconds } : shot));
  return fit(given.toSpliced(place, 1), length);
}

/** The shot `by` places further on, with its seconds. Nobody leaves the row. */
export function move(shots, place, by) {
  const target = Math.min(shots.length - 1, Math.max(0, place + by));
  return shots.toSpliced(place, 1).toSpliced(target, 0, shots[place]);
}

/** The shot lasting so long, as far as the others can pay: first those after it, then those before, nearest first. */
export function setSeconds(shots, place, seconds, length) {
  if (shots.length < 2) return shots;
  const others = shots.map((_, at) => at);
  const payers = [...others.slice(place + 1), ...others.slice(0, place).reverse()];
  const wanted = shots.map((shot) => shot.seconds);
  const highest = Math.max(1, length - payers.length);
  let debt = Math.min(highest, Math.max(1, Math.round(seconds))) - wanted[place];
  wanted[place] += debt;
  for (const at of payers) {
    const paid = Math.min(debt, wanted[at] - 1);
    wanted[at] -= paid;
    debt -= paid;
  }
  return lasting(shots, wanted);
}

/** The cut behind the shot moved by some seconds, between its two neighbours alone. */
export function cut(shots, place, by) {
  const [before, after] = [shots[place].seconds, shots[place + 1].seconds];
  const moved = Math.min(after - 1, Math.max(1 - before, by));
  return lasting(shots, shots.map(({ seconds }, at) => seconds + (at === place ? moved : at === place + 1 ? -moved : 0)));
}

// What happens in the queue: asks the studio again and again, tells every part of the page.

import { ask } from "./net.js";

const BUSY_MS = 700;
const IDLE_MS = 2500;
const listeners = new Set();
let last = null;
let timer = null;
let asking = false;

// Call `listener(feed)` now and at every change; returns how to end that.
export function follow(listener) {
  listeners.add(listener);
  if (last) listener(last);
  if (timer === null) again(0);
  return () => listeners.delete(listener);
}

// Ask at once, because something was just done.
export function refresh() {
  again(0);
}

function again(wait) {
  clearTimeout(timer);
  timer = setTimeout(look, wait);
}

async function look() {
  if (asking) return again(BUSY_MS);
  asking = true;
  try {
    last = { ...(await ask("feed")), isThere: true };
  } catch {
    last = { ...(last || { active: [], counts: {} }), isThere: false };
  }
  asking = false;
  for (const listener of listeners) listener(last);
  const isBusy = last.active.length > 0 || !last.isThere;
  again(document.hidden ? 4 * IDLE_MS : isBusy ? BUSY_MS : IDLE_MS);
}

document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });

// What this browser asked for: kept by id, so that a reload or a restart finds it again.

import { ask, el, say } from "./net.js";
import { follow, refresh } from "./live.js";
import { STATES, card, update } from "./cards.js";

const KEY = "emogen-watched";
const MOST = 12;

export function mount(element, props, trigger, watch) {
  const list = el("div", { class: "cards results" });
  const empty = el("p", { class: "hint empty" }, "Clips appear here. They are made even if you close this page.");
  const away = el("p", { class: "problem away", hidden: true },
    "The studio does not answer. Clips in the queue are kept; this page goes on by itself.");
  element.append(el("section", { "aria-label": "Your clips", class: "results-box" }, away, empty, list));
  const shown = new Map(); // id -> { node, job }
  let ids = remembered();

  async function take(feed) {
    away.hidden = feed.isThere;
    const active = new Map(feed.active.map((job) => [job.id, job]));
    for (const id of ids) {
      const job = active.get(id);
      const old = shown.get(id);
      if (job) put(job);
      else if (!old || ["queued", "running"].includes(old.job.state)) {
        if (feed.isThere) await find(id);
      }
    }
    for (const [id, { node }] of shown) {
      if (ids.includes(id)) continue;
      node.remove();
      shown.delete(id);
    }
    empty.hidden = shown.size > 0;
  }

  async function find(id) {
    try {
      put(await ask(`jobs/${id}`));
    } catch (error) {
      if (/^no job/.test(error.message)) forget(id);
    }
  }

  function put(job) {
    const old = shown.get(job.id);
    if (old && update(old.node, job)) {
      old.job = job;
      return;
    }
    if (old && old.job.state === job.state) return;
    if (old && !["queued", "running"].includes(job.state)) { // said once; seconds left are not read out
      say(`${job.prompt || "clip"}: ${STATES[job.state]}`, job.state !== "done");
    }
    const node = card(job);
    if (old) old.node.replaceWith(node);
    else {
      const after = ids.slice(ids.indexOf(job.id) + 1).map((id) => shown.get(id)).find(Boolean);
      list.insertBefore(node, after ? after.node : null);
    }
    shown.set(job.id, { node, job });
  }

  function forget(id) {
    ids = ids.filter((other) => other !== id);
    remember(ids);
  }

  watch("value", () => {
    const fresh = JSON.parse(props.value || "{}").ids || [];
    if (!fresh.length) return;
    ids = [...fresh, ...ids.filter((id) => !fresh.includes(id))].slice(0, MOST);
    for (const id of fresh) {
      const old = shown.get(id);
      if (old) list.prepend(old.node);
    }
    remember(ids);
    refresh();
  });
  follow(take);
}

function remembered() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) || "[]");
    return found.filter((id) => /^[0-9a-f]{20}$/.test(id)).slice(0, MOST);
  } catch {
    return [];
  }
}

function remember(ids) {
  try {
    localStorage.setItem(KEY, JSON.stringify(ids));
  } catch { /* private windows may refuse; the queue still knows */ }
}

// The queue of all who use the studio: what is made, what waits, in which order.

import { ask, attempt, clock, el, say, scroller } from "./net.js";
import { follow, refresh } from "./live.js";
import { act, button } from "./cards.js";

export function mount(element) {
  const head = el("p", { class: "queue-head" });
  const pause = button("Pause", async () => {
    const found = await attempt(() => ask("pause", { is_paused: pause.dataset.paused !== "yes" }));
    if (found) say(found.is_paused ? "paused: what is at work is finished" : "going on");
    refresh();
  }, { id: "pause" });
  const retry = button("Try all failed again", async () => {
    const found = await attempt(async () => {
      const stuck = await ask("jobs?state=failed&state=quarantined&limit=200");
      return ask("retry", { ids: stuck.jobs.map((job) => job.id) });
    });
    if (found) say(`${found.ids.length} queued again`);
    refresh();
  }, { id: "retry-all" });
  const body = el("tbody");
  const table = el("table", { class: "queue" }, el("caption", { class: "sr-only" }, "Jobs that are not finished"),
    el("thead", {}, el("tr", {}, ...["Scene", "Emotion", "Where", "Order"].map((text) => el("th", { scope: "col" }, text)))),
    body);
  const empty = el("p", { class: "hint" }, "Nothing waits.");
  element.append(el("section", { class: "queue-box", "aria-label": "Queue" },
    el("div", { class: "row spread" }, head, el("div", { class: "row" }, pause, retry)), empty,
    scroller("Jobs", table)));
  const rows = new Map();

  follow((feed) => {
    const counts = feed.counts;
    head.textContent = !feed.isThere ? "The studio does not answer."
      : `${counts.running || 0} at work, ${counts.queued || 0} waiting, ${counts.done || 0} done`
        + (counts.failed + counts.quarantined ? `, ${counts.failed + counts.quarantined} failed` : "")
        + (feed.is_paused ? "; paused" : feed.seconds_left ? `; about ${clock(feed.seconds_left)}` : "");
    pause.textContent = feed.is_paused ? "Go on" : "Pause";
    pause.dataset.paused = feed.is_paused ? "yes" : "no";
    retry.hidden = !(counts.failed + counts.quarantined);
    empty.hidden = feed.active.length > 0;
    table.hidden = feed.active.length === 0;
    const ids = new Set(feed.active.map((job) => job.id));
    for (const [id, row] of rows) {
      if (ids.has(id)) continue;
      row.node.remove();
      rows.delete(id);
    }
    feed.active.forEach((job, index) => {
      const row = rows.get(job.id) || make(job);
      rows.set(job.id, row);
      fill(row, job);
      if (body.children[index] !== row.node) body.insertBefore(row.node, body.children[index] || null);
    });
  });
}

function make(job) {
  const bar = el("progress", { max: 1, value: 0, "aria-label": "progress" });
  const at = el("span", { class: "at" });
  const move = (to, text, label) => button(text, async () => {
    await attempt(() => ask("move", { id: job.id, to }));
    refresh();
  }, { "aria-label": label });
  const orders = [move("first", "⇈", "to the front"), move("up", "↑", "forwards"), move("down", "↓", "backwards")];
  const node = el("tr", { "data-id": job.id },
    el("td", {}, job.prompt || job.name || job.kind), el("td", {}, job.emotion || "none"),
    el("td", {}, bar, " ", at),
    el("td", {}, el("div", { class: "row tight" }, ...orders,
      button("Cancel", () => act("cancel", job, "cancelled")))));
  return { node, bar, at, orders };
}

function fill({ node, bar, at, orders }, job) {
  const isRunning = job.state === "running";
  node.className = job.state;
  bar.hidden = !isRunning;
  bar.value = job.progress ? job.progress.share : 0;
  const left = job.progress && job.progress.eta_s ? `, ${clock(job.progress.eta_s)} left` : "";
  at.textContent = isRunning ? (job.progress ? job.progress.stage + left : "beginning")
    : `waits${job.wait_s ? `, about ${clock(job.wait_s)}` : ""}`;
  for (const one of orders) one.disabled = isRunning;
}

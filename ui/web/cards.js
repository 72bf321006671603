// One clip as a card: how far it is, then the clip itself, what it shows and what to do with it.

import { EMOTIONS, API, ask, attempt, clock, download, el, say } from "./net.js";
import { refresh } from "./live.js";

export const STATES = {
  queued: "waiting", running: "at work", done: "done", failed: "failed",
  quarantined: "given up", cancelled: "cancelled",
};
const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;

export const clipUrl = (job) => new URL(`../../${job.clip}`, API).href;

// A card for a job; `uses` says which ways to go on from it are offered.
export function card(job, { uses = true } = {}) {
  const root = el("article", { class: `card ${job.state}`, "data-id": job.id, "data-state": job.state });
  root.append(picture(job), facts(job));
  glimpse(root, job);
  const tools = el("div", { class: "tools" });
  if (job.state === "done") tools.append(...doneTools(job, uses));
  if (job.state === "queued" || job.state === "running") {
    tools.append(button("Cancel", () => act("cancel", job, "cancelled")));
  }
  if (["failed", "quarantined", "cancelled"].includes(job.state)) {
    tools.append(button("Try again", () => act("retry", job, "queued again")));
    if (uses && job.kind !== "evaluate") tools.append(button("Use all", () => use(job, "all")));
  }
  root.append(tools);
  return root;
}

// Bring a card up to date without building it anew, while it is at work.
export function update(root, job) {
  const line = root.querySelector(".at");
  if (root.dataset.state !== job.state || !line) return false;
  line.textContent = where(job);
  const bar = root.querySelector("progress");
  if (bar) bar.value = job.progress ? job.progress.share : 0;
  glimpse(root, job);
  return true;
}

// Show how the unfinished clip looks, where there is a newer picture of it.
function glimpse(root, job) {
  const count = job.progress ? job.progress.pictures : 0;
  const picture = root.querySelector(".glimpse");
  if (!picture || !count || picture.dataset.count === String(count)) return;
  picture.dataset.count = count;
  picture.src = `${API}jobs/${job.id}/preview?${count}`;
  picture.hidden = false;
}

function picture(job) {
  const [width, height] = (job.size || "1x1").split("x").map(Number);
  const box = el("div", { class: "picture", style: `aspect-ratio: ${width} / ${height}` });
  if (job.state === "done" && job.clip) {
    const isVideo = /\.(mp4|webm)$/.test(job.file);
    box.append(isVideo ? film(job) : el("img", { src: clipUrl(job), alt: job.prompt || "clip" }));
  } else if (job.state === "queued" || job.state === "running") {
    box.append(el("div", { class: "working" },
      el("img", { class: "glimpse", alt: "the unfinished clip", hidden: true }),
      el("progress", { max: 1, value: job.progress ? job.progress.share : 0, "aria-label": "progress" }),
      el("p", { class: "at" }, where(job))));
  } else {
    box.append(el("p", { class: "working" }, STATES[job.state]));
  }
  return box;
}

function film(job) {
  return silent({
    src: clipUrl(job), loop: true, autoplay: !isCalm, preload: "metadata",
    "aria-label": job.prompt || "clip",
  });
}

// A clip without sound; the controls, which would cover half of so small a picture, come with the
// pointer, a touch or the keyboard.
export function silent(attributes) {
  const video = el("video", {
    playsinline: true, tabindex: 0, ...attributes,
    onpointerenter: () => { video.controls = true; }, onfocus: () => { video.controls = true; },
    onpointerleave: () => { video.controls = document.activeElement === video; },
    onblur: () => { video.controls = false; },
  });
  video.muted = true;
  return video;
}

function where(job) {
  if (job.progress) {
    const left = job.progress.eta_s ? `, about ${clock(job.progress.eta_s)} left` : "";
    return `${job.progress.stage}${left}`;
  }
  if (job.state === "running") return "beginning";
  const ahead = job.place ? `${job.place} before it` : "next";
  return job.wait_s ? `waiting, ${ahead}, about ${clock(job.wait_s)}` : `waiting, ${ahead}`;
}

function facts(job) {
  const box = el("div", { class: "facts" },
    el("p", { class: "prompt" }, job.prompt || job.name || job.kind),
    el("p", { class: "emotion" }, ...(job.asked || []).map(chip), job.emotion || "no emotion"));
  if (job.scores) box.append(score(job.scores));
  if (job.problem) {
    box.append(el("p", { class: "problem" },
      job.problem.message + (job.problem.hint ? `; ${job.problem.hint}` : "")));
  }
  for (const warning of job.warnings || []) box.append(el("p", { class: "hint" }, warning));
  const made = ["model", "size", "frames", "fps", "steps", "guidance", "emotion_guidance", "seed"]
    .filter((name) => job[name] !== null && job[name] !== undefined)
    .map((name) => el("div", {}, el("dt", {}, name.replace("_", " ")), el("dd", {}, String(job[name]))));
  const seconds = Object.values(job.seconds || {}).reduce((sum, value) => sum + value, 0);
  if (seconds) made.push(el("div", {}, el("dt", {}, "made in"), el("dd", {}, `${seconds.toFixed(1)} s`)));
  box.append(el("details", {}, el("summary", {}, `seed ${job.seed}, settings`),
    el("dl", { class: "made" }, ...made)));
  return box;
}

export function chip(name) {
  const tint = EMOTIONS[name] ? EMOTIONS[name].colour : "var(--body-text-color-subdued)";
  return el("span", { class: "chip", style: `--tint: ${tint}` }, name);
}

function score(scores) {
  const share = scores.asked_share;
  const read = scores.top === "unsure" ? `unsure, perhaps ${scores.likeliest}` : scores.top;
  return el("p", { class: "score" }, "read as ", chip(scores.likeliest),
    read === scores.likeliest ? "" : ` (${read})`,
    share === null ? "" : `, ${Math.round(share * 100)} % of what was asked`);
}

function doneTools(job, uses) {
  const star = button(job.is_starred ? "★" : "☆", async () => {
    const found = await attempt(() => ask("star", { ids: [job.id], is_starred: !job.is_starred }));
    if (found) {
      job.is_starred = found.is_starred;
      star.textContent = job.is_starred ? "★" : "☆";
      star.setAttribute("aria-pressed", String(job.is_starred));
      refresh();
    }
  }, { "aria-label": "star", "aria-pressed": String(job.is_starred) });
  const tools = [star];
  if (uses && job.kind !== "talk") {
    tools.push(button("Use all", () => use(job, "all"), { title: "same settings, same seed" }),
      button("Use seed", () => use(job, "seed")),
      button("Remix", () => use(job, "remix"), { title: "same settings, a new seed" }),
      button("Extend", () => use(job, "extend"), { title: "go on from the last picture" }));
  }
  tools.push(button("Judge", () => use(job, "judge")), exports(job));
  return tools;
}

const EXPORTS = { mp4: "as it is", gif: "GIF", webp: "WebP", telegram: "Telegram sticker", whatsapp: "WhatsApp sticker" };

function exports(job) {
  const choice = el("select", {
    "aria-label": "download as", onchange: async () => {
      const kind = choice.value;
      choice.value = "";
      if (!kind) return;
      say("preparing the file");
      const path = kind === "mp4" ? `jobs/${job.id}/clip?download=true` : `jobs/${job.id}/export?kind=${kind}`;
      await attempt(() => download(path, job.file));
    },
  }, el("option", { value: "" }, "Download"),
  ...Object.entries(EXPORTS).map(([value, text]) => el("option", { value }, text)));
  return choice;
}

export function button(text, action, attributes = {}) {
  return el("button", { type: "button", class: "small", onclick: action, ...attributes }, text);
}

// Ask the page to go on from a clip: all, seed, remix, extend, judge.
export function use(job, what) {
  document.dispatchEvent(new CustomEvent("emogen-use", { detail: { id: job.id, what } }));
}

export async function act(what, job, done) {
  const found = await attempt(() => ask(what, { ids: [job.id] }));
  if (found) say(found.ids.length ? done : `not possible now: it is ${STATES[job.state]}`);
  refresh();
}

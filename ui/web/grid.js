// One scene in many emotions: emotions across strengths and seeds, as clips, coloured by their match.

import { EMOTIONS, ask, attempt, el, number, say, scroller } from "./net.js";
import { follow, refresh } from "./live.js";
import { button, clipUrl, use } from "./cards.js";

const KEY = "emogen-grid";

export function mount(element) {
  const scene = el("input", { type: "text", id: "grid-scene", maxlength: 2000, placeholder: "a red robot in a forest" });
  const strengths = el("input", { type: "text", id: "grid-strengths", value: "0.4, 1" });
  const seeds = el("input", { type: "text", id: "grid-seeds", value: "1" });
  const steps = el("input", { type: "number", id: "grid-steps", min: 1, max: 100, value: 12 });
  const checks = Object.keys(EMOTIONS).map((name) => el("label", { class: "check" },
    el("input", { type: "checkbox", value: name, checked: ["amusement", "fear", "sadness"].includes(name) }), name));
  const place = scroller("Clips of the grid");
  const field = (text, input) => el("div", { class: "filter" }, el("label", { for: input.id }, text), input);
  const start = button("Make the grid", make, { class: "small main", id: "grid-start" });
  element.append(el("section", { class: "grid", "aria-label": "Grid" },
    el("div", { class: "filters" }, field("Scene", scene), field("Strengths", strengths), field("Seeds", seeds),
      field("Steps", steps)),
    el("fieldset", { class: "checks" }, el("legend", {}, "Emotions"), ...checks), start, place));
  let run = remembered();
  let revision = null;

  async function make() {
    const numbers = (text, low, high) => [...new Set(text.split(/[\s,;]+/).filter(Boolean).map(Number))]
      .filter((value) => value >= low && value <= high);
    const chosen = checks.map((label) => label.firstChild).filter((box) => box.checked).map((box) => box.value);
    const levels = numbers(strengths.value, 0.01, 1);
    const seedList = numbers(seeds.value, 0, 2 ** 31).map(Math.round);
    if (!scene.value.trim() || !chosen.length || !levels.length || !seedList.length) {
      say("expected a scene, an emotion, strengths of 0.01 to 1 and seeds", true);
      return;
    }
    if (chosen.length * levels.length * seedList.length > 200) {
      say("expected at most 200 clips; choose fewer", true);
      return;
    }
    const name = `grid-${Date.now().toString(36)}`;
    const emotion = chosen.flatMap((one) => levels.map((level) => `${one}:${number(level)}`));
    const made = await attempt(() => ask("jobs", {
      prompt: scene.value.trim(), steps: Number(steps.value), score: true, run: name,
      matrix: { emotion, seed: seedList },
    }));
    if (!made) return;
    run = { name, ids: made.ids, emotions: chosen, levels, seeds: seedList };
    try {
      localStorage.setItem(KEY, JSON.stringify(run));
    } catch { /* private windows may refuse */ }
    revision = null;
    refresh();
  }

  async function draw() {
    if (!run) return;
    const query = new URLSearchParams([["limit", 200], ...run.ids.map((id) => ["id", id])]);
    const found = await attempt(() => ask(`jobs?${query}`));
    if (!found) return;
    const jobs = found.jobs;
    const at = new Map(jobs.map((job) => [`${job.emotion} ${job.seed}`, job]));
    const columns = run.emotions.flatMap((name) => run.levels.map((level) => `${name}:${number(level)}`));
    const head = el("tr", {}, el("th", { scope: "col" }, "seed"), ...columns.map((name) => el("th", { scope: "col" }, name)));
    const rows = run.seeds.map((seed) => el("tr", {}, el("th", { scope: "row" }, String(seed)),
      ...columns.map((name) => cell(at.get(`${name} ${seed}`)))));
    place.replaceChildren(el("table", { class: "heat" },
      el("caption", {}, `${jobs[0] ? jobs[0].prompt : ""}; the greener, the more of what was asked the judge sees`),
      el("thead", {}, head), el("tbody", {}, ...rows)));
  }

  follow((feed) => {
    const now = `${feed.revision} ${feed.counts.running}`;
    if (!feed.isThere || now === revision) return;
    revision = now;
    draw();
  });
}

function cell(job) {
  if (!job) return el("td", {}, "–");
  if (job.state !== "done") return el("td", {}, job.state);
  const share = job.scores ? job.scores.asked_share : null;
  const tint = share === null ? "transparent" : `hsl(${Math.round(share * 120)} 65% 45% / .35)`;
  const video = el("video", { src: clipUrl(job), loop: true, playsinline: true, preload: "metadata", "aria-label": `${job.emotion}, seed ${job.seed}` });
  video.muted = true;
  video.addEventListener("mouseenter", () => video.play());
  video.addEventListener("mouseleave", () => video.pause());
  return el("td", { style: `background: ${tint}`, "data-share": share ?? "" }, video,
    el("div", { class: "row tight" }, share === null ? "" : `${Math.round(share * 100)} %`,
      button("Use", () => use(job, "all"), { "aria-label": `use ${job.emotion}, seed ${job.seed}` })));
}

function remembered() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) || "null");
    return found && Array.isArray(found.ids) ? found : null;
  } catch {
    return null;
  }
}

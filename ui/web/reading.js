// One clip and what the judge says of it.

import { API, ask, attempt, el, number, scroller, upload } from "./net.js";
import { button, chip, clipUrl, silent } from "./cards.js";
import { chartsOf } from "./charts.js";

const LOOK_MS = 700;
const SENSES = { vision: "pictures", voice: "voice", words: "words" };

export class Panel {
  constructor(name, changed) {
    this.changed = changed;
    this.answer = null;
    this.video = null;
    this.charts = [];
    this.asked = 0;
    const field = el("input", { type: "file", id: `judge-${name}`, accept: "video/*,audio/*,image/*", onchange: () => this.send(field.files[0]) });
    this.field = field;
    this.place = el("div", { class: "judged" });
    this.said = el("div", { class: "reading", "aria-live": "polite" });
    this.root = el("article", { class: "panel", "aria-label": `Clip ${name}` },
      el("div", { class: "drop" }, el("label", { for: field.id }, `Clip ${name}`), field),
      this.place, this.said);
    this.root.addEventListener("dragover", (event) => event.preventDefault());
    this.root.addEventListener("drop", (event) => {
      event.preventDefault();
      this.send(event.dataTransfer.files[0]);
    });
  }

  get isEmpty() {
    return !this.place.firstChild;
  }

  async send(file) {
    if (!file) return;
    const isPicture = /^image\/(png|jpeg)$/.test(file.type);
    this.said.replaceChildren(el("p", { class: "hint" }, "sending and checking the file"));
    try {
      const found = await upload(file, isPicture ? "image" : "clip");
      this.show(`${API}uploads/${found.id}/file`, found.name, isPicture || /\.(gif|webp)$/i.test(found.name));
      this.read({ upload: found.id });
    } catch (error) {
      this.clear();
      this.said.replaceChildren(el("p", { class: "problem" }, error.message));
    }
    this.field.value = "";
  }

  takeJob(job) {
    this.show(clipUrl(job), job.prompt || job.file, !/\.(mp4|webm)$/.test(job.file));
    this.read({ job: job.id });
  }

  clear() {
    this.asked += 1;
    this.answer = this.video = null;
    this.charts = [];
    this.place.replaceChildren();
    this.changed();
  }

  show(source, name, isPicture) {
    this.clear();
    if (isPicture) {
      this.place.replaceChildren(el("img", { src: source, alt: name }));
      return;
    }
    this.video = silent({ src: source, preload: "auto", "aria-label": name });
    this.video.addEventListener("loadedmetadata", this.changed);
    this.video.addEventListener("timeupdate", () => this.setTime(this.video.currentTime));
    this.place.replaceChildren(this.video);
  }

  // Ask for a reading and wait for it; a restart of the studio is waited out.
  async read(what) {
    const number_ = ++this.asked;
    let found = await attempt(() => ask("readings", what));
    const stop = button("Stop", () => attempt(() => ask(`readings/${found.id}/cancel`, {})));
    const waiting = el("div", { class: "row" }, el("p", { class: "hint" }, "the judge is looking "), stop);
    while (found && found.state === "reading") {
      if (!waiting.isConnected) this.said.replaceChildren(waiting); // once: focus stays where it is
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      if (number_ !== this.asked) return;
      try {
        found = await ask(`readings/${found.id}`);
      } catch {
        try {
          found = await ask("readings", what);
        } catch { /* not there yet */ }
      }
    }
    if (number_ !== this.asked || !found) return;
    if (found.state === "failed") {
      this.said.replaceChildren(el("p", { class: "problem" }, found.error));
      return;
    }
    this.answer = found;
    this.draw();
    this.changed();
  }

  draw() {
    const { recognition: read, asked } = this.answer;
    this.charts = chartsOf(this.answer);
    this.said.replaceChildren(
      el("p", { class: "verdict" }, chip(read.likeliest), verdict(read)),
      asked ? el("p", { class: "hint" }, `Asked for: ${asked.notation}`) : el("p", { class: "hint" }, "The file does not say what was asked of it."),
      ...this.charts, senses(read), ...explain(read, asked).map((line) => el("p", { class: "hint" }, line)),
    );
  }

  setTime(seconds) {
    for (const one of this.charts) one.setTime(seconds);
  }
}

const percent = (value) => `${Math.round(value * 100)} %`;

function verdict(read) {
  const sure = `confidence ${percent(read.confidence)}, strength ${percent(read.intensity)}`;
  return read.unsure ? ` unsure, ${sure}` : ` ${sure}`;
}

function senses(read) {
  const rows = Object.entries(read.modalities).map(([name, sense]) => el("tr", {},
    el("th", { scope: "row" }, SENSES[name] || name), el("td", {}, chip(sense.top)),
    el("td", {}, percent(sense.confidence)), el("td", {}, percent(sense.weight)), el("td", {}, percent(sense.coverage))));
  return rows.length ? scroller("Senses", el("table", {},
    el("caption", { class: "sr-only" }, "What each sense says"),
    el("thead", {}, el("tr", {}, ...["Sense", "Says", "Confidence", "Weight", "Of the time"].map((text) => el("th", { scope: "col" }, text)))),
    el("tbody", {}, ...rows))) : el("p", { class: "hint" }, "There was nothing to read in it.");
}

function explain(read, asked) {
  const lines = [];
  const moments = read.moments;
  const [worst, conflict] = Object.entries(read.conflict_between).sort((a, b) => b[1] - a[1])[0] || [];
  if (conflict >= 0.5) {
    const [one, other] = worst.split("+");
    lines.push(`${SENSES[one]} and ${SENSES[other]} disagree (${percent(conflict)}): ${read.modalities[one].top} against ${read.modalities[other].top}.`);
  }
  if (moments) {
    const change = moments.first_emotion === moments.last_emotion ? `stays ${moments.first_emotion}`
      : `goes from ${moments.first_emotion} to ${moments.last_emotion}`;
    lines.push(`It ${change}; strongest at ${number(moments.peak)} s (${moments.peak_emotion}).`);
  }
  if (asked) {
    const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
    lines.push(`On average valence was ${number(mean(asked.valence))} asked, ${number(read.vad[0])} read; arousal ${number(mean(asked.arousal))} asked, ${number(read.vad[1])} read.`);
  }
  lines.push(...read.notes);
  if (read.tier !== "open") lines.push(`Weights used: ${read.tier}.`);
  return lines;
}

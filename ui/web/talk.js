// Speech and a portrait in; the portrait speaking, and which source told which emotion.

import { API, ask, attempt, el, number, say, scroller, upload } from "./net.js";
import { button, chip } from "./cards.js";
import { chart } from "./charts.js";
import { makeRecorder } from "./recorder.js";

const KEY = "emogen-talk";
const LOOK_MS = 800;

export function mount(element, props) {
  let audio = "";
  let picture = "";
  const heard = el("span", { class: "hint" }, "no sound yet");
  const file = el("input", { type: "file", id: "talk-audio", accept: "audio/*,video/*", onchange: () => sound(file.files[0]) });
  const who = el("select", { id: "talk-portrait" }, ...props.characters.split(",").map((name) => el("option", { value: name }, name)));
  const photo = el("input", { type: "file", id: "talk-picture", accept: "image/png,image/jpeg,image/webp", onchange: () => face(photo.files[0]) });
  const words = el("textarea", { id: "talk-words", rows: 2, maxlength: 2000, placeholder: "what is said, in English; helps to hear the emotion" });
  const emotion = el("input", { type: "text", id: "talk-emotion", value: "auto", maxlength: 2000, spellcheck: "false" });
  const canDiffuse = props.engines.includes("diffusion");
  const scene = el("input", { type: "text", id: "talk-scene", maxlength: 2000, placeholder: "what is seen, where it is drawn by diffusion" });
  const size = el("select", { id: "talk-size" }, ...[128, 256, 512].map((side) => el("option", { value: side, selected: side === 256 }, `${side}x${side}`)));
  const seed = el("input", { type: "number", id: "talk-seed", min: 0, step: 1, value: 0 });
  const consent = el("input", { type: "checkbox", id: "talk-consent" });
  const start = button("Make it speak", begin, { class: "small main", id: "talk-start" });
  const place = el("div", { class: "talked", "aria-live": "polite" });
  const field = (text, input) => el("div", { class: "filter" }, el("label", { for: input.id }, text), input);
  element.append(el("section", { class: "talk", "aria-label": "Talk" },
    el("div", { class: "drop" }, el("label", { for: "talk-audio" }, "Speech"), file, makeRecorder(sound), heard),
    el("div", { class: "filters" }, field("Character", who), field("or a picture of a face", photo), field("Size", size), field("Seed", seed)),
    field("Transcript", words), ...(canDiffuse ? [field("Scene", scene)] : []), field("Emotion: auto, or as in Create", emotion),
    el("label", { class: "check" }, consent, "Those whose voice or face this is have consented."),
    el("div", { class: "row" }, start), place));
  let watched = null;
  try {
    watched = localStorage.getItem(KEY);
  } catch { /* private windows may refuse */ }
  if (watched && /^[0-9a-f]{20}$/.test(watched)) follow(watched);

  async function sound(given) {
    if (!given) return;
    heard.textContent = "sending and checking";
    const found = await attempt(() => upload(given, "clip"));
    audio = found ? found.id : "";
    heard.textContent = found ? `${found.name}, ${number(found.seconds)} s` : "no sound yet";
  }

  async function face(given) {
    const found = given && await attempt(() => upload(given, "image"));
    picture = found ? found.id : "";
    who.disabled = Boolean(picture);
  }

  async function begin() {
    if (!audio) return say("expected speech; choose a file or record some", true);
    if (!consent.checked) return say("the consent of those whose voice or face this is, please", true);
    return make({
      audio, portrait: picture || who.value, transcript: words.value, emotion: emotion.value || "auto",
      size: Number(size.value), seed: Number(seed.value) || 0,
    });
  }

  async function make(asked) {
    const made = await attempt(() => ask("talks", asked));
    if (!made) return undefined;
    try {
      localStorage.setItem(KEY, made.id);
    } catch { /* private windows may refuse */ }
    return follow(made.id);
  }

  async function follow(id) {
    watched = id;
    const stop = button("Cancel", () => attempt(() => ask(`talks/${id}/cancel`, {})));
    const waiting = el("div", { class: "row" }, el("p", { class: "hint" }, "listening and drawing "), stop);
    for (;;) {
      let found;
      try {
        found = await ask(`talks/${id}`);
      } catch (error) {
        if (/^no such/.test(error.message)) return;
        found = { state: "waiting" };
      }
      if (watched !== id) return;
      if (found.state === "done") return show(found);
      if (found.state === "failed") return place.replaceChildren(el("p", { class: "problem" }, found.error));
      if (!waiting.isConnected) place.replaceChildren(waiting); // once: focus stays where it is
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  function show(found) {
    const source = new URL(`../../${found.clip}`, API).href;
    const video = el("video", { src: source, controls: true, playsinline: true, preload: "auto", "aria-label": "talking head" });
    const told = found.heard;
    const curve = [...curves(told), ...sourceCurves(told)];
    video.addEventListener("timeupdate", () => curve.forEach((one) => one.setTime(video.currentTime)));
    const tools = el("div", { class: "row" }, el("a", { href: `${source}?download=true` }, "Download"));
    if (canDiffuse && found.asked.engine !== "diffusion") {
      tools.append(button("Draw it by diffusion", () => make({ ...found.asked, engine: "diffusion", scene: scene.value }),
        { title: "the same speech and emotion, slower" }));
    }
    place.replaceChildren(el("div", { class: "panels" },
      el("div", {}, video, tools),
      el("div", { class: "reading" }, ...curve, sources(told.sources), ...told.conflicts.map(conflict),
        ...found.notes.map((note) => el("p", { class: "hint" }, note)))));
  }
}

// What the face shows, second by second.
function curves(told) {
  const seconds = told.emotion.map((_, second) => second);
  const line = (name) => ({ name, values: told.emotion.map((one) => one[name]), seconds });
  const duration = Math.max(told.seconds, 1);
  return [
    chart("Shown", [{ ...line("valence"), className: "read" }, { ...line("arousal"), className: "asked" }], { duration }),
    chart("Strength", [{ ...line("intensity"), className: "read" }], { duration, low: 0 }),
  ];
}

const COLOURS = { words: "#7c3aed", voice: "#dc2626", tone: "#d97706", portrait: "#15803d", request: "#2563eb" };

// What each source says over time and how much the face follows it; disagreements are shaded.
function sourceCurves(told) {
  const heard = Object.entries(told.sources).filter(([, one]) => one.curves);
  if (!heard.length || !told.moments) return [];
  const options = { duration: Math.max(told.seconds, told.moments.at(-1)), spans: told.conflicts };
  const lines = (what) => heard.map(([name, one]) => ({
    name, values: one.curves[what], seconds: told.moments, colour: COLOURS[name],
  }));
  return [
    chart("Valence by source", lines("valence"), options),
    chart("Arousal by source", lines("arousal"), options),
    chart("Weight", lines("weight"), { ...options, low: 0 }),
  ];
}

function sources(found) {
  const percent = (value) => `${Math.round(value * 100)} %`;
  const rows = Object.values(found).filter((one) => one.says).map((one) => el("tr", {},
    el("th", { scope: "row" }, one.what), el("td", {}, chip(one.says)), el("td", {}, percent(one.confidence)),
    el("td", {}, el("progress", { max: 1, value: one.weight, "aria-label": "weight" }), ` ${percent(one.weight)}`)));
  return scroller("Sources", el("table", {}, el("caption", { class: "sr-only" }, "Who told which emotion"),
    el("thead", {}, el("tr", {}, ...["Source", "Says", "Sure", "Weight"].map((text) => el("th", { scope: "col" }, text)))),
    el("tbody", {}, ...rows)));
}

const conflict = (one) => el("p", { class: "hint" },
  `${one.between.join(" and ")} disagree from ${number(one.start)} to ${number(one.end)} s: ${one.says.join(" against ")}; ${one.decided_by} decides.`);

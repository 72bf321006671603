"use strict";
const study = JSON.parse(document.querySelector("#study").textContent);
const MEANINGS = {
  amusement: "finding something funny", awe: "wonder before something great",
  contentment: "calm and at ease", excitement: "thrilled, full of energy",
  anger: "furious at something", disgust: "repelled by something",
  fear: "afraid of something", sadness: "sorrow, being down",
};
const LEAST_SECONDS = 1;
const find = (name) => document.querySelector(name);
const memory = `emogen-study-${study.study}`;
let state = { rater: "", started: null, order: [], answers: {}, at: 0 };
let shownAt = 0;

try { state = Object.assign(state, JSON.parse(localStorage.getItem(memory) || "{}")); } catch { /* none */ }
find("#rater").value = state.rater;

function remember() {
  try { localStorage.setItem(memory, JSON.stringify(state)); } catch { /* a page on disk may not */ }
}

function shuffled(items) {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor(Math.random() * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

function show(name) {
  for (const part of ["welcome", "question", "thanks"]) find(`#${part}`).hidden = part !== name;
}

function ask() {
  if (state.at >= state.order.length) { finish(); return; }
  show("question");
  const trial = study.trials[state.order[state.at]];
  const title = find("#ask");
  title.textContent = "Which clip shows ";
  title.append(Object.assign(document.createElement("b"), { textContent: trial.emotion }), " more clearly?");
  find("#meaning").textContent = `${MEANINGS[trial.emotion] || ""}`;
  find("#place").textContent = `${state.at + 1} of ${state.order.length}`;
  find("progress").value = state.at / state.order.length;
  document.querySelectorAll(".side video").forEach((video, side) => {
    video.src = trial.clips[side];
    video.muted = true;
    video.play().catch(() => { video.controls = true; });
  });
  const chosen = (state.answers[trial.trial] || {}).choice;
  for (const button of document.querySelectorAll("[data-choice]")) {
    button.disabled = true;
    button.setAttribute("aria-pressed", String(button.dataset.choice === chosen));
  }
  find("#back").disabled = state.at === 0;
  shownAt = performance.now();
  const at = state.at;
  setTimeout(() => {
    if (at !== state.at) return;
    for (const button of document.querySelectorAll("[data-choice]")) button.disabled = false;
  }, LEAST_SECONDS * 1000);
  title.focus({ preventScroll: true });
}

function choose(choice) {
  const seconds = (performance.now() - shownAt) / 1000;
  if (find("#question").hidden || seconds < LEAST_SECONDS) return;
  const trial = study.trials[state.order[state.at]].trial;
  state.answers[trial] = { choice, seconds: Math.round(seconds * 10) / 10, order: state.at };
  state.at += 1;
  remember();
  ask();
}

function finish() {
  show("thanks");
  const answers = Object.entries(state.answers).map(([trial, given]) => ({ trial, ...given }));
  const text = JSON.stringify({
    study: study.study, rater: state.rater, started: state.started,
    finished: new Date().toISOString(), answers,
  }, null, 1);
  find("#copy").value = text;
  const save = find("#save");
  save.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  save.download = `answers-${state.rater.replace(/[^\w-]+/g, "-").slice(0, 40) || "rater"}.json`;
}

find("#begin").addEventListener("click", () => {
  const rater = find("#rater").value.trim();
  if (!rater) { find("#rater").focus(); return; }
  if (state.order.length !== study.trials.length || rater !== state.rater) {
    state = { rater, started: null, order: [], answers: {}, at: 0 };
    state.order = shuffled(study.trials.keys());
    state.started = new Date().toISOString();
  }
  remember();
  ask();
});
find("#rater").addEventListener("keydown", (event) => {
  if (event.key === "Enter") find("#begin").click();
});
find("#back").addEventListener("click", () => { state.at = Math.max(0, state.at - 1); ask(); });
for (const button of document.querySelectorAll("[data-choice]")) {
  button.addEventListener("click", () => choose(button.dataset.choice));
}
document.addEventListener("keydown", (event) => {
  const choice = { ArrowLeft: "left", ArrowRight: "right", ArrowDown: "tie" }[event.key];
  if (choice && !find("#question").hidden) { event.preventDefault(); choose(choice); }
});

// Emotion over time: keyframes to drag, or to move with the keys, above the curve they make.

import { clamp, el, number, svg } from "./net.js";

const WIDTH = 600;
const HEIGHT = 96;
const STEP_S = 0.05;
const LINES = [["valence", "line-valence"], ["arousal", "line-arousal"]];
const WAYS = { "->": "straight", "~>": "ease", "=>": "hold, then cut", "o>": "great circle" };

export function makeTimeline({ choose, move, add, remove, arrow }) {
  const lines = LINES.map(([, name]) => svg("polyline", { class: name }));
  const strength = svg("polygon", { class: "area-intensity" });
  const picture = svg("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", class: "timeline-picture",
    "aria-hidden": "true",
  }, strength, svg("line", { x1: 0, y1: HEIGHT / 2, x2: WIDTH, y2: HEIGHT / 2, class: "axis" }),
  ...lines);
  const lane = el("div", { class: "timeline-lane" }, picture);
  const ends = el("div", { class: "timeline-ends", "aria-hidden": "true" });
  const way = el("select", { id: "keyframe-way", onchange: () => arrow(state.chosen, way.value) },
    ...Object.entries(WAYS).map(([value, text]) => el("option", { value }, text)));
  const time = el("input", {
    type: "number", id: "keyframe-time", step: STEP_S, min: 0,
    onchange: () => move(state.chosen, Number(time.value)),
  });
  const drop = el("button", { type: "button", class: "small", onclick: () => remove(state.chosen) },
    "Remove moment");
  const root = el("div", { class: "timeline", role: "group", "aria-label": "Emotion over time" },
    el("div", { class: "timeline-head" },
      el("span", { class: "key" }, el("i", { class: "key-valence" }), "valence"),
      el("span", { class: "key" }, el("i", { class: "key-arousal" }), "arousal"),
      el("span", { class: "key" }, el("i", { class: "key-intensity" }), "strength")),
    lane, ends,
    el("div", { class: "timeline-tools" },
      el("button", { type: "button", class: "small", id: "add-moment", onclick: () => add() }, "Add moment"),
      drop,
      el("span", { class: "pair" }, el("label", { for: "keyframe-time" }, "at"), time, "s"),
      el("span", { class: "pair" }, el("label", { for: "keyframe-way" }, "then"), way)));
  const state = { frames: [], chosen: 0, seconds: 2, nodes: [] };

  function node(index) {
    const button = el("button", {
      type: "button", class: "keyframe", role: "slider", "aria-orientation": "horizontal",
      onfocus: () => { if (state.chosen !== index) choose(index); },
      onkeydown: (event) => key(event, index),
      onpointerdown: (event) => {
        button.setPointerCapture(event.pointerId);
        event.stopPropagation();
      },
      onpointermove: (event) => {
        if (button.hasPointerCapture(event.pointerId)) move(index, at(event));
      },
    });
    return button;
  }

  function key(event, index) {
    const frame = state.frames[index];
    const step = event.shiftKey ? 4 * STEP_S : STEP_S;
    const act = {
      ArrowLeft: () => move(index, frame.seconds - step),
      ArrowRight: () => move(index, frame.seconds + step),
      Delete: () => remove(index), Backspace: () => remove(index),
      Home: () => move(index, 0), End: () => move(index, state.seconds),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  function at(event) {
    const box = lane.getBoundingClientRect();
    return clamp((event.clientX - box.left) / box.width, 0, 1) * state.seconds;
  }
  lane.addEventListener("dblclick", (event) => { if (event.target === lane || lane.contains(event.target)) add(at(event)); });

  function draw({ frames, samples, chosen, seconds }) {
    Object.assign(state, { frames, chosen, seconds });
    while (state.nodes.length < frames.length) {
      state.nodes.push(node(state.nodes.length));
      lane.append(state.nodes.at(-1));
    }
    while (state.nodes.length > frames.length) state.nodes.pop().remove();
    frames.forEach((frame, index) => {
      const button = state.nodes[index];
      button.style.left = `${clamp(frame.seconds / seconds, 0, 1) * 100}%`;
      button.style.top = `${(1 - frame.valence) / 2 * 100}%`;
      button.classList.toggle("chosen", index === chosen);
      button.setAttribute("aria-valuemin", "0");
      button.setAttribute("aria-valuemax", number(seconds));
      button.setAttribute("aria-valuenow", number(frame.seconds));
      button.setAttribute("aria-valuetext", `${number(frame.seconds)} s, ${frame.text}`);
      button.setAttribute("aria-label", `Moment ${index + 1}; arrow keys move, delete removes`);
    });
    plot(samples);
    ends.replaceChildren(el("span", {}, "0 s"), el("span", {}, `${number(seconds)} s`));
    const frame = frames[chosen];
    drop.disabled = time.disabled = !frame;
    way.disabled = !frame || chosen === frames.length - 1;
    way.value = frame ? frame.arrow : "->";
    if (document.activeElement !== time) time.value = frame ? number(frame.seconds) : "";
    time.max = seconds;
  }

  function plot(samples) {
    const x = (row) => row / (samples.seconds.length - 1) * WIDTH;
    const y = (value) => (1 - value) / 2 * HEIGHT;
    LINES.forEach(([name], index) => lines[index].setAttribute("points", !samples ? ""
      : samples[name].map((value, row) => `${x(row)},${y(value)}`).join(" ")));
    strength.setAttribute("points", !samples ? "" : [`0,${HEIGHT}`,
      ...samples.intensity.map((value, row) => `${x(row)},${(1 - value) * HEIGHT}`),
      `${WIDTH},${HEIGHT}`].join(" "));
  }
  return { root, draw };
}

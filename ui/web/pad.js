// The plane of valence and arousal: a point to drag, or to move with the arrow keys.

import { EMOTIONS, clamp, el, number, svg } from "./net.js";

const SIDE = 240;
const STEP = 0.05;
const place = (valence, arousal) => [(valence + 1) / 2 * SIDE, (1 - arousal) / 2 * SIDE];

export function makePad({ move }) {
  const trace = svg("polyline", { class: "pad-trace" });
  const dots = svg("g");
  const names = svg("g", { class: "pad-names" });
  for (const [name, { valence, arousal, colour }] of Object.entries(EMOTIONS)) {
    const [x, y] = place(valence, arousal);
    const isRight = x > SIDE * 0.62 || name === "fear"; // its dot lies beside that of anger
    names.append(svg("circle", { cx: x, cy: y, r: 3.5, fill: colour }),
      svg("text", {
        x: x + (isRight ? -7 : 7), y: y + LIFT(name), "text-anchor": isRight ? "end" : "start",
      }, name));
  }
  const picture = svg("svg", {
    viewBox: `0 0 ${SIDE} ${SIDE}`, class: "pad-picture", "aria-hidden": "true",
  },
  svg("line", { x1: SIDE / 2, y1: 0, x2: SIDE / 2, y2: SIDE, class: "axis" }),
  svg("line", { x1: 0, y1: SIDE / 2, x2: SIDE, y2: SIDE / 2, class: "axis" }),
  names, trace, dots);
  const handle = el("div", {
    class: "pad-handle", role: "slider", tabindex: 0, id: "pad-handle",
    "aria-label": "Valence and arousal; arrow keys move it", "aria-valuemin": -1,
    "aria-valuemax": 1, "aria-valuenow": 0,
  });
  const plane = el("div", { class: "pad-plane" }, picture, handle);
  const root = el("div", { class: "pad" },
    el("span", { class: "pad-top", "aria-hidden": "true" }, "excited"), plane,
    el("span", { class: "pad-bottom", "aria-hidden": "true" }, "calm"),
    el("span", { class: "pad-left", "aria-hidden": "true" }, "unpleasant"),
    el("span", { class: "pad-right", "aria-hidden": "true" }, "pleasant"));
  let now = [0, 0];

  function show(valence, arousal) {
    now = [valence, arousal];
    const [x, y] = place(valence, arousal);
    handle.style.left = `${x / SIDE * 100}%`;
    handle.style.top = `${y / SIDE * 100}%`;
    handle.setAttribute("aria-valuenow", number(valence));
    handle.setAttribute("aria-valuetext", `valence ${number(valence)}, arousal ${number(arousal)}`);
  }

  function go(valence, arousal) {
    show(clamp(valence, -1, 1), clamp(arousal, -1, 1));
    move(...now);
  }

  function drag(event) {
    const box = plane.getBoundingClientRect();
    go((event.clientX - box.left) / box.width * 2 - 1, 1 - (event.clientY - box.top) / box.height * 2);
  }
  plane.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    plane.setPointerCapture(event.pointerId);
    handle.focus({ preventScroll: true });
    event.preventDefault();
    drag(event);
  });
  plane.addEventListener("pointermove", (event) => {
    if (plane.hasPointerCapture(event.pointerId)) drag(event);
  });
  handle.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 4 * STEP : STEP;
    const way = {
      ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step],
    }[event.key];
    if (!way) return;
    event.preventDefault();
    go(now[0] + way[0], now[1] + way[1]);
  });

  function draw({ frames, samples, chosen }) {
    const frame = frames[chosen];
    const isDragged = document.activeElement === handle;
    const isFar = frame && Math.hypot(frame.valence - now[0], frame.arousal - now[1]) > 0.2;
    if (!isDragged || isFar || !frame) show(frame ? frame.valence : 0, frame ? frame.arousal : 0);
    trace.setAttribute("points", !samples || frames.length < 2 ? ""
      : samples.valence.map((valence, row) => place(valence, samples.arousal[row]).join(",")).join(" "));
    dots.replaceChildren(...frames.filter((_, index) => index !== chosen).map((one) => {
      const [cx, cy] = place(one.valence, one.arousal);
      return svg("circle", { cx, cy, r: 5, class: "pad-dot" });
    }));
  }
  return { root, draw };
}

// Names that would lie on each other are lifted or lowered.
const LIFT = (name) => ({ amusement: 12, excitement: -4, disgust: 13 })[name] ?? 4;

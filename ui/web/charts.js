// Curves over time: what was asked beside what was read, as pictures that a table repeats.

import { EMOTIONS, el, number, svg } from "./net.js";

const WIDTH = 480;
const HEIGHT = 90;

// One chart of lines over seconds; `lines` are { name, values, seconds, className, colour }, with null
// where there is no value. `spans` are shaded stretches { start, end }.
export function chart(title, lines, { duration, low = -1, high = 1, spans = [] }) {
  const x = (seconds) => duration > 0 ? seconds / duration * WIDTH : 0;
  const y = (value) => (high - value) / (high - low) * HEIGHT;
  const shaded = spans.map((span) => svg("rect", {
    class: "span", x: x(span.start), y: 0, width: Math.max(1, x(span.end) - x(span.start)), height: HEIGHT,
  }));
  const drawn = lines.flatMap((line) => {
    const attributes = { class: `curve-line ${line.className || ""}`, style: line.colour ? `stroke: ${line.colour}` : null };
    if (line.values.length === 1) {
      return svg("line", { ...attributes, x1: 0, x2: WIDTH, y1: y(line.values[0]), y2: y(line.values[0]) });
    }
    return stretches(line.values).map((rows) => svg("polyline", { ...attributes,
      points: rows.map((row) => `${x(line.seconds[row])},${y(line.values[row])}`).join(" ") }));
  });
  const head = svg("line", { class: "playhead", x1: 0, x2: 0, y1: 0, y2: HEIGHT });
  const picture = svg("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img",
    "aria-label": `${title}: ${lines.map((line) => `${line.name} ${range(line.values)}`).join("; ")}`,
  }, low < 0 ? svg("line", { class: "axis", x1: 0, x2: WIDTH, y1: y(0), y2: y(0) }) : svg("g"),
  ...shaded, ...drawn, head);
  const keys = lines.map((line) => el("span", { class: "key" },
    el("i", { class: `stroke ${line.className || ""}`, style: line.colour ? `background: ${line.colour}` : null }), line.name));
  const root = el("figure", { class: "chart" },
    el("figcaption", {}, el("b", {}, title), ...keys), picture);
  root.setTime = (seconds) => {
    head.setAttribute("x1", x(seconds));
    head.setAttribute("x2", x(seconds));
  };
  return root;
}

// Rows that follow each other and have a value.
function stretches(values) {
  const found = [];
  values.forEach((value, row) => {
    if (value === null) return;
    if (row && values[row - 1] !== null && found.length) found.at(-1).push(row);
    else found.push([row]);
  });
  return found;
}

const range = (values) => {
  const known = values.filter((value) => value !== null);
  const low = number(Math.min(...known));
  const high = number(Math.max(...known));
  return low === high ? low : `${low} to ${high}`;
};

// All charts of a reading: { recognition, asked }.
export function chartsOf({ recognition, asked }) {
  const timeline = recognition.timeline;
  const duration = recognition.duration || 1;
  const seconds = timeline.seconds;
  const column = (index) => timeline.vad.map((row) => row[index]);
  const pair = (title, name, values) => chart(title, [
    { name: "read", values, seconds, className: "read" },
    ...(asked ? [{ name: "asked", values: asked[name], seconds: asked.seconds, className: "asked" }] : []),
  ], { duration, low: name === "intensity" ? 0 : -1 });
  const shown = Object.keys(EMOTIONS).filter((name) => Math.max(...timeline.emotion[name]) >= 0.15);
  return [
    pair("Valence", "valence", column(0)), pair("Arousal", "arousal", column(1)),
    pair("Strength", "intensity", timeline.intensity),
    chart("Emotions read", shown.map((name) => ({
      name, values: timeline.emotion[name], seconds, colour: EMOTIONS[name].colour,
    })), { duration, low: 0 }),
  ];
}

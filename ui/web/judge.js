// Clips to be judged, one or two side by side: what they show beside what was asked.

import { ask, attempt, el, number } from "./net.js";
import { button } from "./cards.js";
import { Panel } from "./reading.js";

export function mount(element, props, trigger, watch) {
  const panels = [new Panel("A", draw), new Panel("B", draw)];
  const scrub = el("input", { type: "range", id: "scrub", min: 0, max: 1, step: 0.01, value: 0, "aria-label": "time", oninput: () => seek(Number(scrub.value)) });
  const time = el("output", { for: "scrub" }, "0 s");
  const play = button("Play", toggle, { id: "play-both" });
  const transport = el("div", { class: "transport row", hidden: true }, play, scrub, time);
  const difference = el("p", { class: "difference", "aria-live": "polite" });
  element.append(el("section", { class: "judge", "aria-label": "Judge" }, transport, difference,
    el("div", { class: "panels" }, ...panels.map((panel) => panel.root))));
  let frame = null;

  const videos = () => panels.map((panel) => panel.video).filter((video) => video && video.duration);
  const longest = () => Math.max(0.01, ...videos().map((video) => video.duration));

  // Both clips stand at one time; the shorter one stays at its end.
  function seek(seconds) {
    for (const video of videos()) video.currentTime = Math.min(seconds, Math.max(0, video.duration - 0.01));
    show(seconds);
  }

  function show(seconds) {
    scrub.value = seconds;
    time.textContent = `${number(seconds)} s`;
    for (const panel of panels) panel.setTime(seconds);
  }

  function toggle() {
    const list = videos();
    if (!list.length) return;
    if (frame !== null) {
      stop();
      return;
    }
    const ended = list.every((video) => video.currentTime >= video.duration - 0.05);
    if (ended) seek(0);
    for (const video of list) video.play();
    play.textContent = "Pause";
    const step = () => {
      const lead = list.reduce((best, video) => (video.duration > best.duration ? video : best));
      for (const video of list) { // who runs ahead or behind is brought back
        const wanted = Math.min(lead.currentTime, video.duration);
        if (video !== lead && Math.abs(video.currentTime - wanted) > 0.12) video.currentTime = wanted;
      }
      show(lead.currentTime);
      if (lead.ended || lead.paused) stop();
      else frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
  }

  function stop() {
    cancelAnimationFrame(frame);
    frame = null;
    play.textContent = "Play";
    for (const video of videos()) video.pause();
  }

  function draw() {
    const list = videos();
    transport.hidden = !list.length;
    scrub.max = longest();
    play.textContent = frame === null ? "Play" : "Pause";
    difference.textContent = compared(panels.map((panel) => panel.answer));
  }

  watch("value", begin);
  begin();

  async function begin() {
    const [kind, id] = (props.value || "").split(":");
    if (kind !== "job" || !id) return;
    const job = await attempt(() => ask(`jobs/${id}`));
    if (!job) return;
    const free = panels[0].isEmpty || !panels[1].isEmpty ? panels[0] : panels[1];
    free.takeJob(job);
  }
}

// One sentence about two readings.
function compared([first, second]) {
  if (!first || !second) return "";
  const a = first.recognition;
  const b = second.recognition;
  const moved = ["valence", "arousal", "dominance"]
    .map((name, index) => [name, b.vad[index] - a.vad[index]])
    .filter(([, change]) => Math.abs(change) >= 0.05)
    .map(([name, change]) => `${name} ${change > 0 ? "+" : ""}${number(change)}`);
  const tops = a.likeliest === b.likeliest ? `both read as ${a.likeliest}` : `A ${a.likeliest}, B ${b.likeliest}`;
  return `${tops}; B against A: ${moved.join(", ") || "no clear difference"}.`;
}

// The emotion of a clip: text, pad, sliders and timeline, all views of one notation.
//
// The studio reads the notation (GET emotion) and says what it means; every gesture writes notation.

import { EMOTIONS, ask, clamp, el, number } from "./net.js";
import { makePad } from "./pad.js";
import { makeTimeline } from "./timeline.js";

const READ_MS = 120;
const NEUTRAL = { seconds: 0, text: "neutral", arrow: "->", valence: 0, arousal: 0, strengths: {} };

export function mount(element, props, trigger, watch) {
  const editor = new Editor(props, trigger);
  element.append(editor.root);
  watch("value", () => editor.take(props.value || ""));
  watch("seconds", () => editor.setSeconds(props.seconds));
  editor.take(props.value || "");
}

class Editor {
  constructor(props, trigger) {
    this.props = props;
    this.trigger = trigger;
    this.text = null;
    this.seconds = Number(props.seconds) || 2;
    this.frames = [];
    this.samples = null;
    this.chosen = 0;
    this.asked = 0;
    this.isStale = false; // gestures are drawn before the studio has said what they mean
    this.waiting = [];
    this.build();
  }

  build() {
    this.field = el("input", {
      type: "text", id: "emotion-text", autocomplete: "off", spellcheck: "false", maxlength: 2000,
      placeholder: "none; e.g. sadness:0.8@0s -> joy@2s, or words of your own",
      "aria-describedby": "emotion-means", oninput: () => this.write(this.field.value),
    });
    this.means = el("p", { id: "emotion-means", class: "hint", "aria-live": "polite" });
    this.pad = makePad({ move: (valence, arousal) => this.setCoordinates(valence, arousal) });
    this.timeline = makeTimeline({
      choose: (index) => { this.chosen = index; this.draw(); },
      move: (index, seconds) => this.move(index, seconds),
      add: (seconds) => this.add(seconds),
      remove: (index) => this.remove(index),
      arrow: (index, arrow) => this.change(index, { arrow }),
    });
    this.sliders = {};
    const rows = Object.keys(EMOTIONS).map((name) => {
      const shown = el("output", { for: `strength-${name}` }, "0");
      const slider = el("input", {
        type: "range", min: 0, max: 1, step: 0.05, id: `strength-${name}`, value: 0,
        style: `--tint: ${EMOTIONS[name].colour}`,
        "aria-valuetext": "0",
        oninput: () => this.setStrength(name, Number(slider.value)),
      });
      this.sliders[name] = { slider, shown };
      return el("div", { class: "strength" }, el("label", { for: `strength-${name}` }, name),
        slider, shown);
    });
    const clear = el("button", { type: "button", class: "small", onclick: () => this.write("", true) },
      "No emotion");
    this.root = el("section", { class: "curve", "aria-label": "Emotion" },
      el("div", { class: "curve-text" }, el("label", { for: "emotion-text" }, "Emotion"),
        el("div", { class: "row" }, this.field, clear), this.means),
      el("div", { class: "curve-views" }, this.pad.root, el("div", { class: "strengths" }, ...rows)),
      this.timeline.root);
  }

  // Take a text from outside, as when a clip's settings are used again.
  take(text) {
    if (text === this.text) return;
    this.field.value = text;
    this.chosen = 0;
    this.write(text, false, true);
  }

  setSeconds(seconds) {
    if (!(seconds > 0) || seconds === this.seconds) return;
    this.seconds = seconds;
    this.read();
  }

  // Make a text the emotion: show it, tell the page, ask what it means.
  write(text, isGesture = false, isQuiet = false) {
    this.text = text;
    if (isGesture) this.field.value = text;
    this.props.value = text;
    if (!isQuiet) this.trigger("input");
    this.isStale = true;
    this.asked += 1; // an answer that is under way comes too late
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.read(), isGesture ? 0 : READ_MS);
  }

  async read() {
    const number_ = ++this.asked;
    const query = new URLSearchParams({ spec: this.text, seconds: this.seconds });
    try {
      const found = await ask(`emotion?${query}`);
      if (number_ !== this.asked) return; // a later one is under way
      this.frames = found.keyframes;
      this.samples = found.samples;
      this.explain(found);
    } catch (error) {
      if (number_ !== this.asked) return;
      this.field.setAttribute("aria-invalid", "true");
      this.means.textContent = error.message;
      this.means.className = "hint problem";
      return;
    } finally {
      if (number_ === this.asked) this.settle();
    }
    this.chosen = clamp(this.chosen, 0, Math.max(0, this.frames.length - 1));
    this.draw();
  }

  settle() {
    this.isStale = false;
    for (const go of this.waiting.splice(0)) go();
  }

  // Wait until the studio has said what the last gesture means.
  async settled() {
    while (this.isStale) await new Promise((go) => this.waiting.push(go));
  }

  explain(found) {
    this.field.removeAttribute("aria-invalid");
    this.means.className = "hint";
    const words = found.words.map((one) => `“${one.words}” is read as ${one.notation}`);
    const same = found.notation === this.text.trim() || !found.notation;
    this.means.textContent = words.length ? words.join("; ")
      : found.keyframes.length === 0 ? "No emotion is asked for."
        : same ? "Drag the point, move the sliders, or add moments to the timeline."
          : `In short: ${found.notation}`;
  }

  draw() {
    const frame = this.frames[this.chosen];
    this.pad.draw({ frames: this.frames, samples: this.samples, chosen: this.chosen });
    this.timeline.draw({
      frames: this.frames, samples: this.samples, chosen: this.chosen, seconds: this.seconds,
    });
    for (const [name, { slider, shown }] of Object.entries(this.sliders)) {
      if (frame && !frame.strengths) continue; // not known yet
      const value = frame ? frame.strengths[name] || 0 : 0;
      if (document.activeElement !== slider || Math.abs(slider.value - value) > 0.04) {
        slider.value = value;
      }
      shown.textContent = number(value);
      slider.setAttribute("aria-valuetext", number(value));
    }
  }

  // --- gestures

  setCoordinates(valence, arousal) {
    this.change(this.chosen, {
      text: `v=${number(valence)},a=${number(arousal)}`, valence, arousal, strengths: null,
    });
  }

  async setStrength(name, value) {
    while (this.frames[this.chosen]?.strengths === null && this.isStale) await this.settled();
    const frame = this.frames[this.chosen];
    const strengths = { ...(frame ? frame.strengths : {}), [name]: value };
    const others = Object.entries(strengths).filter(([other]) => other !== name);
    const total = others.reduce((sum, [, strength]) => sum + strength, 0);
    const room = total + value > 1 ? (1 - value) / total : 1; // strengths add up to at most 1
    const parts = Object.keys(EMOTIONS)
      .map((other) => [other, other === name ? value : (strengths[other] || 0) * room])
      .map(([other, strength]) => [other, Math.floor(strength * 100 + 1e-6) / 100])
      .filter(([, strength]) => strength >= 0.01);
    const text = parts.map(([other, strength]) => `${other}:${number(strength)}`).join("+");
    this.change(this.chosen, { text: text || "neutral", strengths: Object.fromEntries(parts) });
  }

  change(index, changes) {
    const frames = this.frames.length ? this.frames.map((frame) => ({ ...frame })) : [{ ...NEUTRAL }];
    Object.assign(frames[Math.min(index, frames.length - 1)], changes);
    this.put(frames);
  }

  // Take keyframes as they are now, so that the next gesture begins from them.
  put(frames) {
    this.frames = frames;
    this.write(notation(frames), true);
  }

  move(index, seconds) {
    const before = index > 0 ? this.frames[index - 1].seconds + 0.05 : 0;
    const after = index + 1 < this.frames.length ? this.frames[index + 1].seconds - 0.05
      : this.seconds;
    const placed = Math.round(clamp(seconds, before, Math.max(before, after)) * 100) / 100;
    this.change(index, { seconds: placed });
    this.draw(); // at once; the studio's answer follows
  }

  async add(seconds) {
    await this.settled();
    const frames = this.frames.map((frame) => ({ ...frame }));
    if (!frames.length) {
      this.put([{ ...NEUTRAL, text: "joy:0.7", strengths: null }]);
      return;
    }
    let place = seconds;
    if (place === undefined) place = this.gap(frames);
    place = Math.round(clamp(place, 0, this.seconds) * 100) / 100;
    if (frames.some((frame) => Math.abs(frame.seconds - place) < 0.05)) return;
    const index = frames.filter((frame) => frame.seconds < place).length;
    frames.splice(index, 0, {
      ...frames[Math.max(0, index - 1)], seconds: place, ...this.feltAt(place, index),
    });
    this.chosen = index;
    this.put(frames);
    this.draw();
  }

  // The middle of the widest gap, the clip's end counted.
  gap(frames) {
    const times = [...frames.map((frame) => frame.seconds), this.seconds];
    if (this.seconds - times[times.length - 2] > 0.1) return this.seconds;
    let best = [0, 0];
    for (let index = 1; index < times.length; index += 1) {
      const width = times[index] - times[index - 1];
      if (width > best[0]) best = [width, (times[index] + times[index - 1]) / 2];
    }
    return best[1];
  }

  // What is felt at a time, as strengths, so that a new moment bends nothing yet.
  feltAt(seconds, index) {
    const samples = this.samples;
    if (!samples) return {};
    const row = Math.round(clamp(seconds / this.seconds, 0, 1) * (samples.seconds.length - 1));
    const parts = Object.entries(samples.strengths)
      .map(([name, values]) => [name, Math.floor(values[row] * 100) / 100])
      .filter(([, strength]) => strength >= 0.02);
    const text = parts.map(([name, strength]) => `${name}:${number(strength)}`).join("+");
    return {
      text: text || (index ? this.frames[index - 1].text : "neutral"),
      strengths: Object.fromEntries(parts),
      valence: samples.valence[row], arousal: samples.arousal[row],
    };
  }

  remove(index) {
    const frames = this.frames.filter((_, other) => other !== index);
    this.chosen = Math.max(0, index - 1);
    if (frames.length === 1) frames[0].seconds = 0;
    this.put(frames);
    this.draw(); // at once, so that the next gesture begins where the point now is
  }
}

// The notation of keyframes.
export function notation(frames) {
  if (!frames.length) return "";
  if (frames.length === 1 && frames[0].seconds === 0) return frames[0].text;
  return frames.map((frame, index) => `${frame.text}@${number(frame.seconds)}s`
    + (index + 1 < frames.length ? ` ${frame.arrow} ` : "")).join("");
}

// Talking to the studio and building the page: paths and tags in, JSON and elements out.

export const API = new URL("../api/v1/", import.meta.url).href;

// Fetch JSON; what goes wrong is an Error whose message is for a person.
export async function ask(path, body) {
  let answer;
  try {
    answer = await fetch(API + path, body === undefined ? {} : {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
    });
  } catch {
    throw new Error("the studio does not answer; is it still running?");
  }
  return await read(answer);
}

// Send a file; `kind` is image or clip.
export async function upload(file, kind) {
  const query = new URLSearchParams({ kind, name: file.name });
  let answer;
  try {
    answer = await fetch(`${API}uploads?${query}`, { method: "POST", body: file });
  } catch {
    throw new Error("the file could not be sent; it may be too large, or the studio is gone");
  }
  return await read(answer);
}

async function read(answer) {
  const text = await answer.text();
  let found;
  try {
    found = JSON.parse(text);
  } catch {
    throw new Error(text.trim() || `the studio answered ${answer.status}`);
  }
  if (!answer.ok) {
    const detail = Array.isArray(found.detail) ? found.detail.map((one) => one.msg).join("; ") : "";
    throw new Error((found.problems || []).join("\n") || found.error || detail || "refused");
  }
  return found;
}

// Fetch a file and hand it to the browser's downloads; a refusal is an Error in words.
export async function download(path, otherwise) {
  const answer = await fetch(API + path);
  if (!answer.ok) throw new Error((await answer.json()).error);
  const name = /filename="?([^";]+)/.exec(answer.headers.get("content-disposition") || "");
  const link = el("a", { href: URL.createObjectURL(await answer.blob()), download: name ? name[1] : otherwise });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  say(`${link.download} was handed to the downloads`);
}

// An element: el("button", { class: "x", onclick: f }, "text", child, ...).
export function el(tag, attributes = {}, ...children) {
  const [name, space] = tag.split("@");
  const node = space === "svg"
    ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "value") node.value = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

// A box that scrolls sideways where it must, by keys too.
export const scroller = (label, ...children) => el("div", {
  class: "scroll", tabindex: 0, role: "group", "aria-label": label,
}, ...children);

export const svg = (tag, attributes, ...children) => el(`${tag}@svg`, attributes, ...children);

export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

// A number as people write it: at most two digits behind the point.
export const number = (value) => String(Math.round(value * 100) / 100);

export function clock(seconds) {
  if (seconds === null || seconds === undefined) return "";
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

// Say something to screen readers, and in the corner of the page.
export function say(text, isProblem = false) {
  let place = document.querySelector("#emogen-said");
  if (!place) {
    place = el("div", { id: "emogen-said", role: "status", "aria-live": "polite" });
    document.body.append(place);
  }
  place.textContent = text;
  place.className = isProblem ? "shown problem" : "shown";
  clearTimeout(place.timer);
  place.timer = setTimeout(() => { place.className = ""; }, isProblem ? 9000 : 4000);
}

// Do something and say what went wrong, if anything.
export async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    say(error.message, true);
    return undefined;
  }
}

export const EMOTIONS = {
  amusement: { valence: 0.9, arousal: 0.7, colour: "#d97706" },
  awe: { valence: 0.5, arousal: 0.5, colour: "#7c3aed" },
  contentment: { valence: 0.8, arousal: -0.3, colour: "#15803d" },
  excitement: { valence: 0.6, arousal: 0.8, colour: "#db2777" },
  anger: { valence: -0.5, arousal: 0.6, colour: "#dc2626" },
  disgust: { valence: -0.6, arousal: 0.4, colour: "#65810d" },
  fear: { valence: -0.6, arousal: 0.6, colour: "#6d28d9" },
  sadness: { valence: -0.6, arousal: -0.3, colour: "#2563eb" },
};

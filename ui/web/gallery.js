// Finished clips: found by words, emotion and score; shown as cards.

import { EMOTIONS, ask, attempt, download, el, say } from "./net.js";
import { follow } from "./live.js";
import { button, card } from "./cards.js";

const PAGE = 24;

export function mount(element) {
  const names = [...Object.keys(EMOTIONS), "neutral"];
  const options = (text) => [el("option", { value: "" }, text), ...names.map((name) => el("option", { value: name }, name))];
  const text = el("input", { type: "search", id: "gallery-text", placeholder: "words of the scene" });
  const emotion = el("select", { id: "gallery-emotion" }, ...options("any"));
  const read = el("select", { id: "gallery-read" }, ...options("any"));
  const least = el("input", { type: "number", id: "gallery-score", min: 0, max: 100, step: 5, value: 0 });
  const starred = el("input", { type: "checkbox", id: "gallery-starred" });
  const found = el("p", { class: "hint", "aria-live": "polite" });
  const pack = el("select", { id: "gallery-pack", onchange: () => take(pack.value) },
    el("option", { value: "" }, "Download these"), el("option", { value: "mp4" }, "as they are"),
    el("option", { value: "gif" }, "GIFs"), el("option", { value: "telegram" }, "Telegram stickers"),
    el("option", { value: "whatsapp" }, "WhatsApp stickers"));
  pack.setAttribute("aria-label", "download these clips together");
  const list = el("div", { class: "cards" });
  const more = button("More", () => { shown += PAGE; load(); }, { hidden: true });
  const filter = (label, field) => el("div", { class: "filter" }, el("label", { for: field.id }, label), field);
  element.append(el("section", { class: "gallery", "aria-label": "Gallery" },
    el("div", { class: "filters", role: "search" }, filter("Search", text), filter("Asked for", emotion),
      filter("Read as", read), filter("Match, % at least", least), filter("Starred", starred)),
    el("div", { class: "row spread" }, found, pack), list, more));
  let shown = PAGE;
  let revision = null;
  let timer = null;

  function query() {
    const wanted = new URLSearchParams({ state: "done", limit: shown });
    if (text.value) wanted.set("text", text.value);
    if (emotion.value) wanted.set("emotion", emotion.value);
    if (read.value) wanted.set("read", read.value);
    if (Number(least.value)) wanted.set("min_score", Number(least.value) / 100);
    if (starred.checked) wanted.set("starred", "true");
    return wanted;
  }

  async function load() {
    const answer = await attempt(() => ask(`jobs?${query()}`));
    if (!answer) return;
    found.textContent = answer.total === 1 ? "1 clip" : `${answer.total} clips`;
    more.hidden = answer.total <= shown;
    const old = new Map([...list.children].map((node) => [node.dataset.id, node]));
    const nodes = answer.jobs.filter((job) => job.kind !== "evaluate")
      .map((job) => old.get(job.id) || quiet(card(job)));
    nodes.forEach((node, index) => {
      if (list.children[index] !== node) list.insertBefore(node, list.children[index] || null);
    });
    while (list.children.length > nodes.length) list.lastChild.remove();
  }

  // All clips on the page in one ZIP.
  async function take(kind) {
    pack.value = "";
    if (!kind) return;
    const ids = [...list.children].map((node) => node.dataset.id);
    say("preparing the files");
    await attempt(() => download(`pack?${new URLSearchParams([["kind", kind], ...ids.map((id) => ["ids", id])])}`, "emogen.zip"));
  }

  // In the gallery many clips are side by side: none plays by itself.
  function quiet(node) {
    const video = node.querySelector("video");
    if (video) {
      video.removeAttribute("autoplay");
      video.autoplay = false;
    }
    return node;
  }

  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => { shown = PAGE; load(); }, 200);
  };
  for (const field of [text, emotion, read, least, starred]) field.addEventListener("input", soon);
  follow((feed) => {
    if (!feed.isThere || feed.revision === revision) return;
    revision = feed.revision;
    load();
  });
}

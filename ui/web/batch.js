// Manifests: a file and what it names in; the plan, then the run, watched, and a ZIP out.

import { API, ask, attempt, clock, el, say, scroller, upload } from "./net.js";
import { follow, refresh } from "./live.js";
import { button } from "./cards.js";

export function mount(element) {
  const manifest = el("input", { type: "file", id: "manifest-file", accept: ".jsonl,.ndjson,.csv,.yaml,.yml,.json" });
  const beside = el("input", { type: "file", id: "manifest-inputs", multiple: true, accept: "image/*,audio/*" });
  const text = el("textarea", { id: "manifest-text", rows: 6, spellcheck: "false", placeholder: '{"prompt": "a cat", "matrix": {"emotion": ["fear:0.8", "joy:0.8"], "seed": "0..3"}}' });
  const answer = el("div", { class: "plan", "aria-live": "polite" });
  const start = button("Start", () => go("batches"), { class: "small main", id: "batch-start" });
  const look = button("Plan", () => go("batches/plan"), { id: "batch-plan" });
  const runs = scroller("Runs");
  let name = "manifest.jsonl";
  manifest.addEventListener("change", async () => {
    const file = manifest.files[0];
    if (!file) return;
    if (file.size > 4 << 20) {
      say("expected a manifest of at most 4 MiB, got a larger one; split it", true);
      manifest.value = "";
      return;
    }
    name = file.name;
    text.value = await file.text();
    go("batches/plan");
  });
  element.append(el("section", { class: "batch", "aria-label": "Batch" },
    el("div", { class: "drop" }, el("label", { for: "manifest-file" }, "Manifest"), manifest,
      el("label", { for: "manifest-inputs" }, "Pictures and sounds it names"), beside),
    el("label", { for: "manifest-text" }, "or write it here, a job a line"), text,
    el("div", { class: "row" }, look, start), answer,
    el("h2", {}, "Runs"), runs));

  async function go(where) {
    look.disabled = start.disabled = true;
    answer.replaceChildren(el("p", { class: "hint" }, "checking"));
    try {
      const files = {};
      for (const file of beside.files) {
        files[file.name] = (await upload(file, file.type.startsWith("image/") ? "image" : "clip")).id;
      }
      const found = await ask(where, { name, text: text.value, files });
      answer.replaceChildren(where === "batches" ? started(found) : planned(found));
      refresh();
      list();
    } catch (error) {
      answer.replaceChildren(el("ul", { class: "problem" },
        ...error.message.split("\n").map((line) => el("li", {}, line))));
    } finally {
      look.disabled = start.disabled = false;
    }
  }

  async function list() {
    const found = await attempt(() => ask("batches"));
    if (!found) return;
    runs.replaceChildren(found.runs.length ? el("table", { class: "runs" },
      el("caption", { class: "sr-only" }, "Runs"),
      el("thead", {}, el("tr", {}, ...["Run", "Done", "Waiting", "Failed", ""].map((head) => el("th", { scope: "col" }, head)))),
      el("tbody", {}, ...found.runs.map(row))) : el("p", { class: "hint" }, "None yet."));
  }

  let revision = null;
  follow((feed) => {
    const now = `${feed.revision} ${feed.counts.running}`;
    if (!feed.isThere || now === revision) return;
    revision = now;
    list();
  });
}

function planned(found) {
  const plan = found.plan;
  const kinds = Object.entries(plan.kinds).map(([kind, count]) => `${count} ${kind}`).join(", ");
  const unknown = plan.basis.unknown || 0;
  const time = plan.ahead > unknown ? `about ${clock(plan.seconds)}` : "time unknown";
  return el("div", {}, el("p", {}, `${plan.jobs} jobs (${kinds}); ${plan.ahead} to be made, ${time}`
    + (plan.memory_bytes ? `, ${Math.round(plan.memory_bytes / 2 ** 20)} MB of memory` : "")
    + `, ${Math.max(1, Math.round(plan.disk_bytes / 2 ** 20))} MB on disk`),
  ...plan.notes.map((note) => el("p", { class: "hint" }, note)));
}

const started = (found) => el("p", {}, `${found.new} new jobs in the queue as ${found.run}; ${found.done} were there already.`);

function row({ run, counts }) {
  const zip = counts.done ? el("a", { href: `${API}batches/${run}/zip`, download: `${run}.zip` }, "ZIP") : "";
  const states = counts.queued + counts.running;
  return el("tr", { "data-run": run }, el("th", { scope: "row" }, run), el("td", {}, String(counts.done)),
    el("td", {}, String(states)), el("td", {}, String(counts.failed + counts.quarantined)), el("td", {}, zip));
}

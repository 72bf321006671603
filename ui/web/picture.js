// A file handed in by choosing or dropping it: sent at once, checked there, named by its id.

import { API, attempt, el, say, upload } from "./net.js";

export function mount(element, props, trigger, watch) {
  const kind = props.kind || "image";
  const accept = kind === "image" ? "image/png,image/jpeg,image/webp"
    : "video/*,audio/*,image/gif,image/webp";
  const field = el("input", { type: "file", accept, id: `${props.name}-file`, onchange: () => send(field.files[0]) });
  const shown = el("div", { class: "dropped" });
  const clear = el("button", { type: "button", class: "small", hidden: true, onclick: () => set("") }, "Remove");
  const box = el("div", { class: "drop" },
    el("label", { for: field.id }, props.text), field, shown, clear);
  element.append(box);

  async function send(file) {
    if (!file) return;
    box.classList.add("busy");
    say("sending and checking the file");
    const found = await attempt(() => upload(file, kind));
    box.classList.remove("busy");
    field.value = "";
    if (found) {
      say(`${found.name}: ${found.width}x${found.height}`);
      set(found.id);
    }
  }

  function set(id) {
    props.value = id;
    trigger("input");
    draw();
  }

  function draw() {
    const id = props.value;
    clear.hidden = !id;
    shown.replaceChildren(...(id ? [el("img", { src: `${API}uploads/${id}/picture`, alt: "first picture" })] : []));
  }
  box.addEventListener("dragover", (event) => event.preventDefault());
  box.addEventListener("drop", (event) => {
    event.preventDefault();
    send(event.dataTransfer.files[0]);
  });
  watch("value", draw);
  draw();
}

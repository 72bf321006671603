// From cards anywhere on the page to the form: "use this clip" becomes an event of Gradio's.

export function mount(element, props, trigger) {
  document.addEventListener("emogen-use", (event) => {
    props.value = JSON.stringify({ ...event.detail, at: Date.now() });
    trigger("input");
  });
}

"""The tab Judge: clips in; what they express beside what was asked, two of them side by side."""

import gradio as gr

from ui.parts import part


def build() -> gr.HTML:
    """Lay the tab out; return the part whose value names the clip to be judged first."""
    with gr.Tab("Judge", id="judge"):
        gr.Markdown(
            "The judge says what a clip **shows**, not what anybody feels. It shares no weights"
            " with the generator. Use clips of real people only with their consent."
        )
        return part("judge", name="judge")

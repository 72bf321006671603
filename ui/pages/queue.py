"""The tabs Queue, Gallery and Grid: what waits, what is there, and one scene in many emotions."""

import gradio as gr

from ui.parts import part


def build() -> None:
    """Lay the tabs out; their modules ask the studio themselves."""
    with gr.Tab("Queue", id="queue"):
        part("queue", name="queue")
    with gr.Tab("Gallery", id="gallery"):
        part("gallery", name="gallery")
    with gr.Tab("Grid", id="grid"):
        part("grid", name="grid")

"""The tab Batch: a manifest in; its plan, its run and a ZIP out."""

import gradio as gr

from ui.parts import part


def build() -> None:
    """Lay the tab out."""
    with gr.Tab("Batch", id="batch"):
        gr.Markdown(
            "A manifest asks for many clips, each made once. JSONL, CSV or YAML; the names of"
            " settings are those of `emogen generate`."
        )
        part("batch", name="batch")

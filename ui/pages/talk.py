"""The tab Talk: speech and a portrait in; a video of that portrait speaking, and what was heard."""

import gradio as gr

from ui.parts import part
from ui.talks import CHARACTERS, engines


def build() -> None:
    """Lay the tab out."""
    with gr.Tab("Talk", id="talk"):
        gr.Markdown(
            "A drawn character speaks with your sound. Its emotion **is recognised in the voice**"
            " and the words, or is the one you write."
        )
        part("talk", name="talk", characters=",".join(CHARACTERS), engines=",".join(engines()))

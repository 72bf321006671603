"""The page: every tab, what connects them, and the functions that gradio_client sees."""

import json
import secrets
from typing import Any

import gradio as gr

from emogen.errors import EmogenError
from ui import clients
from ui.pages import batch, create, judge, queue, talk
from ui.pages.create import MOST_SEED, values_of
from ui.parts import part
from ui.studio import Studio

NOTICE = (
    "Everything made here is marked as generated. The judge **recognises emotion** in what you"
    " hand it: use pictures, voices and clips of real people only with their consent, and judge no"
    " one by it."
)


def page(studio: Studio) -> gr.Blocks:
    """Return the page of a studio."""
    with gr.Blocks(title="emogen studio", analytics_enabled=False, fill_width=True) as blocks:
        gr.HTML(
            "<header class='masthead'><h1>emogen studio</h1><p>Say what is seen and what is felt."
            "</p></header>", apply_default_css=False, js_on_load=None, elem_classes=["own"],
        )
        bridge = part("bridge", name="bridge")
        with gr.Tabs(selected="create", elem_id="tabs") as tabs:
            form = create.build(studio)
            talk.build()
            judge_asked = judge.build()
            queue.build()
            batch.build()
        gr.Markdown(NOTICE, elem_id="notice")
        bridge.input(
            lambda asked: go_on(studio, asked), bridge, [tabs, judge_asked, *form.fields],
            show_progress="hidden", api_visibility="private",
        )
        clients.add(studio)
    blocks.queue(max_size=256, api_open=False, default_concurrency_limit=8)
    return blocks


def go_on(studio: Studio, asked: str) -> list[Any]:
    """Go on from a clip as a card asked: all, seed, remix, extend or judge.

    Returns:
        Changes of the tabs, of the clip to be judged, and of the form's fields.
    """
    wanted = json.loads(asked)
    what, identity = wanted["what"], str(wanted["id"])
    keep = [gr.skip()] * len(create.FIELDS)
    if what == "judge":
        return [gr.update(selected="judge"), f"job:{identity}", *keep]
    try:
        job = studio.extend(identity) if what == "extend" else studio.job(identity)
    except EmogenError as error:
        raise gr.Error(str(error), print_exception=False) from error
    tab, seed = gr.update(selected="create"), create.FIELDS.index("seed")
    if what == "seed":
        keep[seed] = job["seed"]
        return [tab, gr.skip(), *keep]
    values = values_of(job)
    if what in {"remix", "extend"}:
        values[seed] = secrets.randbelow(MOST_SEED)
    return [tab, gr.skip(), *values]

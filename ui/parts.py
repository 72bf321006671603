"""Parts of the page that are our own: a module of ui/web in, a Gradio component out."""

import re
from typing import Any

import gradio as gr

MODULE = re.compile(r"[a-z]+")


def part(module: str, value: str = "", *, name: str, **props: Any) -> gr.HTML:  # noqa: ANN401
    """Return a component that `ui/web/MODULE.js` builds and keeps up to date.

    Its module exports `mount(element, props, trigger, watch)`; what the user does comes back as
    the component's value, with the event `input`.

    Args:
        module: file name without its ending.
        value: what it begins with.
        name: id on the page.
        props: more that the module is told.
    """
    assert MODULE.fullmatch(module), module
    return gr.HTML(
        value, elem_id=name, html_template="<div class='part'></div>", apply_default_css=False,
        js_on_load=(
            f"import('/web/{module}.js').then((module) =>"
            " module.mount(element.querySelector('.part') || element, props, trigger, watch));"
            " /* events: 'input' */"
        ),
        elem_classes=["own"], name=name, **props,
    )

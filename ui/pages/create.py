"""The tab Create: a scene and an emotion in; a job in the queue, then its clip, out."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from emogen.assets import asset_roots
from emogen.errors import EmogenError
from ui.parts import part
from ui.studio import Studio
from ui.wording import estimate

SIZES = ("96x96", "128x128", "160x96", "96x160", "256x256", "832x480", "480x832", "1280x720")
MOST_SEED = 2**31
FIELDS = (
    "prompt", "emotion", "negative_prompt", "image", "model", "size", "frames", "fps", "steps",
    "guidance", "emotion_guidance", "seed", "best_of", "score", "label",
)
"""The settings of the form, in the order in which handlers take and give them."""
_STATED = {
    "frames": "num_frames", "fps": "fps", "steps": "steps", "guidance": "guidance_scale",
    "emotion_guidance": "emotion_guidance_scale",
}
_WAN = {"size": "832x480", "frames": 81, "fps": 16.0, "steps": 50, "guidance": 5.0,
        "emotion_guidance": 5.0}
"""What the form shows for a folder that states nothing; planning has the last word."""


@dataclass(frozen=True, kw_only=True)
class CreateTab:
    """What other tabs need of this one.

    Attributes:
        fields: the form, in the order of `FIELDS`.
        results: where clips appear; its value names the newest.
    """

    fields: list[Any]
    results: gr.HTML


def build(studio: Studio) -> CreateTab:
    """Lay the tab out and connect it."""
    first = defaults(studio.settings.models[0])
    with gr.Tab("Create", id="create"), gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=280):
            prompt = gr.Textbox(
                label="Scene", placeholder="a red robot in a forest", lines=2, max_lines=4,
                max_length=2000, elem_id="prompt",
            )
            emotion = part("curve", name="emotion", seconds=_seconds(first))
        with gr.Column(scale=2, min_width=280):
            widgets = _settings(studio, first)
            ahead = gr.Markdown("Estimating …", elem_id="estimate")
            create = gr.Button("Create", variant="primary", elem_id="create")
            results = part("results", name="results")
    widgets |= {"prompt": prompt, "emotion": emotion}
    fields = [widgets[name] for name in FIELDS]
    locked = widgets["locked"]
    for start in (create.click, prompt.submit):
        start(
            lambda *values: submit(studio, values), [locked, *fields],
            [results, widgets["seed"]], api_visibility="private", concurrency_limit=8,
        )
    _connect(studio, widgets, ahead)
    return CreateTab(fields=fields, results=results)


def _settings(studio: Studio, first: dict[str, Any]) -> dict[str, Any]:
    """Lay out what a clip is made with."""
    models = list(studio.settings.offered)
    found: dict[str, Any] = {}
    found["image"] = part(
        "picture", name="first-picture", kind="image", text="First picture (optional)"
    )
    with gr.Row():
        found["seed"] = gr.Number(0, label="Seed", precision=0, minimum=0, elem_id="seed")
        found["locked"] = gr.Checkbox(label="Keep seed", value=False, elem_id="keep-seed")
    with gr.Accordion("Settings", open=False, elem_id="settings"):
        found["model"] = gr.Dropdown(models, value=models[0], label="Model")
        with gr.Row():
            found["size"] = gr.Dropdown(
                SIZES, value=first["size"], label="Size", allow_custom_value=True
            )
            found["frames"] = gr.Slider(1, 161, value=first["frames"], step=4, label="Frames")
        with gr.Row():
            found["fps"] = gr.Slider(1, 60, value=first["fps"], step=1, label="Frames a second")
            found["steps"] = gr.Slider(1, 100, value=first["steps"], step=1, label="Steps")
        with gr.Row():
            found["guidance"] = gr.Slider(
                0, 15, value=first["guidance"], step=0.1, label="Guidance by the scene"
            )
            found["emotion_guidance"] = gr.Slider(
                0, 15, value=first["emotion_guidance"], step=0.1, label="Guidance by the emotion"
            )
        found["best_of"] = gr.Slider(1, 8, value=1, step=1, label="Best of so many clips")
        found["negative_prompt"] = gr.Textbox(label="Not to be seen", max_length=2000)
        with gr.Row():
            found["score"] = gr.Checkbox(label="Let the judge read the clip", value=True)
            found["label"] = gr.Checkbox(label="Draw “AI generated” into the clip", value=False)
    return found


def _connect(studio: Studio, widgets: dict[str, Any], ahead: gr.Markdown) -> None:
    """Keep the estimate and the length of the timeline up to date."""
    names = ("model", "size", "frames", "fps", "steps", "best_of", "score")
    quiet = {"show_progress": "hidden", "api_visibility": "private"}
    inputs = [widgets[name] for name in names]

    def forecast(*values: Any) -> str:  # noqa: ANN401 - as the widgets hold them
        return _forecast(studio, dict(zip(names, values, strict=True)))

    gr.on(
        [widgets[name].change for name in names] + [gr.context.Context.root_block.load],
        forecast, inputs, ahead, trigger_mode="always_last", **quiet,
    )
    gr.on(
        [widgets["frames"].change, widgets["fps"].change],
        lambda frames, fps: gr.update(seconds=_seconds({"frames": frames, "fps": fps})),
        [widgets["frames"], widgets["fps"]], widgets["emotion"], trigger_mode="always_last",
        **quiet,
    )
    shown = ("size", *_STATED)
    widgets["model"].input(
        lambda model: [defaults(studio.settings.offered[model])[name] for name in shown],
        widgets["model"],
        [widgets[name] for name in shown], **quiet,
    )


def submit(studio: Studio, values: tuple[Any, ...]) -> tuple[str, int]:
    """Put a clip into the queue; return its id for the page, and the seed that was used."""
    is_locked, form = values[0], request_of(values[1:])
    if not is_locked:
        form["seed"] = secrets.randbelow(MOST_SEED)
    try:
        found = studio.create(form)
    except EmogenError as error:
        problems = getattr(error, "problems", None) or [str(error)]
        raise gr.Error("\n".join(problems), duration=12, print_exception=False) from error
    return json.dumps({"ids": found["ids"], "at": secrets.token_hex(4)}), form["seed"]


def request_of(values: tuple[Any, ...]) -> dict[str, Any]:
    """Return the settings of a form as a job's.

    >>> request_of(("a cat", "", "", "", "nano", "96x96", 5.0, 16, 4, 2, 2, 7, 1, True, False))[
    ...     "frames"]
    5
    """
    form = dict(zip(FIELDS, values, strict=True))
    for name in ("frames", "steps", "seed", "best_of"):
        form[name] = int(form[name] or 0)
    return {name: value for name, value in form.items() if value not in (None, "")}


def values_of(job: dict[str, Any]) -> list[Any]:
    """Return the values of the form for a job as `Studio.job` returns it."""
    return [job[name] if job[name] is not None else "" for name in FIELDS]


def defaults(model: str) -> dict[str, Any]:
    """Return what a model takes where nothing is said, as far as its folder states it."""
    folders = [Path(model).expanduser(), *(root / "models" / model for root in asset_roots())]
    folder = next((one for one in folders if one.is_dir()), folders[0])  # packed weights stay so
    try:
        stated = json.loads((folder / "emogen.json").read_text(encoding="utf-8"))
        return {"size": f"{stated['width']}x{stated['height']}",
                **{name: stated[theirs] for name, theirs in _STATED.items()}}
    except (OSError, ValueError, KeyError):
        return dict(_WAN)


def _forecast(studio: Studio, values: dict[str, Any]) -> str:
    for name in ("frames", "steps", "best_of"):
        values[name] = int(values[name] or 1)
    try:
        plan = studio.plan({"prompt": "a clip", **values})
    except EmogenError as error:
        return "\n".join(getattr(error, "problems", None) or [str(error)])
    return estimate(plan, waiting_s=studio.feed()["seconds_left"])


def _seconds(values: dict[str, Any]) -> float:
    return round(max(int(values["frames"] or 1) - 1, 1) / max(float(values["fps"] or 1), 1), 4)

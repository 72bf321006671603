"""The study as files: trials in, one static page for raters and a key to read answers out.

The page holds clips, questions and nothing about who made what: clips are encoded anew, alike in
size and without tags. Sides and catch trials are in the key alone.
"""

import base64
import hashlib
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emogen.errors import InputError
from emogen.evaluation.campaign.summary import Campaign
from emogen.evaluation.report.markup import Markup, tag
from emogen.evaluation.report.page import POLICY, page
from emogen.evaluation.study.pairs import Trial, choose_trials, clips_of
from emogen.evaluation.tables import write_result
from emogen.media import Clip, write_video
from emogen.media.atomic import write_bytes_atomic

CRF = 23
_HERE = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Exported:
    """A study on disk.

    Attributes:
        page: what raters get.
        key: what they must not see.
        study: name of the study, in page, key and answers.
        pairs: how many questions.
        catch: how many of them have an obvious answer, besides.
    """

    page: Path
    key: Path
    study: str
    pairs: int
    catch: int

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"page": str(self.page), "key": str(self.key), "study": self.study,
                "pairs": self.pairs, "catch": self.catch}


def export_study(
    first: Campaign,
    second: Campaign,
    output: str | Path,
    *,
    pairs: int = 40,
    catch: int = 5,
    seed: int = 0,
    overwrite: bool = False,
) -> Exported:
    """Write the page and, beside it, the key ``NAME.key.json``.

    Args:
        first: campaign A.
        second: campaign B.
        output: the page, ending in ``.html``.
        pairs: questions about A and B.
        catch: questions with an obvious answer.
        seed: decides pairs, sides and order.
        overwrite: whether files of the same name are replaced.

    Raises:
        InputError: too few clips, or a name that cannot be used.
    """
    path = Path(output)
    key_path = path.with_suffix(".key.json")
    _check_names(path, key_path, overwrite=overwrite)
    trials = choose_trials(first, second, pairs=pairs, catch=catch, seed=seed)
    key = _key(trials, first, second, seed)
    shown = [
        {"trial": trial.name, "emotion": trial.row.asked, "prompt": trial.row.prompt,
         "clips": [_data(clip) for clip in clips_of(trial, first, second)]}
        for trial in trials
    ]
    text = page("Which clip shows it more clearly?", _body(key["study"], shown), folder=_HERE,
                policy=POLICY)
    write_bytes_atomic(path, text.encode())
    write_result(key_path, key)
    return Exported(page=path, key=key_path, study=key["study"], pairs=pairs, catch=catch)


def _check_names(path: Path, key: Path, *, overwrite: bool) -> None:
    if path.suffix.lower() != ".html":
        raise InputError(f"expected -o to end in .html, got {str(path)!r}")
    if not path.parent.is_dir():
        raise InputError(f"no folder {str(path.parent)!r} for -o; create it first")
    there = [str(name) for name in (path, key) if name.exists()]
    if there and not overwrite:
        raise InputError(f"{there[0]!r} exists; choose another name, or add --overwrite")


def _key(trials: list[Trial], first: Campaign, second: Campaign, seed: int) -> dict[str, Any]:
    listed = {
        trial.name: {
            "catch": trial.is_catch, "left": trial.left, "right": trial.right,
            "prompt": trial.row.prompt, "emotion": trial.row.emotion, "seed": trial.row.seed,
        }
        for trial in trials
    }
    systems = {
        name: {
            "name": campaign.folder.resolve().name,
            "sha256": None if campaign.card is None else campaign.card.generator.sha256,
        }
        for name, campaign in (("A", first), ("B", second))
    }
    content = json.dumps([listed, systems, seed], sort_keys=True)
    study = hashlib.sha256(content.encode()).hexdigest()[:16]
    return {"study": study, "seed": seed, "systems": systems, "trials": listed}


def _data(clip: Clip) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = write_video(clip, Path(folder) / "clip.mp4", crf=CRF, odd_size="pad")
        return f"data:video/mp4;base64,{base64.b64encode(path.read_bytes()).decode()}"


def _body(study: str, trials: list[dict[str, Any]]) -> list[object]:
    data = json.dumps({"study": study, "trials": trials}).replace("<", "\\u003c")
    return [
        tag("main", None, _welcome(len(trials)), _question(), _thanks()),
        tag("script", {"type": "application/json", "id": "study"}, Markup(data)),
    ]


def _welcome(count: int) -> Markup:
    name = tag("label", {"for": "rater"}, "Your name or a code, so that your answers can be told"
                                          " from others'")
    return tag(
        "section", {"id": "welcome"},
        tag("p", {"class": "eyebrow"}, f"{count} questions, about {max(1, count // 5)} minutes"),
        tag("h1", None, "Which clip shows it more clearly?"),
        tag("p", None, "You will see two clips side by side and the name of an emotion. Choose the"
                       " clip that shows this emotion more clearly. If you see no difference, say"
                       " so. Do not judge which clip is prettier."),
        tag("p", None, "Some questions are easy: they tell us who looked. Nothing leaves this page"
                       " until you save the file with your answers at the end and send it back."),
        name, tag("input", {"id": "rater", "maxlength": "60", "autocomplete": "off",
                            "required": True}, ""),
        tag("p", None, tag("button", {"id": "begin", "type": "button"}, "Begin")),
    )


def _question() -> Markup:
    def clip(side: str, key: str) -> Markup:
        video = tag("video", {"loop": True, "muted": True, "playsinline": True, "autoplay": True,
                              "aria-label": f"{side} clip"}, "")
        return tag("div", {"class": "side"}, video,
                   tag("button", {"type": "button", "data-choice": side,
                                  "aria-keyshortcuts": key}, f"{side.capitalize()} clip"))

    return tag(
        "section", {"id": "question", "hidden": True},
        tag("div", {"class": "top"}, tag("progress", {"max": "1", "value": "0",
                                                      "aria-label": "progress"}, ""),
            tag("span", {"id": "place"}, "")),
        tag("h2", {"id": "ask", "tabindex": "-1", "aria-live": "polite"}, ""),
        tag("p", {"id": "meaning"}, ""),
        tag("div", {"class": "sides"}, clip("left", "ArrowLeft"), clip("right", "ArrowRight")),
        tag("div", {"class": "between"},
            tag("button", {"type": "button", "data-choice": "tie",
                           "aria-keyshortcuts": "ArrowDown"}, "No difference"),
            tag("button", {"type": "button", "id": "back", "class": "plain"}, "Back")),
        tag("p", {"class": "hint"}, "Keys: \u2190 left, \u2192 right, \u2193 no difference."),
    )


def _thanks() -> Markup:
    return tag(
        "section", {"id": "thanks", "hidden": True},
        tag("h1", None, "Thank you."),
        tag("p", None, "Save your answers and send the file back to whoever gave you this page."),
        tag("p", None, tag("a", {"id": "save", "class": "button"}, "Save answers")),
        tag("details", None, tag("summary", None, "It does not save?"),
            tag("p", None, "Copy this text instead."),
            tag("textarea", {"id": "copy", "readonly": True, "rows": "8",
                             "aria-label": "answers"}, "")),
    )

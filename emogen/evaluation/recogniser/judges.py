"""Which encoders a judge has: a name in, functions that load its encoders out.

The main judge and the second share no weights, features or training split; what one of them sees
in a clip the other can confirm.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, Literal

from emogen.assets import model_dir
from emogen.errors import InputError, suggest
from emogen.evaluation.recogniser.fusion import Fusion
from emogen.evaluation.recogniser.reading import Modality, ModalityReading

Judge = Literal["main", "second"]
Encoder = Callable[..., ModalityReading]


def encoder_loaders(
    judge: Judge = "main", *, faces: bool = False
) -> dict[Modality, Callable[[], Encoder]]:
    """Return for each sense a function that loads its encoder.

    Args:
        judge: which judge.
        faces: the research-only vision weights, which also read photographed faces.

    Raises:
        InputError: no such judge, or it has no research-only weights.
    """
    if judge not in JUDGES:
        hint = suggest(str(judge), list(JUDGES)) or "."
        raise InputError(f"unknown judge {judge!r}{hint} Known: {', '.join(JUDGES)}")
    if faces and judge != "main":
        raise InputError("only the main judge has research-only weights; leave out faces")
    places = JUDGES[judge] | ({"vision": RESEARCH_VISION} if faces else {})
    return {name: _loader(*place) for name, place in places.items()}


def fusion_of(judge: Judge) -> Fusion:
    """Return the trained fusion of a judge, or the untrained rule where none is shipped.

    Which of the two it was stands under the models of each answer.
    """
    folder = model_dir("judge") / {"main": "fusion", "second": "second/fusion"}[judge]
    return Fusion.load(folder) if folder.is_dir() else Fusion.rule()


def _loader(module: str, name: str, folder: str) -> Callable[[], Encoder]:
    """Return a function that imports an encoder's class and loads its shipped weights."""

    def load() -> Any:  # noqa: ANN401 - one of several classes with one interface
        return getattr(import_module(module), name).load(model_dir("judge") / folder)

    return load


_PACKAGE = "emogen.evaluation.recogniser"
JUDGES: dict[str, dict[Modality, tuple[str, str, str]]] = {
    "main": {
        "words": (f"{_PACKAGE}.words", "WordsEncoder", "words"),
        "voice": (f"{_PACKAGE}.voice", "VoiceEncoder", "voice"),
        "vision": (f"{_PACKAGE}.vision", "VisionEncoder", "vision"),
    },
    "second": {
        "words": (f"{_PACKAGE}.words", "WordsEncoder", "second/words"),
        "voice": (f"{_PACKAGE}.voice", "VoiceEncoder", "second/voice"),
        "vision": (f"{_PACKAGE}.vision", "VisionEncoder", "second/vision"),
    },
}
"""Module, class and folder of weights of each judge's encoders; imported when first needed."""
RESEARCH_VISION = (f"{_PACKAGE}.vision", "VisionEncoder", "vision-research")

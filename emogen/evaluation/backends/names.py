"""Big backends by name: a name, a folder or a hub name in, an encoder ready to read out.

The dict at the foot lists public models that are known to fit: where they lie on the hub, what they
read, their licence and size. A model of your own needs no entry: its folder is enough.

Licences were read from the model cards and from the terms of the training data; the stricter counts
(a card may say "apache-2.0" of weights learned from recordings that are for research only).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from transformers.models.auto.modeling_auto import (
    MODEL_FOR_AUDIO_CLASSIFICATION_MAPPING_NAMES,
    MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES,
)

from emogen.errors import InputError, ModelError, suggest
from emogen.evaluation.backends.image import ImageBackend
from emogen.evaluation.backends.loading import as_folder, find_source
from emogen.evaluation.backends.options import Options
from emogen.evaluation.backends.picture_head import HEAD_CONFIG
from emogen.evaluation.backends.speech import SpeechBackend
from emogen.evaluation.backends.text import TextBackend
from emogen.evaluation.backends.video_language import VideoLanguageBackend
from emogen.evaluation.recogniser.reading import MODALITIES, Modality, Tier

Kind = Literal["image", "speech", "text", "video-language"]
Backend = ImageBackend | SpeechBackend | TextBackend | VideoLanguageBackend

_PICTURE_AND_TEXT = ("clip", "siglip", "siglip2", "metaclip_2", "altclip", "chinese_clip")
_READS: dict[Kind, Modality] = {
    "image": "vision", "speech": "voice", "text": "words", "video-language": "vision",
}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A public model that is known to fit.

    Attributes:
        hub: its name on the hub.
        kind: which of the loaders opens it.
        labels: what its answers are.
        licence: of the weights, as its card says.
        tier: what may be done with it, training data included.
        millions: parameters, in millions, rounded.
        languages: of text and speech it was trained on; empty where that does not matter.
    """

    hub: str
    kind: Kind
    labels: str
    licence: str
    tier: Tier
    millions: int
    languages: tuple[str, ...] = ()

    @property
    def reads(self) -> Modality:
        """The modality."""
        return _READS[self.kind]

    @property
    def loader(self) -> Callable[..., Backend]:
        """What opens it, given a folder or hub name and options."""
        return LOADERS[self.kind]

    @property
    def gigabytes(self) -> float:
        """Memory of the weights on a CPU: float32, or bfloat16 for language models."""
        return round(self.millions * (2 if self.kind == "video-language" else 4) / 1000, 1)


def load_backend(
    name_or_folder: str | Path,
    *,
    modality: Modality | None = None,
    options: Options | None = None,
) -> Backend:
    """Return an encoder by the name of a backend, a local folder or a hub name.

    Args:
        name_or_folder: a key of `BACKENDS`, a folder, or ``owner/model``. A folder wins.
        modality: what it has to read; None takes what the model reads.
        options: device, precision, batch size, temperature, labels; see `Options`.

    Raises:
        ModelError: it is none of these, reads something else, or cannot be loaded.
        ResourceError: a package or memory is missing.
    """
    if modality not in (None, *MODALITIES):
        raise ModelError(f"expected a modality of {', '.join(MODALITIES)}, got {modality!r}")
    options = options or Options()
    entry = None if as_folder(name_or_folder) else _entry(str(name_or_folder))
    if entry is None:
        where, kind = name_or_folder, kind_of(name_or_folder, options=options)
    else:
        where, kind = entry.hub, entry.kind
        options = replace(options, tier=options.tier or entry.tier)
    if modality not in (None, _READS[kind]):
        raise ModelError(
            f"expected a model that reads {modality}, got {name_or_folder}, which reads"
            f" {_READS[kind]}; for {modality} there are: {', '.join(names_for(modality))}"
        )
    return LOADERS[kind](where, options=options)


def chosen(values: Iterable[str]) -> dict[Modality, str]:
    """Return for each modality the backend that was asked for.

    Args:
        values: names, folders or hub names, each alone or as ``modality=name``.

    Raises:
        InputError: two for one modality.
        ModelError: a name is unknown.

    >>> chosen(["clip-b32", "voice=models/mine"])
    {'vision': 'clip-b32', 'voice': 'models/mine'}
    """
    out: dict[Modality, str] = {}
    for value in values:
        modality, sign, name = value.partition("=")
        if not sign or modality not in MODALITIES:
            entry = None if as_folder(value) else _entry(value)
            modality, name = entry.reads if entry else _READS[kind_of(value)], value
        if modality in out:
            raise InputError(f"expected one backend for {modality}, got {out[modality]} and {name}")
        out[modality] = name
    return out


def names_for(modality: Modality) -> list[str]:
    """Return the names of the backends that read a modality.

    >>> "clip-l14" in names_for("vision")
    True
    """
    return [name for name, entry in BACKENDS.items() if entry.reads == modality]


def kind_of(folder: str | Path, *, options: Options | None = None) -> Kind:
    """Return which loader fits a folder or hub name, by its configuration.

    Raises:
        ModelError: none does.
    """
    if (Path(folder).expanduser() / HEAD_CONFIG).is_file():
        return "image"
    source = find_source(folder, options=options)
    made = " ".join(source.config.architectures or ())
    family = source.config.model_type
    classifies = "Classification" in made
    if classifies and family in MODEL_FOR_AUDIO_CLASSIFICATION_MAPPING_NAMES:
        return "speech"
    if "ForImageClassification" in made or family in _PICTURE_AND_TEXT:
        return "image"
    if classifies and "Sequence" in made:
        return "text"
    if family in MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES:
        return "video-language"
    raise ModelError(
        "expected a classifier of pictures, speech or text, CLIP, SigLIP or a video language"
        f" model, got {made or family}: {source.name}; see docs/backends.md"
    )


def _entry(name: str) -> Entry | None:
    """Return the entry of a name or of its hub name; refuse a word that is neither."""
    if name in BACKENDS:
        return BACKENDS[name]
    for entry in BACKENDS.values():
        if entry.hub == name:
            return entry
    if "/" in name or name.startswith((".", "~")):
        return None
    hint = suggest(name, list(BACKENDS))
    raise ModelError(
        f"unknown backend {name!r}{hint}, and no folder of that name; known:"
        f" {', '.join(BACKENDS)}; or give a folder or a hub name such as owner/model"
    )


LOADERS: dict[Kind, Callable[..., Backend]] = {
    "image": ImageBackend.load,
    "speech": SpeechBackend.load,
    "text": TextBackend.load,
    "video-language": VideoLanguageBackend.load,
}

BACKENDS: dict[str, Entry] = {
    "clip-b32": Entry(
        hub="openai/clip-vit-base-patch32", kind="image", labels="9 categories, zero-shot",
        licence="MIT", tier="open", millions=151,
    ),
    "clip-l14": Entry(
        hub="openai/clip-vit-large-patch14", kind="image", labels="9 categories, zero-shot",
        licence="MIT", tier="open", millions=428,
    ),
    "siglip-b16": Entry(
        hub="google/siglip-base-patch16-224", kind="image", labels="9 categories, zero-shot",
        licence="apache-2.0", tier="open", millions=203,
    ),
    "vit-face": Entry(
        hub="trpakov/vit-face-expression", kind="image", labels="7 of FER2013, faces only",
        licence="apache-2.0", tier="research-only", millions=86,
    ),
    "hubert-iemocap": Entry(
        hub="superb/hubert-large-superb-er", kind="speech", labels="4 of IEMOCAP",
        licence="apache-2.0", tier="research-only", millions=316, languages=("en",),
    ),
    "wav2vec2-iemocap": Entry(
        hub="superb/wav2vec2-base-superb-er", kind="speech", labels="4 of IEMOCAP",
        licence="apache-2.0", tier="research-only", millions=95, languages=("en",),
    ),
    "wav2vec2-msp-dim": Entry(
        hub="audeering/wav2vec2-large-robust-12-ft-emotion-msp-dim", kind="speech",
        labels="arousal, dominance, valence", licence="cc-by-nc-sa-4.0", tier="non-commercial",
        millions=165, languages=("en",),
    ),
    "wav2vec2-ravdess": Entry(
        hub="ehcalabres/wav2vec2-lg-xlsr-en-speech-emotion-recognition", kind="speech",
        labels="8 of RAVDESS", licence="apache-2.0", tier="non-commercial", millions=317,
        languages=("en",),
    ),
    "roberta-goemotions": Entry(
        hub="SamLowe/roberta-base-go_emotions", kind="text", labels="28 of GoEmotions, any number",
        licence="mit", tier="open", millions=125, languages=("en",),
    ),
    "distilroberta-ekman": Entry(
        hub="j-hartmann/emotion-english-distilroberta-base", kind="text",
        labels="Ekman's 6 and neutral", licence="see its card", tier="research-only", millions=82,
        languages=("en",),
    ),
    "roberta-tweets": Entry(
        hub="cardiffnlp/twitter-roberta-base-emotion-multilabel-latest", kind="text",
        labels="11 of SemEval-2018, any number", licence="see its card", tier="research-only",
        millions=125, languages=("en",),
    ),
    "qwen2.5-vl-3b": Entry(
        hub="Qwen/Qwen2.5-VL-3B-Instruct", kind="video-language", labels="explains itself",
        licence="qwen-research", tier="research-only", millions=3755,
    ),
    "qwen2.5-vl-7b": Entry(
        hub="Qwen/Qwen2.5-VL-7B-Instruct", kind="video-language", labels="explains itself",
        licence="apache-2.0", tier="open", millions=8292,
    ),
    "llava-onevision-0.5b": Entry(
        hub="llava-hf/llava-onevision-qwen2-0.5b-ov-hf", kind="video-language",
        labels="explains itself", licence="apache-2.0", tier="open", millions=894,
    ),
    "smolvlm2-500m": Entry(
        hub="HuggingFaceTB/SmolVLM2-500M-Video-Instruct", kind="video-language",
        labels="explains itself", licence="apache-2.0", tier="open", millions=507,
    ),
}

"""Filmed talking heads on disk: a folder as its corpus lays it out in, one entry a film out.

Each reader knows the file names of one corpus; nothing is decoded here. The corpora are for
research, each under its own terms, and none is shipped or fetched.

    HDTF (Zhang et al. 2021, CVPR)            *.mp4, named SOURCE_PersonName_000.mp4
    MEAD (Wang et al. 2020, ECCV)             M003/video/front/angry/level_1/001.mp4, sound beside
                                              it as M003/audio/angry/level_1/001.m4a
    CREMA-D (Cao et al. 2014)                 VideoFlash/1001_DFA_ANG_XX.flv, AudioWAV/...wav
    RAVDESS (Livingstone and Russo 2018)      .../Actor_01/01-01-05-02-01-01-01.mp4
    CelebV-HQ (Zhu et al. 2022, ECCV)         celebvhq_info.json and CLIP_ID.mp4 anywhere below
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from emogen.emotion import EmotionPoint
from emogen.emotion.labels import RAVDESS
from emogen.errors import CorpusError, suggest


@dataclass(frozen=True, kw_only=True)
class Film:
    """One filmed face.

    Attributes:
        corpus: name of the corpus.
        video: file with the pictures.
        audio: file with the sound; the video itself where it holds it.
        person: who is seen, unique in the corpus.
        emotion: what is acted or annotated, None where nobody says.
    """

    corpus: str
    video: Path
    audio: Path
    person: str
    emotion: EmotionPoint | None

    def vectors(self, count: int) -> np.ndarray:
        """Return emotion vectors of some frames, float32 [T, 12]; zero where nobody says."""
        row = np.zeros(12) if self.emotion is None else self.emotion.vector()
        return np.tile(np.asarray(row, np.float32), (count, 1))


_MEAD = {
    "angry": "angry", "contempt": "disgust", "disgusted": "disgust", "fear": "fearful",
    "happy": "happy", "neutral": "neutral", "sad": "sad", "surprised": "surprised",
}  # fmt: skip
_MEAD_LEVELS = {"level_1": 0.4, "level_2": 0.7, "level_3": 1.0}
_CREMA = {"ANG": "angry", "DIS": "disgust", "FEA": "fearful", "HAP": "happy", "NEU": "neutral",
          "SAD": "sad"}  # fmt: skip
_CREMA_LEVELS = {"LO": 0.4, "MD": 0.7, "HI": 1.0, "XX": 0.8}
_CELEBV = {"anger": "angry", "contempt": "disgust", "disgust": "disgust", "fear": "fearful",
           "happy": "happy", "happiness": "happy", "neutral": "neutral", "sadness": "sad",
           "surprise": "surprised"}  # fmt: skip
_CELEBV_SHARE = 0.6
"""How long a clip has to show the emotion that it is taken for."""


def felt(label: str, intensity: float) -> EmotionPoint:
    """Return what one of RAVDESS's eight labels means.

    >>> felt("neutral", 1.0).intensity
    0.0
    """
    if label == "neutral":
        return EmotionPoint()
    return EmotionPoint.from_category(label, intensity)


def read_hdtf(folder: Path) -> Iterator[Film]:
    """Yield the films of HDTF."""
    for video in sorted(folder.rglob("*.mp4")):
        name, _, number = video.stem.rpartition("_")
        person = name if number.isdigit() and name else video.stem
        yield Film(corpus="hdtf", video=video, audio=video, person=person, emotion=None)


def read_mead(folder: Path, *, view: str = "front") -> Iterator[Film]:
    """Yield the films of MEAD that were taken from one side."""
    for video in sorted(folder.rglob(f"video/{view}/*/level_*/*.mp4")):
        level, label = video.parent.name, video.parent.parent.name
        root = video.parents[4]
        if label not in _MEAD or level not in _MEAD_LEVELS:
            continue
        sound = root / "audio" / label / level / f"{video.stem}.m4a"
        yield Film(corpus="mead", video=video, audio=sound if sound.is_file() else video,
                   person=root.name, emotion=felt(_MEAD[label], _MEAD_LEVELS[level]))  # fmt: skip


def read_crema_d(folder: Path) -> Iterator[Film]:
    """Yield the films of CREMA-D."""
    for video in sorted([*folder.rglob("*.flv"), *folder.rglob("*.mp4")]):
        parts = video.stem.split("_")
        if len(parts) != 4 or parts[2] not in _CREMA or parts[3] not in _CREMA_LEVELS:
            continue
        sound = video.parent.parent / "AudioWAV" / f"{video.stem}.wav"
        emotion = felt(_CREMA[parts[2]], _CREMA_LEVELS[parts[3]])
        yield Film(corpus="crema-d", video=video, audio=sound if sound.is_file() else video,
                   person=parts[0], emotion=emotion)  # fmt: skip


def read_ravdess_video(folder: Path) -> Iterator[Film]:
    """Yield the spoken films of RAVDESS; those without sound and the songs are left out."""
    for video in sorted(folder.rglob("*.mp4")):
        parts = video.stem.split("-")
        if len(parts) != 7 or not all(part.isdigit() for part in parts):
            continue
        modality, channel, label, strength, *_, actor = (int(part) for part in parts)
        if (modality, channel) != (1, 1) or not 1 <= label <= len(RAVDESS):
            continue
        yield Film(corpus="ravdess", video=video, audio=video, person=f"{actor:02d}",
                   emotion=felt(RAVDESS[label - 1], 1.0 if strength == 2 else 0.6))  # fmt: skip


def read_celebv_hq(folder: Path) -> Iterator[Film]:
    """Yield the clips of CelebV-HQ that are there, with the emotion that lasts longest.

    Raises:
        CorpusError: the annotations are missing or damaged.
    """
    info = folder / "celebvhq_info.json"
    try:
        clips: Mapping[str, Any] = json.loads(info.read_text("utf-8"))["clips"]
        files = {path.stem: path for path in folder.rglob("*.mp4")}
        found = sorted(set(clips) & set(files))
        films = [
            Film(corpus="celebv-hq", video=files[name], audio=files[name],
                 person=str(clips[name]["ytb_id"]), emotion=_longest(clips[name]))
            for name in found
        ]  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorpusError(
            f"expected the annotations of CelebV-HQ in {info}, got: {error!r}; copy them there"
        ) from error
    yield from films


def _longest(clip: Mapping[str, Any]) -> EmotionPoint | None:
    """Return the emotion that a clip shows most of the time, None if it is mixed or unknown."""
    about = clip["attributes"]["emotion"]
    labels = about["labels"]
    if isinstance(labels, str):
        return felt(_CELEBV[labels], 0.7) if labels in _CELEBV else None
    seconds: dict[str, float] = {}
    for part in labels:
        name = str(part["emotion"])
        seconds[name] = seconds.get(name, 0.0) + float(part["end_sec"]) - float(part["start_sec"])
    name = max(seconds, key=lambda one: seconds[one], default="")
    lasts = name in _CELEBV and seconds[name] >= _CELEBV_SHARE * sum(seconds.values())
    return felt(_CELEBV[name], 0.7) if lasts else None


FILMED: dict[str, Callable[[Path], Iterator[Film]]] = {
    "hdtf": read_hdtf,
    "mead": read_mead,
    "crema-d": read_crema_d,
    "ravdess": read_ravdess_video,
    "celebv-hq": read_celebv_hq,
}


def read_films(corpus: str, folder: Path) -> list[Film]:
    """Return the films of a corpus in the order of their files.

    Raises:
        CorpusError: the corpus is unknown, or its folder holds none of its films.
    """
    if corpus not in FILMED:
        raise CorpusError(
            f"expected a corpus of talking heads, got {corpus!r}{suggest(corpus, list(FILMED))};"
            f" known: {', '.join(FILMED)}"
        )
    films = list(FILMED[corpus](folder)) if folder.is_dir() else []
    if not films:
        raise CorpusError(
            f"expected films of {corpus} in {folder}, found none; unpack the corpus there as it is"
            " published"
        )
    return films

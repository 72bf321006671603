"""A talking head from its settings: everything asked for in, the video on disk and its record out.

The command line and batches both come through here. Nothing is held but what is being drawn.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from emogen.assets import model_dir
from emogen.pipelines.rig_head import RigHead
from emogen.pipelines.speaking.delivery import Delivered, deliver
from emogen.pipelines.speaking.feeling import Feeling, feel, spoken_blocks
from emogen.pipelines.speaking.movement import (
    MotionTrack,
    MotionWatch,
    PhoneSpan,
    motion_settings,
    spans_of,
)
from emogen.pipelines.speaking.portrait import Likeness, open_likeness
from emogen.rendering.record import (
    EmotionRecord,
    TalkRecord,
    file_record,
    folder_record,
    torch_version,
)
from emogen.rendering.talk_settings import TalkSettings
from emogen.rendering.words import Words, words_of

if TYPE_CHECKING:
    from emogen.pipelines.diffusion_head import DiffusionHead

    Head = RigHead | DiffusionHead

Tell = Callable[[str, int, int], None]
"""Called with a stage, the frames done and the frames in all."""
DRAWN_SIZE = (512, 512)
LEAST_SPEECH = 0.02
"""Share of the time below which nobody spoke."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Performance:
    """A talking head that is ready to be drawn.

    Attributes:
        settings: what was asked for.
        head: makes the frames.
        feeling: what the face shows and why.
        spans: when the phones of the transcript sound.
        record: what it is made from.
        notes: what a person should know.
    """

    settings: TalkSettings
    head: "Head"
    feeling: Feeling
    spans: Sequence[PhoneSpan]
    record: TalkRecord
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Performed:
    """A talking head that lies on disk.

    Attributes:
        record: what it was made from.
        feeling: what the face shows and why.
        delivered: the video.
        track: the motion, where it was to be kept.
        speech: share of the time in which the mouth speaks.
        notes: what a person should know.
    """

    record: TalkRecord
    feeling: Feeling
    delivered: Delivered
    track: MotionTrack | None
    speech: float
    notes: list[str]


def prepare(settings: TalkSettings, *, tell: Tell) -> Performance:
    """Listen to a sound and decide what the face shows; nothing is drawn yet.

    Args:
        settings: what to make.
        tell: called as it goes on.

    Raises:
        EmogenError: something does not fit or cannot be read.
    """
    tell("loading", 0, 1)
    words = words_of(settings.transcript)
    likeness = open_likeness(
        settings.portrait, size=settings.size or DRAWN_SIZE, seed=settings.seed,
        landmarks=settings.landmarks,
    )  # fmt: skip
    head = _head(settings, likeness)
    tell("listening", 0, 1)
    feeling = _feel(settings, words, likeness)
    notes = [*likeness.notes, *feeling.notes]
    spans, note = ((), None) if words is None else spans_of(head.a2m, settings.audio, words.text)
    notes += [note] if note else []
    record = record_of(settings, likeness, feeling, size=head.size, used_words=bool(spans))
    return Performance(settings=settings, head=head, feeling=feeling, spans=spans, record=record,
                       notes=tuple(notes))  # fmt: skip


def perform(
    performance: Performance, path: Path, *, tell: Tell, keep_motion: bool = False
) -> Performed:
    """Draw a talking head and write it, without a sidecar.

    Args:
        performance: what `prepare` made.
        path: a ``.mp4`` or ``.webm``.
        tell: called as it goes on.
        keep_motion: whether to hold the motion, too: 13 MB for an hour.

    Raises:
        EmogenError: something cannot be read or written.
    """
    settings, feeling = performance.settings, performance.feeling
    motion = motion_settings(seed=settings.seed, head=settings.head, mouth=settings.mouth,
                             blinks=settings.blinks, gaze=settings.gaze)  # fmt: skip
    watch = MotionWatch(keep=keep_motion)
    frames = performance.head.stream(
        spoken_blocks(settings.audio, feeling.sources), emotion=feeling.vectors,
        spans=performance.spans, settings=motion, watch=watch,
    )  # fmt: skip
    total = round(feeling.sources.seconds * settings.fps)
    delivered = deliver(
        _counted(frames, tell, total), path, sound=settings.audio, fps=settings.fps,
        parameters=performance.record.parameters(), watermark=settings.watermark,
        label=settings.label,
    )  # fmt: skip
    notes = [*performance.notes, *delivered.warnings]
    if watch.speech < LEAST_SPEECH and feeling.sources.sound["peak"] > 0:
        notes.append(f"nobody is heard speaking in {settings.audio.name}: the mouth rests")
    return Performed(record=performance.record, feeling=feeling, delivered=delivered,
                     track=watch.track, speech=watch.speech, notes=notes)  # fmt: skip


def record_of(
    settings: TalkSettings, likeness: Likeness, feeling: Feeling, *, size: tuple[int, int],
    used_words: bool,
) -> TalkRecord:  # fmt: skip
    """Return what a talking head is made from; its size is that of the frames."""
    picture, landmarks = likeness.picture, likeness.landmarks
    same = ("asr", "emotion_scale", "engine", "fps", "head", "mouth", "blinks", "gaze", "seed",
            "watermark", "label")  # fmt: skip
    return TalkRecord(
        torch=torch_version(), prompt=settings.scene or "",
        model=folder_record(model_dir("a2m"), name="a2m"),
        encoders=folder_record(model_dir("encoders"), name="encoders"),
        character=likeness.character,
        portrait=None if picture is None else file_record(picture),
        landmarks=None if landmarks is None else file_record(landmarks),
        audio=file_record(settings.audio), transcript=used_words,
        emotion=EmotionRecord.of(feeling.curve, feeling.asked), width=size[0], height=size[1],
        **{name: getattr(settings, name) for name in same},
    )  # fmt: skip


def _head(settings: TalkSettings, likeness: Likeness) -> "Head":
    """Return who makes the frames."""
    if settings.engine == "rig":
        return RigHead(likeness.portrait, fps=settings.fps)
    from emogen.pipelines.diffusion_head import DiffusionHead

    return DiffusionHead(likeness.portrait, size=settings.size, scene=settings.scene)


def _feel(settings: TalkSettings, words: Words | None, likeness: Likeness) -> Feeling:
    said: str | Sequence | None = None
    if words is not None:
        said = list(words.lines) or words.text
    return feel(
        settings.audio, asked=settings.emotion, scale=settings.emotion_scale, transcript=said,
        portrait=likeness.source, asr=settings.asr,
    )  # fmt: skip


def _counted(frames: Iterator[np.ndarray], tell: Tell, total: int) -> Iterator[np.ndarray]:
    for count, frame in enumerate(frames):
        tell("talking", count, total)
        yield frame

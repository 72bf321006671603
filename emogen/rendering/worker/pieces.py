"""What one job samples: a claim in; each take of each shot, with all it needs, out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emogen.emotion import Trajectory
from emogen.media import image_to_frame, read_image
from emogen.pipelines import EmotionalVideoPipeline
from emogen.pipelines.negative import negative_prompt
from emogen.pipelines.sampling import Request
from emogen.rendering.job import Job, Shot, shot_frames
from emogen.rendering.store import Claim
from emogen.rendering.values import read_emotion


@dataclass(frozen=True, kw_only=True, eq=False)
class Piece:
    """One clip to sample, a whole job or a shot of it.

    Attributes:
        shot: what is seen and felt; a job without shots counts as one.
        emotion: the curve over this piece, or None.
        requests: one a take; takes differ in their seed alone.
    """

    shot: Shot
    emotion: Trajectory | None
    requests: tuple[Request, ...]

    @property
    def num_frames(self) -> int:
        """Frames of this piece."""
        return self.requests[0].num_frames


def pieces_of(
    claim: Claim, pipeline: EmotionalVideoPipeline, warnings: list[str]
) -> list[Piece]:
    """Return what a job samples and add to the warnings what a person should know.

    Raises:
        InputError: an emotion or the picture cannot be read.
    """
    job = claim.job
    size = claim.measures.size(*job.pixels)
    if size != job.pixels:
        warnings.append(f"made at {size[0]}x{size[1]} instead of {job.size}: memory was short")
    image = None if job.image is None else _first_frame(job.image, size, warnings)
    shots = job.shots or (Shot(prompt=job.prompt or ""),)
    pieces = [
        _piece(job, shot, index, pipeline, size, image if index == 0 else None)
        for index, shot in enumerate(shots)
    ]
    warnings += _notes(job, shots, pieces, pipeline)
    return pieces


def _piece(
    job: Job, shot: Shot, index: int, pipeline: EmotionalVideoPipeline,
    size: tuple[int, int], image: np.ndarray | None,
) -> Piece:
    frames = shot_frames(job, shot)
    asked = shot.emotion or job.emotion
    emotion = None if asked is None else read_emotion(asked, (frames - 1) / job.fps)
    given = shot.negative_prompt if shot.negative_prompt is not None else job.negative_prompt
    defaults = pipeline.defaults
    negative = negative_prompt(defaults.negative_prompt, emotion) if given is None else given
    first = shot.seed if shot.seed is not None else job.seed + index
    return Piece(shot=shot, emotion=emotion, requests=tuple(
        Request(
            prompt=shot.prompt, negative_prompt=negative, emotion=emotion, first_frame=image,
            width=size[0], height=size[1], num_frames=frames, fps=job.fps, steps=job.steps,
            guidance_scale=job.guidance, emotion_guidance_scale=job.emotion_guidance,
            flow_shift=defaults.flow_shift, seed=seed,
        )
        for seed in range(first, first + job.best_of)
    ))  # fmt: skip


def _first_frame(path: str, size: tuple[int, int], warnings: list[str]) -> np.ndarray:
    image = read_image(Path(path))
    height, width = image.shape[:2]
    if abs(width / height / (size[0] / size[1]) - 1) > 0.01:
        warnings.append(
            f"the picture of {width}x{height} was cropped to the shape of {size[0]}x{size[1]}"
        )
    return image_to_frame(image, size)


def _notes(
    job: Job, shots: Sequence[Shot], pieces: Sequence[Piece], pipeline: EmotionalVideoPipeline
) -> list[str]:
    """Return what is worth knowing before the clip is made."""
    notes = []
    texts = [job.negative_prompt or "", *(shot.prompt for shot in shots)]
    unknown = dict.fromkeys(word for text in texts for word in pipeline.unknown_words(text))
    if unknown:
        words = ", ".join(map(repr, unknown))
        notes.append(f"the model has never seen {words}; it cannot draw that, use other words")
    if job.best_of > 1 and job.model != "nano":
        notes.append("best_of reads drawn characters only; choose clips of other models by eye")
    for piece in pieces:
        length = (piece.num_frames - 1) / job.fps
        if piece.emotion is not None and piece.emotion.seconds > length + 1 / job.fps:
            notes.append(
                f"the emotion goes on until {piece.emotion.seconds:g} s, the clip ends at"
                f" {length:.2f} s; what comes later is not seen"
            )
    return notes

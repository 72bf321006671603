"""How a rendered clip was made: a claim and its pieces in, the record that the file carries out.

A clip of one shot without a sound has the record of `emogen generate`, so `emogen replay` makes it
again; several shots or a sound have a record of their own.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from emogen.media import Clip
from emogen.rendering.record import (
    ChoiceRecord,
    EmotionRecord,
    FileRecord,
    Record,
    ShotRecord,
    ShotsRecord,
    file_record,
    folder_record,
    torch_version,
)
from emogen.rendering.store import Claim
from emogen.rendering.worker.pieces import Piece


def record_of(
    claim: Claim, pieces: Sequence[Piece], clips: Sequence[Clip], *, folder: Path,
    choice: ChoiceRecord | None,
) -> Record | ShotsRecord:
    """Return everything a clip was made from.

    Args:
        claim: the job.
        pieces: what was sampled for it.
        clips: one a piece.
        folder: of the model.
        choice: the takes that one was chosen from.
    """
    job, first = claim.job, pieces[0].requests[0]
    adapter = None if job.adapter is None else Path(job.adapter)
    shared = {
        "torch": torch_version(),
        "model": _folder(folder, job.model if folder.name == job.model else folder.resolve().name),
        "adapter": None if adapter is None else _folder(adapter, adapter.resolve().name),
        "image": None if job.image is None else file_record(Path(job.image)),
        "width": first.width, "height": first.height, "fps": first.fps, "steps": first.steps,
        "guidance": first.guidance_scale, "emotion_guidance": first.emotion_guidance_scale,
        "choice": choice, "label": job.label,
    }
    if job.shots or job.audio is not None:
        audio: FileRecord | None = None if job.audio is None else file_record(Path(job.audio))
        return ShotsRecord(audio=audio, shots=_shots(claim, pieces, clips), **shared)
    seed = first.seed if choice is None else choice.seeds[choice.scores.index(max(choice.scores))]
    return Record(
        prompt=first.prompt, negative_prompt=job.negative_prompt, frames=first.num_frames,
        seed=seed, emotion=_emotion(pieces[0], job.emotion), **shared,
    )


def _shots(
    claim: Claim, pieces: Sequence[Piece], clips: Sequence[Clip]
) -> tuple[ShotRecord, ...]:
    from emogen.rendering.shots.assembly import starts_of

    starts = starts_of(clips, [piece.shot for piece in pieces])
    return tuple(
        ShotRecord(
            prompt=piece.shot.prompt, emotion=_emotion(piece, piece.shot.emotion or job.emotion),
            negative_prompt=piece.shot.negative_prompt or job.negative_prompt,
            frames=piece.num_frames, seed=piece.requests[0].seed, start_s=start,
            crossfade_s=piece.shot.crossfade_s, subtitle=piece.shot.subtitle,
        )
        for job in (claim.job,)
        for start, piece in zip(starts, pieces, strict=True)
    )


def _emotion(piece: Piece, asked: str | None) -> EmotionRecord | None:
    return None if piece.emotion is None else EmotionRecord.of(piece.emotion, asked)


@lru_cache(maxsize=64)
def _folder(folder: Path, name: str) -> FileRecord:
    return folder_record(folder, name=name)

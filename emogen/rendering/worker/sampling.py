"""Clips from the diffusion pipeline: claims in; latents for several at once, then frames, out.

The model stays loaded from job to job; one at a time, so that a manifest over several models needs
the memory of the largest. Words of all jobs of an order are encoded before the first is sampled.
"""

from collections.abc import Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from emogen.media import Clip, read_audio
from emogen.pipelines import EmotionalVideoPipeline, load_pipeline
from emogen.pipelines.sampling import Encoded, Foresee
from emogen.rendering.store import Claim
from emogen.rendering.worker.batching import clips_at_once
from emogen.rendering.worker.engine import EngineOptions, Product, Tell
from emogen.rendering.worker.pieces import Piece, pieces_of
from emogen.rendering.worker.previews import Previews
from emogen.rendering.worker.problems import is_out_of_memory
from emogen.rendering.worker.records import record_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emogen.rendering.worker.scoring import Readers

PARTS = ("transformer", "vae", "text_encoder")


@dataclass(frozen=True, kw_only=True, eq=False)
class Reading:
    """A job whose inputs were read and whose words are encoded.

    Attributes:
        claim: the job.
        pieces: what is sampled.
        encoded: one a take, piece by piece.
        warnings: what a person should know.
    """

    claim: Claim
    pieces: list[Piece]
    encoded: list[Encoded]
    warnings: list[str]


@dataclass(frozen=True, kw_only=True, eq=False)
class Draft:
    """A job that is sampled but not decoded: one latent clip [C, L, h, w] a take."""

    reading: Reading
    pipeline: EmotionalVideoPipeline
    latents: list[Tensor]


class SamplingEngine:
    """Makes text2video and image2video jobs, single clips, takes to choose from, and shots.

    Args:
        options: device and batch.
    """

    def __init__(self, options: EngineOptions) -> None:
        self._options = options
        self._loaded: tuple[tuple[str, str | None], EmotionalVideoPipeline] | None = None
        self._most = options.batch
        self._readers: Readers | None = None

    def read(self, claim: Claim, tell: Tell) -> Reading:
        """Load the job's model if another is loaded, read its picture, encode its words."""
        pipeline = self._pipeline(claim, tell)
        tell("encoding", 0, 1)
        warnings: list[str] = []
        pieces = pieces_of(claim, pipeline, warnings)
        with self._placed(claim, pipeline, "text_encoder", "vae"):
            encoded = [pipeline.encode(request) for piece in pieces for request in piece.requests]
        return Reading(claim=claim, pieces=pieces, encoded=encoded, warnings=warnings)

    def draft(self, readings: Sequence[Reading], tell: Tell) -> list[Draft]:
        """Sample all takes of all jobs, those that can share passes together."""
        claim = readings[0].claim
        pipeline = self._pipeline(claim, tell)
        flat = [one for reading in readings for one in reading.encoded]
        with self._placed(claim, pipeline, "transformer"):
            foresee = self._previews(readings, pipeline)
            latents = iter(self._sampled(pipeline, flat, tell, foresee))
        return [
            Draft(
                reading=reading, pipeline=pipeline,
                latents=[next(latents) for _ in reading.encoded],
            )
            for reading in readings
        ]

    def develop(self, draft: Draft, tell: Tell) -> Product:
        """Decode, choose among takes, join shots, add words and sound, and score."""
        reading, claim = draft.reading, draft.reading.claim
        clips, choice = self._clips(draft, tell)
        tell("composing", 0, 1)
        clip = _composed(claim, reading.pieces, clips, reading.warnings)
        record = record_of(claim, reading.pieces, clips, folder=draft.pipeline.parts.folder,
                           choice=choice)
        scores = None
        if claim.job.score:
            tell("scoring", 0, 1)
            scores = self._reader.score(clip, _asked(claim, reading.pieces, clips))
        return Product(
            clip=clip, parameters=record.parameters(), scores=scores,
            warnings=tuple(reading.warnings),
        )

    # --- the model

    def _pipeline(self, claim: Claim, tell: Tell) -> EmotionalVideoPipeline:
        key = (claim.job.model, claim.job.adapter)
        if self._loaded is None or self._loaded[0] != key:
            tell("loading", 0, 1)
            self._loaded = None  # before the next one is read: both may not fit
            _free()
            pipeline = load_pipeline(key[0], adapter=key[1], device=self._options.device)
            self._loaded = (key, pipeline)
        return self._loaded[1]

    @contextmanager
    def _placed(
        self, claim: Claim, pipeline: EmotionalVideoPipeline, *names: str
    ) -> "Iterator[None]":
        """Keep only the named parts on the device where the job is to be offloaded."""
        parts = pipeline.parts
        if parts.device.type != "cpu":
            for name in PARTS:
                here = not claim.measures.offload or name in names
                getattr(parts, name).to(parts.device if here else "cpu")
            if claim.measures.offload:
                _free()
        yield

    # --- sampling

    def _previews(
        self, readings: Sequence[Reading], pipeline: EmotionalVideoPipeline
    ) -> Foresee | None:
        """Return what shows the clip under way, where one job is drafted and somebody looks."""
        show, claim = self._options.show, readings[0].claim
        if show is None or len(readings) > 1 or claim.measures.offload or not pipeline.can_foresee:
            return None
        return Previews(pipeline, lambda picture: show(claim.token, picture))

    def _sampled(
        self, pipeline: EmotionalVideoPipeline, encoded: Sequence[Encoded], tell: Tell,
        foresee: Foresee | None = None,
    ) -> list[Tensor]:
        """Return the latents [C, L, h, w] of each, in order; as many share a pass as may."""
        found: dict[int, Tensor] = {}
        companies: dict[tuple, list[int]] = {}
        for index, one in enumerate(encoded):
            companies.setdefault(one.company, []).append(index)
        for members in companies.values():
            most = self._most or clips_at_once(encoded[members[0]].request)
            for start in range(0, len(members), most):
                chosen = members[start : start + most]
                rows = self._together(
                    pipeline, [encoded[index] for index in chosen], tell, foresee
                )
                found.update(zip(chosen, rows, strict=True))
        return [found[index] for index in range(len(encoded))]

    def _together(
        self, pipeline: EmotionalVideoPipeline, encoded: list[Encoded], tell: Tell,
        foresee: Foresee | None = None,
    ) -> list[Tensor]:
        """Sample in one batch, or in halves where the memory is too short for it."""
        try:
            return list(pipeline.sample(encoded, progress=tell, foresee=foresee))
        except (MemoryError, RuntimeError) as error:
            if len(encoded) == 1 or not is_out_of_memory(error):
                raise
        _free()
        half = len(encoded) // 2
        self._most = half  # what did not fit once will not fit again
        parts = (encoded[:half], encoded[half:])
        return [one for part in parts for one in self._together(pipeline, part, tell, foresee)]

    # --- developing

    @property
    def _reader(self) -> "Readers":
        if self._readers is None:
            from emogen.rendering.worker.scoring import Readers

            self._readers = Readers()
        return self._readers

    def _clips(self, draft: Draft, tell: Tell) -> tuple[list[Clip], Any]:
        """Return one clip a piece and, where there were takes, what was chosen."""
        claim, latents, clips, choice = draft.reading.claim, iter(draft.latents), [], None
        total = len(draft.latents)
        for piece in draft.reading.pieces:
            takes = []
            for request in piece.requests:
                tell("decoding", len(clips) + len(takes), total)
                with self._placed(claim, draft.pipeline, "vae") if claim.measures.offload \
                        else nullcontext():
                    takes.append(draft.pipeline.decode(
                        next(latents), fps=request.fps, tiled=claim.measures.tiling
                    ))
            best = 0
            if len(takes) > 1:
                seeds = [request.seed for request in piece.requests]
                best, choice = self._reader.choose(takes, seeds, piece.emotion)
            clips.append(takes[best])
        return clips, choice


def _composed(
    claim: Claim, pieces: Sequence[Piece], clips: Sequence[Clip], warnings: list[str]
) -> Clip:
    job = claim.job
    if not job.shots and job.audio is None:
        return clips[0]
    from emogen.rendering.shots import assembly

    shots = [piece.shot for piece in pieces]
    clip = assembly.join(clips, shots)
    clip = assembly.subtitled(clip, shots, assembly.starts_of(clips, shots))
    if job.audio is not None:
        clip = assembly.with_sound(clip, read_audio(Path(job.audio)), warnings)
    return clip


def _asked(claim: Claim, pieces: Sequence[Piece], clips: Sequence[Clip]) -> Any:  # noqa: ANN401
    from emogen.rendering.shots.assembly import starts_of
    from emogen.rendering.worker.scoring import along

    starts = starts_of(clips, [piece.shot for piece in pieces]) if claim.job.shots else [0.0]
    return along([(start, piece.emotion) for start, piece in zip(starts, pieces, strict=True)])


def _free() -> None:
    if torch.cuda.is_available():
        torch.cuda.empty_cache()

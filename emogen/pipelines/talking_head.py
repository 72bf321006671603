"""A portrait, its motion and speech in, the frames of a talking head out, in chunks that join.

    reference ----------------------------------------------+
    track, sketch, features, emotion -> Rolling -> Chunk -> HeadSampler -> decode -> ColourKeeper
                                          clean latents <- encode <- last nine frames <--+-> frames

A chunk has 33 frames. The next one begins with the last nine of it, encoded anew, and adds 24, so
memory is that of one chunk however long the speech is. Frames come at 25 a second.

Shapes: T frames, F frames of a chunk, Y layers and V width of the audio features.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import torch

from emogen.conditioning.attach import check_fit
from emogen.conditioning.head_weights import load_head
from emogen.conditioning.lora import merge_lora
from emogen.conditioning.talking_head import TalkingHead
from emogen.diffusion.denoiser import text_context
from emogen.diffusion.guidance import head_plan
from emogen.emotion import Trajectory
from emogen.errors import InputError, ModelError
from emogen.motion.ear import Ear
from emogen.motion.heard_features import heard_features
from emogen.motion.track import MotionTrack
from emogen.pipelines.loading import EMBEDDED, Components, find_folder, load_components
from emogen.pipelines.options import LoadOptions
from emogen.pipelines.sampling import (
    Progress,
    decode_frames,
    encode_first_frame,
    encode_frames,
    encode_text,
)
from emogen.pipelines.talking.chunks import Chunk, HeadSampler
from emogen.pipelines.talking.colour import ColourKeeper
from emogen.pipelines.talking.loading import borrow_emotion, change_decoder, ear_of
from emogen.pipelines.talking.performance import Performance, checked_portrait, performance_of
from emogen.pipelines.talking.settings import SHARED_FRAMES, HeadSettings, settings_from
from emogen.pipelines.talking.wav2vec import Wav2Vec

FOLDER = "talking_head"
"""Where a model folder keeps its talking head."""

class TalkingHeadPipeline:
    """Makes a portrait talk.

    Args:
        parts: The base model, with the head's LoRA merged into its transformer.
        head: Conditioning modules of the same device and type.
        settings: What is used where a call says nothing.
        ear: What the head was trained to hear with; None where features are made elsewhere.
    """

    def __init__(
        self,
        parts: Components,
        head: TalkingHead,
        *,
        settings: HeadSettings | None = None,
        ear: Ear | Wav2Vec | None = None,
    ) -> None:
        check_fit(parts.transformer, head)
        self.parts, self.head, self.ear = parts, head, ear
        self.settings = settings or HeadSettings()

    def listen(self, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Return the audio features [n, Y, V] of sound as it arrives.

        Args:
            blocks: float32 [samples], mono, 16 kHz, of any lengths.

        Raises:
            ModelError: the head has no ear.
            InputError: there is no sound.
        """
        if isinstance(self.ear, Wav2Vec):
            return self.ear.features(blocks)
        if self.ear is None:
            raise ModelError(
                "this talking head was trained on the audio features of a wav2vec2; name it by"
                " wav2vec="
            )
        return heard_features(self.ear, blocks)

    def stream(  # noqa: PLR0913 - one argument a source or setting
        self,
        reference: np.ndarray,
        *,
        track: MotionTrack | Iterable[MotionTrack],
        sketch: Iterable[np.ndarray],
        features: np.ndarray | Iterable[np.ndarray],
        emotion: Trajectory | np.ndarray | None = None,
        scene: str | None = None,
        steps: int | None = None,
        text_scale: float | None = None,
        audio_scale: float | None = None,
        emotion_scale: float | None = None,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> Iterator[np.ndarray]:
        """Yield frames uint8 [H, W, 3], one for each frame of the track.

        Args:
            reference: The portrait, uint8 [H, W, 3], sides multiples of 16.
            track: Motion at 25 frames a second, whole or in stretches as they come.
            sketch: The motion drawn on that portrait, uint8 [H, W, 3] a frame.
            features: Audio features [T, Y, V], whole or in blocks [n, Y, V].
            emotion: What is felt over time, or vectors [T, 12] of which the last stays.
            scene: What is seen, in words.
            steps: Denoising steps a chunk.
            text_scale: Guidance towards the scene.
            audio_scale: Guidance towards speech and motion.
            emotion_scale: Guidance towards the emotion.
            seed: Seed of the noise.
            progress: Called with the stage, steps done and steps in all, for each chunk.

        Raises:
            InputError: A picture, a number or streams that do not fit.
        """
        height, width = checked_portrait(reference)
        settings = self.settings.given(
            steps=steps, text_scale=text_scale, audio_scale=audio_scale, scene=scene,
            emotion_scale=emotion_scale, width=width, height=height,
        )  # fmt: skip
        performance = performance_of(
            reference, track, sketch, self._checked_features(features), emotion
        )
        sampler = self._sampler(reference, settings, emotional=performance.emotion is not None)
        return self._frames(sampler, performance, settings, seed, progress or (lambda *_: None))

    def _frames(
        self,
        sampler: HeadSampler,
        performance: Performance,
        settings: HeadSettings,
        seed: int,
        progress: Progress,
    ) -> Iterator[np.ndarray]:
        keeper, before, goal = ColourKeeper(), None, None
        first, given, last = 0, 0, np.empty((0, settings.height, settings.width, 3), np.uint8)
        while True:
            chunk = performance.chunk(first, settings.num_frames, seed=seed)
            goal = chunk.emotion if goal is None else goal
            frames = self._decoded(sampler, chunk, before, progress)
            shown = keeper.keep(
                frames, overlap=0 if before is None else SHARED_FRAMES,
                trust=_alike(goal, chunk.emotion),
            )  # fmt: skip
            more = performance.motion.reaches(first + settings.num_frames + 1)
            yield from shown if more else shown[: performance.motion.count - given]
            if not more:
                performance.check_ends()
                return
            given += len(shown)
            last = np.concatenate([last, shown])[-SHARED_FRAMES:]
            before = self._encoded(last)
            first += settings.num_frames - SHARED_FRAMES

    @torch.inference_mode()
    def _decoded(
        self, sampler: HeadSampler, chunk: Chunk, before: torch.Tensor | None, progress: Progress
    ) -> np.ndarray:
        return decode_frames(self.parts, sampler.sample(chunk, before, progress))

    @torch.inference_mode()
    def _encoded(self, frames: np.ndarray) -> torch.Tensor:
        return encode_frames(self.parts, frames)

    @torch.inference_mode()
    def _sampler(
        self, reference: np.ndarray, settings: HeadSettings, *, emotional: bool
    ) -> HeadSampler:
        guidance = head_plan(
            text_scale=settings.text_scale, audio_scale=settings.audio_scale,
            emotion_scale=settings.emotion_scale, emotional=emotional,
        )  # fmt: skip
        empty = self.parts.defaults.negative_prompt
        prompts = [
            empty if branch == "nothing" else settings.scene for branch in guidance.branches
        ]
        return HeadSampler(
            parts=self.parts, head=self.head, guidance=guidance,
            text=text_context(self.parts.transformer, *encode_text(self.parts, prompts)),
            reference=encode_first_frame(self.parts, reference),
            steps=settings.steps, flow_shift=settings.flow_shift,
        )  # fmt: skip

    def _checked_features(self, features: np.ndarray | Iterable[np.ndarray]) -> Iterable:
        blocks = [features] if isinstance(features, np.ndarray) else features
        expected = (self.head.config.audio_layers, self.head.config.audio_width)
        for block in blocks:
            if block.ndim != 3 or block.shape[1:] != expected:
                raise InputError(
                    f"expected audio features [frames, {expected[0]}, {expected[1]}], got"
                    f" {list(block.shape)}; use those that this head was trained with"
                )
            yield np.asarray(block, np.float32)


def load_talking_head(
    name: str | Path = "nano",
    *,
    base: str | Path | None = None,
    wav2vec: str | Path | None = None,
    device: str | None = None,
    dtype: torch.dtype | None = None,
) -> TalkingHeadPipeline:
    """Load a talking head and the model that it belongs to.

    Args:
        name: ``nano``, a model folder that holds ``talking_head/``, or a talking head's own folder.
        base: The model; default: the one that the folder names.
        wav2vec: Folder or hub name of the wav2vec2 that a head without an ear of its own was
            trained with; default: the one that the folder notes, if any.
        device: Torch device; default: CUDA if there is one, else the CPU.
        dtype: Type of the weights; default: bfloat16 where it is native.

    Raises:
        ModelError: There is no such head, or it does not fit the model.
    """
    folder = find_folder(name) if str(name) in EMBEDDED else Path(name).expanduser()
    inner = folder / FOLDER
    saved = load_head(inner if inner.is_dir() else folder)
    model = base or (folder if inner.is_dir() else saved.base_model)
    options = LoadOptions(engine="fast")  # the passes that read a head's conditions
    parts = load_components(model, device=device, dtype=dtype, options=options)
    check_fit(parts.transformer, saved.head)
    if not saved.own_emotion:
        borrow_emotion(saved.head, parts)
    merge_lora(parts.transformer, saved.lora)
    change_decoder(parts, saved)
    return TalkingHeadPipeline(
        parts,
        saved.head.to(parts.device, parts.dtype).requires_grad_(requires_grad=False),
        settings=settings_from(saved.settings),
        ear=ear_of(saved, wav2vec=wav2vec, device=parts.device),
    )


def _alike(goal: np.ndarray | None, now: np.ndarray | None) -> float:
    """Return 1 where the emotion is that of the first chunk, down to 0 where it is another."""
    if goal is None or now is None:
        return 1.0
    return float(np.clip(1 - np.abs(goal.mean(axis=0) - now.mean(axis=0)).max(), 0, 1))

"""A talking head on a Wan transformer: speech, motion and emotion in, what each pass reads out.

The sequence is a clean latent frame of the reference portrait and then the latents of the clip, L
in all. Audio, motion and emotion are given for the clip only; the reference's slot has none. With
fresh weights, and for every condition that is dropped, nothing is added: the output equals the base
bit for bit.

    latents = torch.cat([reference, noisy_clip], dim=2)     # (B, C, 1 + L, h, w)
    times = 1000 * sigma                                    # (B, 1 + L), 0 where a frame is clean
    condition = head.condition(audio=..., motion_latents=..., motion=..., emotion=..., drop=...)
    prediction = denoise(transformer, latents, times, text, condition)[:, :, 1:]

Shapes: B batch, L latent frames of the clip, F = 4 (L - 1) + 1 its frames at 25 a second, Y layers
and V width of the audio features, K motion channels, S tokens a latent frame, D width.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import torch
import torch.nn.functional as F  # noqa: N812
from diffusers import WanTransformer3DModel
from torch import Tensor, nn

from emogen.conditioning.audio_adapter import AudioCrossAttention, AudioProjection
from emogen.conditioning.emotion_adapter import (
    EmotionAdapter,
    EmotionAdapterConfig,
    EmotionCondition,
)
from emogen.conditioning.motion_frames import MotionFrames
from emogen.conditioning.portrait_copy import PortraitCopy
from emogen.diffusion.denoiser import FrameCondition
from emogen.errors import InputError

Source = Literal["audio", "motion_latents", "motion", "emotion"]
"""The conditions that can be given or dropped."""

NANO_SIZES = {
    "audio_layers": 2, "audio_width": 128, "projection_width": 128, "num_tokens": 8,
    "token_width": 128, "audio_heads": 2, "motion_width": 128,
}  # fmt: skip
"""For the embedded model and its ear."""
WAN_SIZES = {
    "audio_layers": 12, "audio_width": 768, "projection_width": 512, "num_tokens": 32,
    "token_width": 768, "motion_width": 512,
}  # fmt: skip
"""For Wan2.1 and the twelve hidden states of a wav2vec2 of base size."""


@dataclass(frozen=True, kw_only=True)
class TalkingHeadConfig:
    """Sizes of a talking head.

    Attributes:
        num_attention_heads: Heads of the transformer it serves.
        attention_head_dim: Width of one head.
        num_layers: Number of transformer blocks.
        latent_channels: Channels of its latents.
        audio_layers: Layers Y of the audio features.
        audio_width: Width V of one.
        projection_width: Hidden width of the audio projection.
        num_tokens: Audio tokens a latent frame.
        token_width: Width of one.
        audio_heads: Heads of the audio attention; 0 for as many as the transformer has.
        motion_channels: Channels K of the motion schema.
        motion_width: Hidden width of the motion channels.
        emotion_width: Width of the emotion adapter.
        emotion_tokens: Emotion tokens a latent frame.
        lora_rank: Rank of the LoRA that is trained with it; 0 for none.
        portrait_copy: 1 where the portrait is copied onto the clip, for models that predict the
            clean sample.
    """

    num_attention_heads: int
    attention_head_dim: int
    num_layers: int
    latent_channels: int
    audio_layers: int = 2
    audio_width: int = 128
    projection_width: int = 128
    num_tokens: int = 8
    token_width: int = 128
    audio_heads: int = 0
    motion_channels: int = 37
    motion_width: int = 128
    emotion_width: int = 128
    emotion_tokens: int = 4
    lora_rank: int = 32
    portrait_copy: int = 0

    @classmethod
    def for_transformer(cls, model: WanTransformer3DModel, **sizes: int) -> "TalkingHeadConfig":
        """Return the config that fits a transformer, with ``NANO_SIZES``, ``WAN_SIZES`` or own."""
        return cls(
            num_attention_heads=model.config.num_attention_heads,
            attention_head_dim=model.config.attention_head_dim,
            num_layers=model.config.num_layers,
            latent_channels=model.config.in_channels,
            **sizes,
        )

    @property
    def model_width(self) -> int:
        """Width D of the transformer."""
        return self.num_attention_heads * self.attention_head_dim

    @property
    def emotion(self) -> EmotionAdapterConfig:
        """Sizes of the emotion adapter."""
        return EmotionAdapterConfig(
            num_attention_heads=self.num_attention_heads,
            attention_head_dim=self.attention_head_dim,
            num_layers=self.num_layers,
            width=self.emotion_width,
            num_tokens=self.emotion_tokens,
        )

    def to_dict(self) -> dict[str, int]:
        """Return the sizes as plain numbers."""
        return asdict(self)


class TalkingHead(nn.Module):
    """Zero-initialised speech, motion and emotion conditioning of a Wan transformer.

    The emotion adapter may be loaded from the base model's: ``head.emotion.load_state_dict(...)``.
    The LoRA lies on the transformer itself, see `emogen.conditioning.lora`.
    """

    def __init__(self, config: TalkingHeadConfig) -> None:
        super().__init__()
        self.config = config
        self.project = AudioProjection(
            layers=config.audio_layers, width=config.audio_width, hidden=config.projection_width,
            num_tokens=config.num_tokens, token_width=config.token_width,
        )  # fmt: skip
        self.listen = nn.ModuleList(
            AudioCrossAttention(
                model_width=config.model_width, token_width=config.token_width,
                heads=config.audio_heads or config.num_attention_heads,
                head_dim=config.attention_head_dim,
            )
            for _ in range(config.num_layers)
        )  # fmt: skip
        self.motion = MotionFrames(
            latent_channels=config.latent_channels, motion_channels=config.motion_channels,
            hidden=config.motion_width, model_width=config.model_width,
        )  # fmt: skip
        self.emotion = EmotionAdapter(config.emotion)
        self.portrait = None
        if config.portrait_copy:
            self.portrait = PortraitCopy(
                latent_channels=config.latent_channels, model_width=config.model_width
            )

    def condition(
        self,
        *,
        audio: Tensor | None = None,
        motion_latents: Tensor | None = None,
        motion: Tensor | None = None,
        emotion: Tensor | None = None,
        reference: Tensor | None = None,
        drop: Mapping[Source, Tensor] | None = None,
    ) -> "HeadCondition":
        """Turn what is given for a clip into what each transformer pass reads.

        Args:
            audio: Features [B, F, Y, V], or [B, F + 4, Y, V] with the two frames before and after.
            motion_latents: Normalised latents of the sketch clip [B, C, L, h, w].
            motion: Motion channels [B, F, K], each divided by its largest value.
            emotion: Emotion vectors [B, L, 12].
            reference: Latents of the portrait [B, C, 1, h, w]; heeded by heads that copy it.
            drop: Which samples go without a condition, bool [B] by its name.

        Raises:
            InputError: Nothing is given, or shapes do not fit each other.
        """
        given = {
            "audio": audio, "motion_latents": motion_latents, "motion": motion, "emotion": emotion,
        }  # fmt: skip
        batch, frames = _common_shape(given)
        keep = _presence(given, drop or {}, batch, frames)  # (B, 1 + L) by name
        modulation, tokens, heard, felt = None, None, None, None
        if emotion is not None:
            felt = self.emotion(_after_reference(emotion) * keep["emotion"][..., None])
            modulation = felt.modulation
        if motion is not None:
            added = _after_reference(self.motion.modulation(motion))
            added = added * keep["motion"][..., None, None]
            modulation = added if modulation is None else modulation + added
        if motion_latents is not None:
            tokens = _after_reference(self.motion.tokens(motion_latents))
            tokens = (tokens * keep["motion_latents"][..., None, None]).flatten(1, 2)
        if audio is not None:
            context = _after_reference(self.project(audio, latent_frames=frames))
            heard = HeardSpeech(
                self.listen, [layer.read(context) for layer in self.listen], keep["audio"]
            )
        if modulation is None:
            modulation = keep["any"].new_zeros(batch, frames + 1, 6, 1)
        guess = None
        if self.portrait is not None and reference is not None:
            guess = self.portrait.guess(reference, frames + 1)
            copies = self.portrait.tokens(reference).expand(-1, frames, -1, -1)
            copies = _after_reference(copies).flatten(1, 2)
            tokens = copies if tokens is None else tokens + copies
        return HeadCondition(modulation, tokens, felt, heard, guess)


class HeardSpeech:
    """Speech of one batch, ready for every pass."""

    def __init__(
        self, layers: nn.ModuleList, read: list[tuple[Tensor, Tensor]], presence: Tensor
    ) -> None:
        self.layers, self.read, self.presence = layers, read, presence

    def __call__(self, block: int, x: Tensor, temb: Tensor) -> Tensor:
        """Return what tokens [B, (1 + L)*S, D] hear, zero where there is no speech."""
        heard = self.layers[block](x, temb, *self.read[block]).to(x.dtype)
        heard = heard.unflatten(1, (temb.shape[1], -1))
        return (heard * self.presence[:, :, None, None].to(x.dtype)).flatten(1, 2)


class HeadCondition(FrameCondition):
    """Conditions of one batch, ready for every pass; see `emogen.diffusion.denoiser`.

    Attributes:
        modulation: [B, 1 + L, 6, D], added to the time modulation.
        tokens: [B, (1 + L)*S, D], added to the token embeddings, or None.
    """

    def __init__(
        self,
        modulation: Tensor,
        tokens: Tensor | None,
        felt: EmotionCondition | None,
        heard: HeardSpeech | None,
        guess: Tensor | None = None,
    ) -> None:
        self.modulation, self.tokens = modulation, tokens
        self._felt, self._heard, self._guess = felt, heard, guess

    def attend(self, block: int, query: Tensor) -> Tensor | None:
        """Return what [B, 1 + L, S, H, D/H] queries of a block read of the emotion."""
        return None if self._felt is None else self._felt.attend(block, query)

    def hear(self, block: int, x: Tensor, temb: Tensor) -> Tensor | None:
        """Return what the stream [B, (1 + L)*S, D] hears in a block."""
        return None if self._heard is None else self._heard(block, x, temb)

    def finish(self, prediction: Tensor, timesteps: Tensor) -> Tensor:
        """Add what the portrait says to a prediction [B, C, 1 + L, h, w], the more the noisier."""
        if self._guess is None:
            return prediction
        sigma = timesteps.to(prediction.dtype)[:, None, :, None, None] / 1000
        return prediction + sigma * self._guess.to(prediction.dtype)


def _after_reference(x: Tensor) -> Tensor:
    """Put a zero slot for the reference before [B, L, ...]."""
    return torch.cat([torch.zeros_like(x[:, :1]), x], dim=1)


def _common_shape(given: Mapping[str, Any]) -> tuple[int, int]:
    """Return the batch and the clip's latent frames; audio may bring two frames more each side."""
    latents, motion, emotion = given["motion_latents"], given["motion"], given["emotion"]
    sizes: dict[str, tuple[int, int]] = {}
    if latents is not None:
        sizes["motion_latents"] = (latents.shape[0], latents.shape[2])
    if motion is not None:
        sizes["motion"] = (motion.shape[0], (motion.shape[1] + 3) // 4)
    if emotion is not None:
        sizes["emotion"] = (emotion.shape[0], emotion.shape[1])
    if given["audio"] is not None and sizes:
        sizes["audio"] = (given["audio"].shape[0], next(iter(sizes.values()))[1])
    elif given["audio"] is not None:
        sizes["audio"] = (given["audio"].shape[0], (given["audio"].shape[1] + 3) // 4)
    if len(set(sizes.values())) != 1:
        raise InputError(
            "expected conditions of one batch and one number of latent frames, got "
            + (", ".join(f"{name} {list(size)}" for name, size in sizes.items()) or "none at all")
        )
    return next(iter(sizes.values()))


def _presence(
    given: Mapping[str, Any], drop: Mapping[Source, Tensor], batch: int, frames: int
) -> dict[str, Tensor]:
    """Return by name where a condition counts, [B, 1 + L]."""
    unknown = set(drop) - set(given)
    if unknown:
        raise InputError(f"expected to drop some of {', '.join(given)}, got {sorted(unknown)}")
    some = next(value for value in given.values() if value is not None)
    everywhere = F.pad(some.new_ones(batch, frames), (1, 0))
    presence = {"any": everywhere}
    for name in given:
        mask = drop.get(name)
        kept = everywhere if mask is None else everywhere * (~mask.to(some.device))[:, None]
        presence[name] = kept
    return presence

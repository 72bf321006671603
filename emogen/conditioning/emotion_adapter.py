"""Emotion for a Wan transformer: one emotion vector a latent frame in, modulation and tokens out.

Two zero-initialised branches: an addition to the time modulation of each latent frame (global
feeling, intensity, curves) and a few decoupled cross-attention tokens a latent frame (rich detail;
the form of IP-Adapter, Ye et al. 2023, arXiv 2308.06721). Where the vector is zero (neutral) both
are exactly zero. The module is the same for every width: nano and Wan2.1 differ only in the numbers
of its config.

Shapes: B batch, L latent frames, S tokens a latent frame, K emotion tokens a latent frame,
W adapter width, D transformer width, H heads.
"""

from dataclasses import asdict, dataclass

import torch
from diffusers import WanTransformer3DModel
from torch import Tensor, nn

from emogen.diffusion.attention import attention
from emogen.diffusion.denoiser import FrameCondition

EMOTION_WIDTH = 12
"""Eight Mikels weights times intensity, valence, arousal, dominance, intensity."""


@dataclass(frozen=True, kw_only=True)
class EmotionAdapterConfig:
    """Sizes of an emotion adapter.

    Attributes:
        num_attention_heads: Heads of the transformer it serves.
        attention_head_dim: Width of one head.
        num_layers: Number of transformer blocks.
        width: Width of the adapter's own features.
        num_tokens: Emotion tokens a latent frame.
    """

    num_attention_heads: int
    attention_head_dim: int
    num_layers: int
    width: int = 128
    num_tokens: int = 4

    @classmethod
    def for_transformer(cls, model: WanTransformer3DModel, **sizes: int) -> "EmotionAdapterConfig":
        """Return the config that fits a transformer; ``sizes`` may set width and num_tokens."""
        return cls(
            num_attention_heads=model.config.num_attention_heads,
            attention_head_dim=model.config.attention_head_dim,
            num_layers=model.config.num_layers,
            **sizes,
        )

    def to_dict(self) -> dict[str, int]:
        """Return the sizes as plain numbers."""
        return asdict(self)


class EmotionAdapter(nn.Module):
    """Zero-initialised emotion conditioning of a Wan transformer."""

    def __init__(self, config: EmotionAdapterConfig) -> None:
        super().__init__()
        self.config = config
        inner = config.num_attention_heads * config.attention_head_dim
        width, count = config.width, config.num_tokens
        self.features = nn.Sequential(
            nn.Linear(EMOTION_WIDTH, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU()
        )
        self.to_modulation = nn.Linear(width, 6 * inner)
        self.to_tokens = nn.Linear(width, count * width)
        self.to_keys = nn.ModuleList(nn.Linear(width, inner) for _ in range(config.num_layers))
        self.to_values = nn.ModuleList(nn.Linear(width, inner) for _ in range(config.num_layers))
        for layer in (self.to_modulation, *self.to_values):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, emotion: Tensor) -> "EmotionCondition":
        """Turn emotion vectors [B, L, 12] into what each transformer pass reads."""
        config = self.config
        presence = (emotion.abs().amax(dim=-1) > 0).to(emotion.dtype)  # (B, L)
        features = self.features(emotion)  # (B, L, W)
        modulation = self.to_modulation(features).unflatten(-1, (6, -1)) * presence[..., None, None]
        tokens = self.to_tokens(features).unflatten(-1, (config.num_tokens, -1))  # (B, L, K, W)
        heads = (config.num_attention_heads, config.attention_head_dim)
        keys = [layer(tokens).unflatten(-1, heads) for layer in self.to_keys]
        values = [layer(tokens).unflatten(-1, heads) for layer in self.to_values]
        return EmotionCondition(modulation, keys, values, presence)


class EmotionCondition(FrameCondition):
    """Emotion of one batch, ready for every pass.

    Attributes:
        modulation: [B, L, 6, D], added to the time modulation.
        presence: [B, L], 1 where an emotion is asked, else 0.
    """

    def __init__(
        self, modulation: Tensor, keys: list[Tensor], values: list[Tensor], presence: Tensor
    ) -> None:
        self.modulation = modulation
        self.presence = presence
        self._keys = keys
        self._values = values

    @property
    def active(self) -> bool:
        """Whether any frame of the batch asks for an emotion."""
        return bool(self.presence.any())

    def attend(self, block: int, query: Tensor) -> Tensor:
        """Let queries [B, L, S, H, D/H] of a block read the tokens of their own latent frame."""
        key, value = self._keys[block].to(query.dtype), self._values[block].to(query.dtype)
        out = attention(
            *(x.flatten(0, 1).transpose(1, 2) for x in (query, key, value))
        )  # (B*L, H, S, D/H)
        out = out.transpose(1, 2).unflatten(0, query.shape[:2])
        return out * self.presence[:, :, None, None, None].to(out.dtype)

    def stacked(self, repeats: int) -> "EmotionCondition":
        """Return the condition for a batch repeated ``repeats`` times."""

        def repeat(x: Tensor) -> Tensor:
            return torch.cat([x] * repeats)

        return EmotionCondition(
            repeat(self.modulation),
            [repeat(x) for x in self._keys],
            [repeat(x) for x in self._values],
            repeat(self.presence),
        )

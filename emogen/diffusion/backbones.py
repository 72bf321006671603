"""Wan models by name: a name, hub id or folder in; sizes, settings and needs of the model out.

Nothing here loads weights or torch. Shapes and sizes are those of the published configurations, the
settings those that the authors recommend for each. Memory and disk are computed from the number of
parameters, which tests compare with models built on the meta device.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from emogen.diffusion.choices import Offload

Task = Literal["t2v", "i2v", "ti2v"]
"""From text, from a picture and text, or from either."""

INDEX = "model_index.json"
LICENCE = "Apache-2.0"
TEXT_ENCODER = 5_680_910_336
"""Parameters of UMT5-XXL's encoder."""
IMAGE_ENCODER = 630_766_080
"""Parameters of the CLIP ViT-H vision tower that Wan2.1's image-to-video models read."""
WORK_BYTES = 5_000_000_000
"""Activations and decoding at 832x480x81: the 8.2 GB that the authors report for 1.3B, less its
weights."""
_TEXT_TOKENS = 512


@dataclass(frozen=True, kw_only=True)
class Backbone:
    """One published Wan model.

    Attributes:
        name: Short name on emogen's command line.
        hub: Repository on the hub, in diffusers' layout.
        task: What a clip is made from.
        heads: Attention heads of 128.
        layers: Transformer blocks.
        ffn: Width of the feed-forward layers.
        in_channels: Channels that the transformer reads.
        latent_channels: Channels of the autoencoder's latents.
        image_dim: Width of CLIP's picture states that the transformer reads, None if none.
        experts: Transformers: two share the noise levels of Wan2.2's A14B.
        boundary: Noise level from which the first of two experts works, None if there is one.
        expand_timesteps: Whether each token has a time step of its own, so that a first frame can
            be given clean.
        parameters: Of one transformer.
        vae_parameters: Of the autoencoder.
        width: Pixels of a usual clip.
        height: Pixels of a usual clip.
        num_frames: Frames of a usual clip, 4k + 1.
        fps: Frames a second that it was trained at.
        steps: Denoising steps.
        guidance_scale: Text guidance; of the first expert where there are two.
        guidance_scale_2: Text guidance of the second expert, None if there is one.
        flow_shift: Shift of the noise schedule.
        stride: Pixels a latent pixel; sides must be multiples of twice as many.
        licence: Of the weights.
    """

    name: str
    hub: str
    task: Task
    heads: int = 40
    layers: int = 40
    ffn: int = 13824
    in_channels: int = 16
    latent_channels: int = 16
    image_dim: int | None = None
    experts: int = 1
    boundary: float | None = None
    expand_timesteps: bool = False
    parameters: int = 14_288_491_584
    vae_parameters: int = 126_892_531
    width: int = 832
    height: int = 480
    num_frames: int = 81
    fps: float = 16.0
    steps: int = 50
    guidance_scale: float = 5.0
    guidance_scale_2: float | None = None
    flow_shift: float = 5.0
    stride: int = 8
    licence: str = LICENCE

    @property
    def size_multiple(self) -> int:
        """What width and height must be multiples of."""
        return 2 * self.stride

    def transformer_config(self) -> dict[str, Any]:
        """Return the arguments that build one of its transformers with diffusers."""
        return {
            "num_attention_heads": self.heads,
            "num_layers": self.layers,
            "ffn_dim": self.ffn,
            "in_channels": self.in_channels,
            "out_channels": self.latent_channels,
            "image_dim": self.image_dim,
            "added_kv_proj_dim": None if self.image_dim is None else self.heads * 128,
        }

    def disk_bytes(self) -> int:
        """Return what its repository holds at most: every part in float32."""
        image = IMAGE_ENCODER if self.image_dim else 0
        parts = self.experts * self.parameters + TEXT_ENCODER + self.vae_parameters + image
        return 4 * parts

    def memory_bytes(self, *, offload: Offload = "none", fp8: bool = False) -> int:
        """Return what the device needs for a usual clip, an estimate from parameter counts.

        Args:
            offload: What waits in host memory.
            fp8: Whether the transformer's weights are kept in eight bits.
        """
        transformer = self.parameters * (1 if fp8 else 2)
        text, vae = 2 * TEXT_ENCODER, 4 * self.vae_parameters
        image = 4 * IMAGE_ENCODER if self.image_dim else 0
        work = WORK_BYTES * self.width * self.height * self.num_frames // (832 * 480 * 81)
        work = work * (self.stride**2 + 64) // (2 * self.stride**2)  # half goes with latent pixels
        if offload == "none":
            return self.experts * transformer + text + vae + image + work
        if offload == "model":
            return max(transformer + work, text, vae + work)
        return 2 * transformer // self.layers + work

    def host_bytes(self) -> int:
        """Return what the host needs to hold all weights while they are offloaded."""
        image = IMAGE_ENCODER if self.image_dim else 0
        return 2 * (self.experts * self.parameters + TEXT_ENCODER) + 4 * (
            self.vae_parameters + image
        )

    def pass_flops(self, width: int, height: int, num_frames: int) -> float:
        """Return the floating-point operations of one pass of one transformer.

        Args:
            width: Pixels.
            height: Pixels.
            num_frames: 4k + 1.
        """
        tokens, dim = self._tokens(width, height, num_frames), 128 * self.heads
        projections = 12 * tokens * dim**2 + 4 * _TEXT_TOKENS * dim**2
        feed_forward = 4 * tokens * dim * self.ffn
        attention = self.attention_flops(width, height, num_frames)
        return float(self.layers * (projections + feed_forward)) + attention

    def attention_flops(self, width: int, height: int, num_frames: int) -> float:
        """Return those of them that are products of queries, keys and values."""
        tokens = self._tokens(width, height, num_frames)
        return float(self.layers * 4 * tokens * 128 * self.heads * (tokens + _TEXT_TOKENS))

    def _tokens(self, width: int, height: int, num_frames: int) -> int:
        side = self.size_multiple
        return ((num_frames - 1) // 4 + 1) * (height // side) * (width // side)

    def clip_flops(self) -> float:
        """Return the operations of a usual clip: two passes a step."""
        return 2 * self.steps * self.pass_flops(self.width, self.height, self.num_frames)


def find_backbone(name: str) -> Backbone | None:
    """Return the model of a short name, an alias or a hub id; None if it is none of them.

    >>> find_backbone("Wan-AI/Wan2.2-TI2V-5B-Diffusers").fps
    24.0
    >>> find_backbone("wan2.1-1.3b").name
    'wan2.1-t2v-1.3b'
    """
    low = name.lower()
    for backbone in BACKBONES.values():
        if low in (backbone.name, backbone.hub.lower()):
            return backbone
    return BACKBONES.get(ALIASES.get(low, ""))


def recognise(folder: Path) -> Backbone | None:
    """Return the published model that a diffusers folder holds, told by its configuration.

    Models that differ in nothing else are told apart by the folder's name and, failing that, by
    the flow shift of its scheduler. None where the folder holds a model of other sizes.
    """
    index, sizes = read_json(folder / INDEX), read_json(folder / "transformer" / "config.json")
    if not sizes:
        return None
    two = bool((index.get("transformer_2") or [None])[0])
    found = [
        backbone for backbone in BACKBONES.values()
        if (backbone.experts == 2) == two
        and all(_size(sizes, key) == value for key, value in backbone.transformer_config().items())
    ]  # fmt: skip
    if len(found) < 2:
        return found[0] if found else None
    name = folder.resolve().name.lower()
    named = [b for b in found if b.name.rpartition("-")[2] in name]
    shift = read_json(folder / "scheduler" / "scheduler_config.json").get("flow_shift")
    return ([*named, *(b for b in found if b.flow_shift == shift), *found])[0]


def _size(sizes: dict[str, Any], key: str) -> Any:  # noqa: ANN401 - what stands in the file
    """Return a size that a configuration states, or diffusers' default of it."""
    usual = {"num_attention_heads": 40, "num_layers": 40, "ffn_dim": 13824, "in_channels": 16}
    value = sizes.get(key, usual.get(key))
    return sizes.get("in_channels", 16) if key == "out_channels" and value is None else value


def read_json(path: Path) -> dict[str, Any]:
    """Return a JSON object, empty where there is none: what is damaged is reported on loading."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


BACKBONES = {backbone.name: backbone for backbone in (
    Backbone(
        name="wan2.1-t2v-1.3b", hub="Wan-AI/Wan2.1-T2V-1.3B-Diffusers", task="t2v", heads=12,
        layers=30, ffn=8960, parameters=1_418_996_800, guidance_scale=6.0, flow_shift=8.0,
    ),
    Backbone(name="wan2.1-t2v-14b", hub="Wan-AI/Wan2.1-T2V-14B-Diffusers", task="t2v"),
    Backbone(
        name="wan2.1-i2v-14b-480p", hub="Wan-AI/Wan2.1-I2V-14B-480P-Diffusers", task="i2v",
        in_channels=36, image_dim=1280, parameters=16_394_878_784, steps=40, flow_shift=3.0,
    ),
    Backbone(
        name="wan2.1-i2v-14b-720p", hub="Wan-AI/Wan2.1-I2V-14B-720P-Diffusers", task="i2v",
        in_channels=36, image_dim=1280, parameters=16_394_878_784, steps=40, width=1280, height=720,
    ),
    Backbone(
        name="wan2.2-ti2v-5b", hub="Wan-AI/Wan2.2-TI2V-5B-Diffusers", task="ti2v", heads=24,
        layers=30, ffn=14336, in_channels=48, latent_channels=48, parameters=4_999_787_712,
        vae_parameters=704_688_668, expand_timesteps=True, width=1280, height=704, num_frames=121,
        fps=24.0, stride=16,
    ),
    Backbone(
        name="wan2.2-t2v-a14b", hub="Wan-AI/Wan2.2-T2V-A14B-Diffusers", task="t2v", experts=2,
        boundary=0.875, width=1280, height=720, steps=40, guidance_scale=4.0, guidance_scale_2=3.0,
        flow_shift=12.0,
    ),
    Backbone(
        name="wan2.2-i2v-a14b", hub="Wan-AI/Wan2.2-I2V-A14B-Diffusers", task="i2v", experts=2,
        boundary=0.9, in_channels=36, parameters=14_288_901_184, steps=40, guidance_scale=3.5,
        guidance_scale_2=3.5,
    ),
)}  # fmt: skip
ALIASES = {
    "wan2.1-1.3b": "wan2.1-t2v-1.3b",
    "wan2.1-14b": "wan2.1-t2v-14b",
    "wan2.2-5b": "wan2.2-ti2v-5b",
    "wan2.2-a14b": "wan2.2-t2v-a14b",
}

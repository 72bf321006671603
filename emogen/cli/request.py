"""One clip asked for: options in, a checked request out, before anything heavy is loaded."""

from dataclasses import dataclass
from pathlib import Path

from emogen.cli.checks import (
    check_adapter,
    check_frames,
    check_lora,
    check_number,
    check_size,
    check_text,
    check_volume,
    locate_model,
)
from emogen.diffusion.choices import Attention, Lora, Offload, Quantizer
from emogen.emotion import Trajectory, parse
from emogen.errors import InputError, ModelError

_ANY_LENGTH = 1e6
"""Seconds that let every curve be read while the clip's own length is not known yet."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a person asked for; what is None takes the model's default.

    Attributes:
        prompt: what is seen.
        emotion: what is felt, in the notation or as a trajectory.
        negative_prompt: what guidance moves away from.
        image: picture the clip begins with.
        model: name of an embedded model, or a folder.
        adapter: folder of an emotion adapter.
        width: pixels.
        height: pixels.
        num_frames: 4k+1.
        fps: frames a second.
        steps: denoising steps.
        guidance_scale: text guidance.
        emotion_guidance_scale: emotion guidance.
        seed: seed of the noise.
        best_of: clips to choose from, of this seed and those after it.
        watermark: whether the frames carry the invisible mark.
        label: whether the frames show that they are generated.
        guidance_scale_2: text guidance of the second of two experts.
        flow_shift: shift of the noise schedule.
        loras: LoRA files, each as FILE, FILE:SCALE or FILE:SCALE:2.
        attention: kernel of the attention.
        offload: what waits in host memory.
        fp8: whether weights are kept in eight bits.
        quantizer: who keeps weights in fewer bits.
        vae_tiling: whether frames are decoded in tiles.
    """

    prompt: str
    emotion: str | Trajectory | None = None
    negative_prompt: str | None = None
    image: Path | None = None
    model: str = "nano"
    adapter: Path | None = None
    width: int | None = None
    height: int | None = None
    num_frames: int | None = None
    fps: float | None = None
    steps: int | None = None
    guidance_scale: float | None = None
    emotion_guidance_scale: float | None = None
    seed: int = 0
    best_of: int = 1
    watermark: bool = True
    label: bool = False
    guidance_scale_2: float | None = None
    flow_shift: float | None = None
    loras: tuple[str, ...] = ()
    attention: Attention = "native"
    offload: Offload = "none"
    fp8: bool = False
    quantizer: Quantizer | None = None
    vae_tiling: bool = False

    def __post_init__(self) -> None:
        """Check everything that needs no model.

        Raises:
            InputError: the first thing that is wrong, with a remedy.
        """
        object.__setattr__(self, "prompt", check_text(self.prompt, name="prompt"))
        if self.negative_prompt is not None:
            check_text(self.negative_prompt, name="negative prompt", allow_empty=True)
        self._check_numbers()
        self.trajectory(_ANY_LENGTH if self.length is None else self.length)
        if self.fp8 and self.quantizer is not None:
            raise InputError("expected --fp8 or --quantize, got both; take one")
        self.lora_files()
        folder = locate_model(self.model)
        if self.adapter is not None:
            check_adapter(self.adapter)
        elif self.emotion is not None and not (folder / "emotion_adapter").is_dir():
            raise ModelError(
                f"the model {self.model!r} has no emotion adapter; give one with --adapter,"
                " or leave out --emotion"
            )

    def lora_files(self) -> tuple[Lora, ...]:
        """Return the LoRA files, each checked to be there."""
        return tuple(check_lora(text) for text in self.loras)

    @property
    def length(self) -> float | None:
        """Seconds from the first to the last frame, where frames and rate are given."""
        if self.num_frames is None or self.fps is None:
            return None
        return (self.num_frames - 1) / self.fps

    def trajectory(self, seconds: float) -> Trajectory | None:
        """Return the emotion over a clip of this length in seconds, None where none is asked."""
        if isinstance(self.emotion, str):
            return parse(self.emotion, seconds=seconds)
        return self.emotion

    def _check_numbers(self) -> None:
        named = {
            "--fps": self.fps, "--steps": self.steps, "--guidance": self.guidance_scale,
            "--emotion-guidance": self.emotion_guidance_scale, "--seed": self.seed,
            "--best-of": self.best_of, "--guidance-2": self.guidance_scale_2,
            "--flow-shift": self.flow_shift,
        }
        for name, value in named.items():
            if value is not None:
                check_number(name, value)
        if self.num_frames is not None:
            check_frames(self.num_frames)
        if self.width is not None and self.height is not None:
            check_size(self.width, self.height)
            check_volume(self.width, self.height, self.num_frames or 1)

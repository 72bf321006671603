"""The probe: frames in, what they show out, read by a network that shares nothing with a generator.

A small convolutional network looks at one frame at a time, 64x64 RGB, and names the mixture of
Mikels' eight and neutral, the intensity and the subject. It learned from rendered frames only
(``training/train_probe.py``), with pictures blurred, moved and compressed so that it reads
generated ones too. It knows nothing of motion.

Shapes: T frames, H/W pixels, S subjects.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import Tensor, nn

from emogen.assets import model_dir
from emogen.emotion import CATEGORIES, MIKELS
from emogen.errors import InputError, ModelError

SIZE = 64
WEIGHTS = "probe.safetensors"
WIDTHS = (32, 48, 96, 160)
_FRAMES_AT_ONCE = 256


@dataclass(frozen=True, kw_only=True)
class ProbeReading:
    """What a clip shows.

    Attributes:
        emotion: float32 [T, 9], a distribution over Mikels' eight and neutral, one a frame.
        intensity: float32 [T] in [0, 1].
        subject: float32 [S], a distribution over the subjects, the mean over frames.
        subjects: names of the subjects.
    """

    emotion: np.ndarray
    intensity: np.ndarray
    subject: np.ndarray
    subjects: tuple[str, ...]

    @property
    def clip_emotion(self) -> np.ndarray:
        """The mean distribution over frames, float32 [9]."""
        return self.emotion.mean(axis=0)

    @property
    def top_emotion(self) -> str:
        """The strongest of Mikels' eight; neutral does not compete."""
        return MIKELS[int(self.clip_emotion[: len(MIKELS)].argmax())]

    @property
    def top_subject(self) -> str:
        """The likeliest subject."""
        return self.subjects[int(self.subject.argmax())]

    def latent_emotion(self, stride: int = 4) -> np.ndarray:
        """Return the mean reading of each latent frame, [L, 9], as trajectories are sampled."""
        if (len(self.emotion) - 1) % stride:
            raise InputError(f"expected {stride}k+1 frames, got {len(self.emotion)}; render others")
        groups = self.emotion[1:].reshape(-1, stride, len(CATEGORIES)).mean(axis=1)
        return np.concatenate([self.emotion[:1], groups])

    def __repr__(self) -> str:
        """Say what was read."""
        strength = float(self.intensity.mean())
        return (
            f"ProbeReading({len(self.emotion)} frames: {self.top_subject}, "
            f"{self.top_emotion} at {strength:.2f})"
        )


class ProbeNetwork(nn.Module):
    """Seven convolutions and three heads; about 0.55 M numbers.

    Args:
        num_subjects: S.
        norm: whether convolutions are followed by batch norm, as in training. The shipped network
            has them folded into its weights.
    """

    def __init__(self, num_subjects: int, *, norm: bool = False) -> None:
        """Make an untrained network."""
        super().__init__()
        layers, inputs = [], 3
        for width in WIDTHS:
            for stride in (2, 1) if layers else (2,):  # the stem has one
                layers.append(_block(inputs, width, stride=stride, norm=norm))
                inputs = width
        self.features = nn.Sequential(*layers)
        self.emotion = nn.Linear(2 * inputs, len(CATEGORIES))
        self.intensity = nn.Linear(2 * inputs, 1)
        self.subject = nn.Linear(2 * inputs, num_subjects)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return logits of emotion [N, 9], intensity [N] and subject [N, S] of pictures in [-1, 1].

        Args:
            pictures: [N, 3, 64, 64].
        """
        maps = self.features(pictures).flatten(2)  # (N, C, 16)
        pooled = torch.cat([maps.mean(-1), maps.amax(-1)], dim=1)  # (N, 2*C)
        return self.emotion(pooled), self.intensity(pooled)[:, 0], self.subject(pooled)


def _block(inputs: int, outputs: int, *, stride: int, norm: bool) -> nn.Sequential:
    conv = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=not norm)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs) if norm else nn.Identity(), nn.ReLU())


def folded(network: ProbeNetwork) -> ProbeNetwork:
    """Return the same function without batch norm, its statistics folded into the convolutions."""
    plain = ProbeNetwork(network.subject.out_features)
    for source, target in zip(network.features, plain.features, strict=True):
        conv = nn.utils.fusion.fuse_conv_bn_eval(source[0].eval(), source[1].eval())
        target[0].load_state_dict(conv.state_dict())
    for head in ("emotion", "intensity", "subject"):
        getattr(plain, head).load_state_dict(getattr(network, head).state_dict())
    return plain.eval()


def pictures_of(frames: np.ndarray) -> Tensor:
    """Turn frames uint8 [T, H, W, 3] into what the network sees, [T, 3, 64, 64] in [-1, 1].

    The middle square of the frame is scaled to 64 pixels.
    """
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[-1] != 3 or 0 in frames.shape:
        raise InputError(
            f"expected frames uint8 [T, H, W, 3], got {frames.dtype} {list(frames.shape)}; "
            "flatten transparency first"
        )
    side = min(frames.shape[1:3])
    top, left = (frames.shape[1] - side) // 2, (frames.shape[2] - side) // 2
    square = np.ascontiguousarray(frames[:, top : top + side, left : left + side])
    x = torch.from_numpy(square).permute(0, 3, 1, 2).float() / 127.5 - 1
    return x if side == SIZE else _scaled(x)


def _scaled(x: Tensor) -> Tensor:
    mode = {"mode": "area"} if x.shape[-1] % SIZE == 0 else {"mode": "bilinear", "antialias": True}
    return F.interpolate(x, size=(SIZE, SIZE), **mode)


class Probe:
    """A trained network and the names of its subjects.

    Args:
        network: a folded network.
        subjects: S names.
    """

    def __init__(self, network: ProbeNetwork, subjects: tuple[str, ...]) -> None:
        """Hold both; the network is set to evaluation."""
        self.network = network.eval()
        self.subjects = subjects

    @classmethod
    def load(cls, folder: str | Path | None = None) -> "Probe":
        """Read a probe, the shipped one unless a folder is named.

        Raises:
            ModelError: there is none, or it is damaged.
        """
        path = Path(folder or model_dir("probe")) / WEIGHTS
        if not path.is_file():
            raise ModelError(f"no probe at {path}; make one with training/train_probe.py")
        try:
            with safe_open(path, framework="pt") as file:
                subjects = tuple(file.metadata()["subjects"].split("|"))
            network = ProbeNetwork(len(subjects))
            network.load_state_dict({k: v.float() for k, v in load_file(path).items()})
        except (OSError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
            first = str(error).splitlines()[0]
            raise ModelError(f"cannot read the probe {path}: {first}; copy it again") from error
        return cls(network, subjects)

    @torch.inference_mode()
    def __call__(self, frames: np.ndarray) -> ProbeReading:
        """Read a clip, uint8 [T, H, W, 3].

        The same frames give the same reading, whatever clip they lie in.
        """
        parts = [self.network(part) for part in pictures_of(frames).split(_FRAMES_AT_ONCE)]
        emotion, intensity, subject = (torch.cat(part) for part in zip(*parts, strict=True))
        return ProbeReading(
            emotion=emotion.softmax(-1).numpy(),
            intensity=intensity.sigmoid().numpy(),
            subject=subject.softmax(-1).mean(0).numpy(),
            subjects=self.subjects,
        )

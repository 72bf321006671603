"""The judge's networks for pictures: squares in, an embedding and what it expresses out.

`TwoStreamNetwork` looks at the whole scene and at a close-up of the subject. Each stream has a head
of its own, so that one can ask what the face says and what its surroundings say; a bottleneck joins
them. Pictures and video share all but a small adapter each, as in S4D (static for dynamic: stills
teach a video network and adapters take up what differs): the adapter of video sees half-second
pools of the embedding, how much it changed, and its neighbours in time.

Shapes: T frames, N windows, D width of the embedding, U action units.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from emogen.emotion import CATEGORIES
from emogen.evaluation.recogniser.subject_crop import Locator, close_up, scene_of

WIDTH = 96
SCENE_WIDTHS = (24, 40, 64, 88)
FACE_WIDTHS = (24, 40, 72, 112)
_ADAPTER = 24
ACTION_UNITS = (
    "AU1", "AU2", "AU4", "AU5", "AU6", "AU7", "AU9", "AU10", "AU12", "AU14", "AU15", "AU17",
    "AU20", "AU23", "AU25", "AU26", "AU43", "AU45",
    "gaze_x", "gaze_y", "tears", "blush", "sweat", "pale",
)  # fmt: skip
"""What `units` and ``native["action_units"]`` hold: the rig's, whose drawing is no part of this."""


@dataclass(frozen=True, kw_only=True)
class FrameOutput:
    """What a network says of single frames.

    Attributes:
        features: [T, D], the embedding before any adapter.
        presence: [T], logit that there is something to read.
        face: [T, 9], logits of what the subject alone expresses, or None.
        scene: [T, 9], logits of what the surroundings express, or None.
        units: [T, U], action units in [-1, 1], or None.
        boxes: [T, 3], where the subject is, or None.
    """

    features: Tensor
    presence: Tensor
    face: Tensor | None = None
    scene: Tensor | None = None
    units: Tensor | None = None
    boxes: Tensor | None = None


@dataclass(frozen=True, kw_only=True)
class WindowOutput:
    """What a network says of windows.

    Attributes:
        features: [N, D].
        emotion: [N, 9] logits.
        vad: [N, 3] in [-1, 1].
        intensity: [N] in [0, 1].
    """

    features: Tensor
    emotion: Tensor
    vad: Tensor
    intensity: Tensor


class Block(nn.Module):
    """A 3x3 convolution, batch norm and a rectifier; where shapes allow, its input is added."""

    def __init__(self, inputs: int, outputs: int, *, stride: int, norm: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=not norm)
        self.norm = nn.BatchNorm2d(outputs) if norm else nn.Identity()
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """Return [N, outputs, H / stride, W / stride]."""
        y = self.norm(self.conv(x))
        return F.relu(x + y if self.residual else y)


def stages(
    inputs: int, widths: tuple[int, ...], *, norm: bool, strides: tuple[int, ...] | None = None
) -> nn.ModuleList:
    """Return one stage a width, each at half the resolution; all but the first have two blocks."""
    strides = strides or (2,) * len(widths)
    built = []
    for index, (width, stride) in enumerate(zip(widths, strides, strict=True)):
        blocks = [Block(inputs, width, stride=stride, norm=norm)]
        if index:
            blocks.append(Block(width, width, stride=1, norm=norm))
        built.append(nn.Sequential(*blocks))
        inputs = width
    return nn.ModuleList(built)


def pooled(maps: Tensor) -> Tensor:
    """Return mean and maximum of maps [N, C, h, w] over place, [N, 2 C]."""
    flat = maps.flatten(2)
    return torch.cat([flat.mean(-1), flat.amax(-1)], dim=1)


class Reader(nn.Module):
    """Turns embeddings of stills or of windows of a video into emotion.

    Args:
        width: D.
    """

    def __init__(self, width: int = WIDTH) -> None:
        super().__init__()
        self.still = nn.Sequential(
            nn.Linear(width, _ADAPTER), nn.GELU(), nn.Linear(_ADAPTER, width)
        )
        self.video_in = nn.Linear(2 * width, _ADAPTER)
        self.video_time = nn.Conv1d(_ADAPTER, _ADAPTER, 3, padding=1, groups=_ADAPTER)
        self.video_out = nn.Linear(_ADAPTER, width)
        self.emotion = nn.Linear(width, len(CATEGORIES))
        self.vad = nn.Linear(width, 3)
        self.intensity = nn.Linear(width, 1)
        self.register_buffer("familiar_mean", torch.zeros(width))
        self.register_buffer("familiar_scale", torch.zeros(width, width))
        for last in (self.still[-1], self.video_out):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)

    def forward(self, features: Tensor, changes: Tensor | None = None) -> WindowOutput:
        """Read stills (no ``changes``) or successive windows of one or many videos.

        Args:
            features: [N, D], or [B, N, D] for videos of equal length.
            changes: shaped alike; how much the embedding moves within and into each window.
        """
        if changes is None:
            adapted = features + self.still(features)
        else:
            hidden = self.video_in(torch.cat([features, changes], dim=-1))
            hidden = hidden + self.video_time(hidden.transpose(-1, -2)).transpose(-1, -2)
            adapted = features + self.still(features) + self.video_out(F.gelu(hidden))
        return WindowOutput(
            features=adapted,
            emotion=self.emotion(adapted),
            vad=self.vad(adapted).tanh(),
            intensity=self.intensity(adapted)[..., 0].sigmoid(),
        )

    def strangeness(self, features: Tensor) -> Tensor:
        """Return the squared Mahalanobis distance over D from what training showed, [T]."""
        return ((features - self.familiar_mean) @ self.familiar_scale).square().mean(-1)

    def remember(self, features: Tensor) -> None:
        """Fit the distance to embeddings [M, D] of training pictures."""
        self.familiar_mean.copy_(features.mean(0))
        centred = features - self.familiar_mean
        covariance = centred.T @ centred / len(features)
        covariance += 1e-3 * covariance.diagonal().mean() * torch.eye(len(covariance))
        values, vectors = torch.linalg.eigh(covariance)
        self.familiar_scale.copy_(vectors * values.rsqrt())


class TwoStreamNetwork(nn.Module):
    """The whole scene and the subject, joined in a bottleneck; about 0.55 M numbers.

    Args:
        norm: whether convolutions are followed by batch norm, as in training. Shipped networks
            have them folded into their weights.
    """

    def __init__(self, *, norm: bool = False) -> None:
        super().__init__()
        self.scene_stages = stages(3, SCENE_WIDTHS, norm=norm)
        self.face_stages = stages(3, FACE_WIDTHS, norm=norm)
        scene, face = 2 * SCENE_WIDTHS[-1], 2 * FACE_WIDTHS[-1]
        self.locator = Locator(SCENE_WIDTHS[-2])
        self.presence = nn.Linear(scene, 1)
        self.scene = nn.Linear(scene, len(CATEGORIES))
        self.face = nn.Linear(face, len(CATEGORIES))
        self.units = nn.Linear(face, len(ACTION_UNITS))
        self.join_scene = nn.Linear(scene, WIDTH)
        self.join_face = nn.Linear(face, WIDTH)
        self.reader = Reader()

    def forward(
        self, squares: Tensor, *, boxes: Tensor | None = None, keep: Tensor | None = None
    ) -> FrameOutput:
        """Look at frames.

        Args:
            squares: [T, 3, S, S] in [-1, 1].
            boxes: [T, 3] where to look instead of where the network would; nan: where it would.
            keep: [T, 2] factors of scene and face on their way into the bottleneck, for training.
        """
        scene = scene_of(squares)
        for index, stage in enumerate(self.scene_stages):
            scene = stage(scene)
            if index == len(self.scene_stages) - 2:
                found = self.locator(scene)
        looked = found.detach() if boxes is None else torch.where(boxes.isnan(), found, boxes)
        face = close_up(squares, looked.detach()).contiguous(memory_format=torch.channels_last)
        for stage in self.face_stages:
            face = stage(face)
        scene, face = pooled(scene), pooled(face)
        from_scene, from_face = self.join_scene(scene), self.join_face(face)
        if keep is not None:
            from_scene, from_face = from_scene * keep[:, :1], from_face * keep[:, 1:]
        return FrameOutput(
            features=F.gelu(from_scene + from_face),
            presence=self.presence(scene)[:, 0],
            face=self.face(face),
            scene=self.scene(scene),
            units=self.units(face).tanh(),
            boxes=found,
        )


def folded(network: nn.Module, plain: nn.Module) -> nn.Module:
    """Copy a trained network into one without batch norm; the function stays the same."""
    blocks = {name: module for name, module in network.named_modules() if isinstance(module, Block)}
    state = dict(network.state_dict())
    for name, block in blocks.items():
        fused = nn.utils.fusion.fuse_conv_bn_eval(block.conv.eval(), block.norm.eval())
        state |= {f"{name}.conv.{key}": value for key, value in fused.state_dict().items()}
    kept = plain.state_dict().keys()
    plain.load_state_dict({key: value for key, value in state.items() if key in kept})
    return plain.eval()

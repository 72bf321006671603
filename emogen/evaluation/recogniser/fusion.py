"""Fusion: what words, voice and vision each say in, one calibrated answer and their conflict out.

Any subset of the three is legal. Each sense has a gate that opens with its confidence; the gated
logarithms of the distributions add up (a product of experts), so senses that agree make the answer
surer than each alone. A small learned graph joins categories with valence, arousal and dominance
both ways, as graph networks on AffectNet do. Two senses conflict where no one category explains
both: with calibrated distributions the odds of that are, by Bayes' rule, those of a sum over pairs
of categories; each pair of senses learns how compatible those are. Untrained, the network is
exactly that rule with every gate at 1.

Shapes: N rows (windows or clips), M = 3 senses in the order of `MODALITIES`, C = 9 categories,
P = 3 pairs of senses in the order of `PAIRS`.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from emogen.assets import model_dir
from emogen.emotion import CATEGORIES, VAD
from emogen.errors import InputError, ModelError
from emogen.evaluation.recogniser.reading import MODALITIES, Modality

WEIGHTS, CONFIG = "model.safetensors", "config.json"
PAIRS: tuple[tuple[Modality, Modality], ...] = tuple(combinations(MODALITIES, 2))
CONFLICT_PRIOR = 0.2
"""How likely a conflict is held to be before anything is read."""
_FLOOR = 1e-6
_FIRST, _SECOND = ([MODALITIES.index(pair[side]) for pair in PAIRS] for side in (0, 1))
_GROUPS = torch.tensor([0, 0, 0, 0, 1, 1, 1, 1, 2])
"""Which category is pleasant, unpleasant or neutral."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What the senses say, one row a window or clip.

    Attributes:
        emotion: float [N, M, C] distributions; rows of absent senses are ignored.
        vad: float [N, M, 3] in [-1, 1].
        confidence: float [N, M] in [0, 1].
        presence: bool [N, M].
    """

    emotion: np.ndarray
    vad: np.ndarray
    confidence: np.ndarray
    presence: np.ndarray

    def __post_init__(self) -> None:
        """Check that the shapes belong together."""
        count, senses = len(self.emotion), len(MODALITIES)
        for name, tail in (("emotion", (senses, len(CATEGORIES))), ("vad", (senses, 3)),
                           ("confidence", (senses,)), ("presence", (senses,))):
            got = getattr(self, name).shape
            if got != (count, *tail):
                raise InputError(f"expected {name} of shape {(count, *tail)}, got {got}")

    def tensors(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return emotion, vad, confidence and presence as the network takes them, float32."""
        parts = (self.emotion, self.vad, self.confidence, self.presence)
        return tuple(torch.from_numpy(np.ascontiguousarray(part, np.float32)) for part in parts)

    def only(self, rows: np.ndarray | Sequence[int]) -> "Evidence":
        """Return some of the rows."""
        return Evidence(emotion=self.emotion[rows], vad=self.vad[rows],
                        confidence=self.confidence[rows], presence=self.presence[rows])


@dataclass(frozen=True, kw_only=True)
class Fused:
    """The answer, one row a window or clip.

    Attributes:
        emotion: float32 [N, C] distributions; even where nothing is present.
        vad: float32 [N, 3] as felt, in [-1, 1].
        weights: float32 [N, M], the share that each sense has in the answer, adding up to 1; zero
            where nothing is present.
        confidence: float32 [N], probability that the top category is right; 0 where nothing is
            present.
        conflict: float32 [N] in [0, 1], probability that two senses show different emotions; 0
            with fewer than two.
        pairs: float32 [N, P], the same for each pair of senses.
    """

    emotion: np.ndarray
    vad: np.ndarray
    weights: np.ndarray
    confidence: np.ndarray
    conflict: np.ndarray
    pairs: np.ndarray


class FusionNetwork(nn.Module):
    """Gates, the graph of categories and valence/arousal/dominance, heads; 358 numbers in all."""

    def __init__(self) -> None:
        """Make the rule: gates of 1, no graph, Bayes' conflict, confidence as the top share."""
        super().__init__()
        senses, classes = len(MODALITIES), len(CATEGORIES)
        self.gate = nn.Parameter(torch.tensor([[0.5413, 0.0, 0.0]]).repeat(senses, 1))
        self.bias = nn.Parameter(torch.zeros(senses, classes))
        self.to_vad = nn.Parameter(torch.tensor([VAD[name] for name in CATEGORIES]))
        self.from_vad = nn.Parameter(torch.zeros(3, classes))
        self.vad_share = nn.Parameter(torch.full((3,), -4.0))
        self.compatible = nn.Parameter(torch.zeros(len(PAIRS), classes, classes))
        self.conflict = nn.Parameter(torch.tensor([[1.0, 0.0, 0.0]]).repeat(len(PAIRS), 1))
        self.conflict_bias = nn.Parameter(torch.zeros(len(PAIRS)))
        self.sure = nn.Parameter(torch.tensor([1.0, 0.0]))
        self.sure_bias = nn.Parameter(torch.zeros(2**senses))
        self.register_buffer("temperature", torch.ones(2**senses))

    def forward(
        self, emotion: Tensor, vad: Tensor, confidence: Tensor, presence: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return logits [N, C], vad [N, 3] and weights [N, M] before any temperature."""
        logs = emotion.clamp_min(_FLOOR).log()  # (N, M, C)
        logs = logs - logs.mean(-1, keepdim=True)
        gates = self.gates(emotion, confidence, presence)  # (N, M)
        weights = gates / gates.sum(-1, keepdim=True).clamp_min(_FLOOR)
        pooled = torch.einsum("nm,nmd->nd", weights, vad)  # (N, 3)
        logits = torch.einsum("nm,nmc->nc", gates, logs + self.bias) + pooled @ self.from_vad
        share = self.vad_share.sigmoid()
        felt = (1 - share) * pooled + share * (logits.softmax(-1) @ self.to_vad)
        return logits, felt.clamp(-1, 1), weights

    def gates(self, emotion: Tensor, confidence: Tensor, presence: Tensor) -> Tensor:
        """Return how far each sense is heard, [N, M], at least 0; 0 where it is absent."""
        sure = confidence.clamp(0.02, 0.98).logit()
        order = 1 + (emotion * emotion.clamp_min(_FLOOR).log()).sum(-1) / np.log(len(CATEGORIES))
        inputs = torch.stack([torch.ones_like(sure), sure, order], dim=-1)  # (N, M, 3)
        return F.softplus((inputs * self.gate).sum(-1)) * presence

    def disagreement(self, emotion: Tensor, vad: Tensor, confidence: Tensor) -> Tensor:
        """Return the log-odds [N, P] that two senses show different emotions, even odds before."""
        first, second = emotion[:, _FIRST], emotion[:, _SECOND]  # (N, P, C)
        square = (len(CATEGORIES) * torch.eye(len(CATEGORIES)) + self.compatible).clamp_min(0)
        match = torch.einsum("npc,pcd,npd->np", first, square, second)
        middle = (first + second) / 2
        gap = _entropy(middle) - (_entropy(first) + _entropy(second)) / 2
        heard = torch.minimum(confidence[:, _FIRST], confidence[:, _SECOND])
        apart = (vad[:, _FIRST, 0] - vad[:, _SECOND, 0]).abs()
        inputs = torch.stack([-match.clamp_min(_FLOOR).log(), gap * heard, apart], dim=-1)
        return (inputs * self.conflict).sum(-1) + self.conflict_bias

    def certainty(self, emotion: Tensor, subset: Tensor) -> Tensor:
        """Return the log-odds [N] that the top category of distributions [N, C] is right."""
        top = emotion.argmax(-1)
        alike = (emotion * (_GROUPS[top][:, None] == _GROUPS)).sum(-1)
        inputs = torch.stack([emotion.amax(-1), alike], dim=-1).clamp(1e-4, 1 - 1e-4).logit()
        return inputs @ self.sure + self.sure_bias[subset]


def _entropy(emotion: Tensor) -> Tensor:
    return -(emotion * emotion.clamp_min(_FLOOR).log()).sum(-1)


def subset_index(presence: Tensor) -> Tensor:
    """Return which senses are present as a number, int64 [N], of presence [N, M]."""
    return (presence.long() * (2 ** torch.arange(len(MODALITIES)))).sum(-1)


def subset_name(index: int) -> str:
    """Return the name of a subset of senses, the domain of a temperature.

    >>> subset_name(0b101), subset_name(0)
    ('words+vision', 'nothing')
    """
    names = [name for bit, name in enumerate(MODALITIES) if index >> bit & 1]
    return "+".join(names) or "nothing"


class Fusion:
    """A network, trained or the rule, that answers in numpy.

    Args:
        network: the network.
        model: its name and hash.
        config: what its folder's ``config.json`` says; ``abstain_below`` is used.
    """

    def __init__(
        self, network: FusionNetwork, *, model: str, config: dict[str, Any] | None = None
    ) -> None:
        """Hold the network; it is set to evaluation."""
        self.network = network.eval()
        self.model = model
        self.config = config or {}

    @classmethod
    def rule(cls) -> Self:
        """Return the fusion that needs no training: a product of experts and Bayes' conflict."""
        return cls(FusionNetwork(), model="fusion-rule")

    @classmethod
    def load(cls, folder: str | Path | None = None) -> Self:
        """Read trained weights, the shipped ones unless a folder is named.

        Raises:
            ModelError: there are none, or they are damaged.
        """
        folder = Path(folder) if folder else model_dir("judge") / "fusion"
        path = folder / WEIGHTS
        if not path.is_file():
            raise ModelError(f"no fusion at {path}; make one with training/train_judge_fusion.py")
        try:
            network = FusionNetwork()
            network.load_state_dict({k: v.float() for k, v in load_file(path).items()})
            config = json.loads((folder / CONFIG).read_text("utf-8"))
        except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
            first = str(error).splitlines()[0]
            raise ModelError(f"cannot read the fusion {path}: {first}; copy it again") from error
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
        return cls(network, model=f"fusion-{digest}", config=config)

    def save(self, folder: str | Path) -> Path:
        """Write weights and config; returns the folder."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        state = {name: value.contiguous() for name, value in self.network.state_dict().items()}
        save_file(state, folder / WEIGHTS)
        (folder / CONFIG).write_text(json.dumps(self.config, indent=2) + "\n", "utf-8")
        return folder

    @torch.inference_mode()
    def __call__(self, evidence: Evidence) -> Fused:
        """Join what the senses say."""
        emotion, vad, confidence, presence = evidence.tensors()
        subset = subset_index(presence)
        logits, felt, weights = self.network(emotion, vad, confidence, presence)
        joined = (logits / self.network.temperature[subset][:, None]).softmax(-1)
        sure = self.network.certainty(joined, subset).sigmoid()
        odds = self.network.disagreement(emotion, vad, confidence)
        odds = odds + float(np.log(CONFLICT_PRIOR / (1 - CONFLICT_PRIOR)))
        pairs = odds.sigmoid() * presence[:, _FIRST] * presence[:, _SECOND]
        heard = presence.any(-1)
        return Fused(
            emotion=torch.where(heard[:, None], joined, 1 / len(CATEGORIES)).numpy(),
            vad=(felt * heard[:, None]).numpy(),
            weights=weights.numpy(),
            confidence=(sure * heard).numpy(),
            conflict=pairs.amax(-1).numpy(),
            pairs=pairs.numpy(),
        )

    @torch.inference_mode()
    def confidence(self, emotion: np.ndarray, presence: np.ndarray) -> float:
        """Return the probability that the top category of a distribution is right.

        Args:
            emotion: [C], for example the mean of a timeline that was joined before.
            presence: bool [M], the senses that had a part in it; 0 is returned for none.
        """
        if not presence.any():
            return 0.0
        row = torch.from_numpy(np.ascontiguousarray(emotion, np.float32))[None]
        subset = subset_index(torch.from_numpy(np.asarray(presence, bool))[None])
        return float(self.network.certainty(row, subset).sigmoid()[0])

"""Launch: python training/train_judge_fusion.py [--cache cache/judge_fusion] [--seed 7].

Trains the fusion of `emogen.evaluation.recogniser.fusion` on clips put together from single senses
(`training/cache_judge_fusion.py` makes their readings): matched ones and such in which one sense
contradicts the others, with senses left out at random. It learns in two stages, so that licences
stay apart: everything from words and vision, whose corpora are open; then only what belongs to the
voice, from corpora for non-commercial use. Temperatures and confidence are fitted per subset of
senses afterwards. Writes model.safetensors, config.json and the card; under two minutes of one
core. The figures are made by ``benchmarks/judge_fusion.py``.
"""

import argparse
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from emogen.emotion import CATEGORIES
from emogen.errors import EmogenError
from emogen.evaluation.metrics import expected_calibration_error
from emogen.evaluation.recogniser.calibration import cross_entropy, fit_temperature
from emogen.evaluation.recogniser.fusion import (
    PAIRS,
    Fusion,
    FusionNetwork,
    subset_index,
    subset_name,
)
from emogen.evaluation.recogniser.pairing import Clips, Labelled, assemble
from emogen.evaluation.recogniser.reading import MODALITIES, Modality

OPEN: tuple[Modality, ...] = ("words", "vision")
VOICE = MODALITIES.index("voice")
CROSSED_SHARE = 0.3
VAD_WEIGHT, CONFLICT_WEIGHT, DECAY = 3.0, 1.0, 2e-4
SLACK = 0.03
"""How much accuracy a threshold of abstaining may lack of the next half."""


Said = tuple[Tensor, Tensor, Tensor]
"""Distributions [N, C], the subset of senses of each, whether its top category is right."""


def load(cache: Path, part: str) -> dict[Modality, Labelled]:
    """Read the tables of a part."""
    return {name: Labelled.load(cache / f"{name}-{part}.npz") for name in MODALITIES}


def draw(
    tables: Mapping[Modality, Labelled], count: int, rng: np.random.Generator
) -> tuple[Clips, Clips]:
    """Return matched and crossed clips."""
    crossed = round(count * CROSSED_SHARE)
    return assemble(tables, count - crossed, rng), assemble(tables, crossed, rng, crossed=True)


def some(tables: Mapping[Modality, Labelled], chosen: np.ndarray) -> dict[Modality, Labelled]:
    """Return the tables of a subset of senses, bool [M]."""
    return {name: tables[name] for bit, name in enumerate(MODALITIES) if chosen[bit]}


def thinned(clips: Clips, rng: np.random.Generator, *, required: int | None = None) -> Clips:
    """Return the same clips with a random subset of their senses left, at least one.

    Args:
        clips: whole ones.
        rng: decides.
        required: a sense that stays wherever it is.
    """
    presence = clips.evidence.presence
    kept = presence & (rng.random(presence.shape) < 0.6)
    if required is not None:
        kept[:, required] = presence[:, required]
    empty = ~kept.any(1)
    for row in np.flatnonzero(empty):
        kept[row, rng.choice(np.flatnonzero(presence[row]))] = True
    return replace(clips, evidence=replace(clips.evidence, presence=kept))


def loss_of(network: FusionNetwork, clips: Clips) -> Tensor:
    """Return the cross-entropy of category and conflict and the squared error of VAD."""
    emotion, vad, confidence, presence = clips.evidence.tensors()
    logits, felt, _ = network(emotion, vad, confidence, presence)
    odds = network.disagreement(emotion, vad, confidence)
    both = torch.stack([
        presence[:, MODALITIES.index(one)] * presence[:, MODALITIES.index(other)]
        for one, other in PAIRS
    ], dim=1)
    conflict = F.binary_cross_entropy_with_logits(
        odds, torch.from_numpy(clips.crossed).float(), weight=both
    )
    return (
        F.cross_entropy(logits, torch.from_numpy(clips.target()))
        + VAD_WEIGHT * F.mse_loss(felt, torch.from_numpy(clips.target_vad()))
        + CONFLICT_WEIGHT * conflict
    )


def anchored(network: FusionNetwork, start: dict[str, Tensor]) -> Tensor:
    """Return how far the weights have moved from the rule."""
    return sum(((value - start[name]) ** 2).sum() for name, value in network.named_parameters())


def keep_to_voice(network: FusionNetwork) -> None:
    """Clear the gradients of all but what belongs to the voice."""
    with_voice = torch.tensor(["voice" in pair for pair in PAIRS])
    for name, value in network.named_parameters():
        mask = torch.zeros_like(value)
        if name in {"gate", "bias"}:
            mask[VOICE] = 1
        elif name in {"compatible", "conflict", "conflict_bias"}:
            mask[with_voice] = 1
        value.grad = None if value.grad is None else value.grad * mask


def train(
    network: FusionNetwork, tables: Mapping[Modality, Labelled], *, steps: int, batch: int,
    rate: float, seed: int, only_voice: bool = False,
) -> None:
    """Train on clips of the given senses, drawn once and thinned anew at every step."""
    rng = np.random.default_rng([seed, only_voice])
    pools = draw(tables, 8 * batch, rng)
    start = {name: value.detach().clone() for name, value in network.named_parameters()}
    optimiser = torch.optim.Adam(network.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps)
    required = VOICE if only_voice else None
    for _ in range(steps):
        loss = DECAY * anchored(network, start)
        for pool, share in zip(pools, (1 - CROSSED_SHARE, CROSSED_SHARE), strict=True):
            picks = rng.integers(len(pool), size=round(batch * share))
            drawn = thinned(pool.only(picks), rng, required=required)
            loss = loss + share * loss_of(network, drawn)
        optimiser.zero_grad()
        loss.backward()
        if only_voice:
            keep_to_voice(network)
        optimiser.step()
        schedule.step()
    print(f"{'+'.join(tables)}: loss {loss.item():.3f} after {steps} steps", flush=True)


def subsets() -> list[np.ndarray]:
    """Return every non-empty subset of the senses, bool [M] each."""
    count = len(MODALITIES)
    return [np.array([index >> bit & 1 for bit in range(count)], bool)
            for index in range(1, 2**count)]


def calibrate(
    fusion: Fusion, tables: Mapping[Modality, Labelled], *, count: int, seed: int
) -> None:
    """Fit a temperature and the confidence for each subset of senses, on matched clips."""
    network, rng = fusion.network, np.random.default_rng([seed, 2])
    drawn: list[Said] = []
    for chosen in subsets():
        clips = assemble(some(tables, chosen), count, rng)
        index = int(subset_index(torch.from_numpy(chosen)[None])[0])
        network.temperature[index] = 1.0
        said = fusion(clips.evidence).emotion
        network.temperature[index] = fit_temperature(said, clips.target())
        emotion = fusion(clips.evidence).emotion
        right = torch.from_numpy(clips.right(emotion)).float()
        subset = torch.full((len(clips),), index)
        drawn.append((torch.from_numpy(emotion), subset, right))
        print(f"{subset_name(index)}: temperature {network.temperature[index]:.2f}", flush=True)
    is_open = ["voice" not in subset_name(int(subset[0])) for _, subset, _ in drawn]
    openly = [part for part, free in zip(drawn, is_open, strict=True) if free]
    fit_certainty(network, openly, [network.sure, network.sure_bias])
    fit_certainty(network, drawn, [network.sure_bias])


def fit_certainty(network: FusionNetwork, drawn: list[Said], parameters: list[Tensor]) -> None:
    """Fit the confidence: of distributions in subsets, whether the top category is right."""
    emotion, subset, right = (torch.cat(column) for column in zip(*drawn, strict=True))
    optimiser = torch.optim.LBFGS(parameters, max_iter=80, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimiser.zero_grad()
        loss = F.binary_cross_entropy_with_logits(network.certainty(emotion, subset), right)
        loss.backward()
        return loss

    optimiser.step(closure)


def threshold(
    fusion: Fusion, tables: Mapping[Modality, Labelled], *, count: int, seed: int
) -> float:
    """Return the lowest confidence from which on the judge is right more often than not.

    Over single senses and all of them together, in steps of .05: the first at which the answers
    between it and the next step are right in at least half of the cases.
    """
    rng = np.random.default_rng([seed, 3])
    sure, right = [], []
    for chosen in subsets():
        clips = assemble(some(tables, chosen), count, rng)
        fused = fusion(clips.evidence)
        sure.append(fused.confidence)
        right.append(clips.right(fused.emotion))
    confidence, hits = np.concatenate(sure), np.concatenate(right)
    for low in np.arange(0.2, 0.8, 0.05):
        inside = (confidence >= low) & (confidence < low + 0.05)
        if inside.sum() >= 30 and hits[inside].mean() >= 0.5 - SLACK:
            return round(float(low), 2)
    return 0.5


CARD = """---
license: cc-by-nc-sa-4.0
library_name: emogen
tags: [emotion-recognition, evaluation, calibration]
---

# fusion: what the senses say together

`model.safetensors` ({parameters} numbers, float32) joins what the judge's encoders of words, voice
and vision say: a gate per sense, a learned graph between categories and valence, arousal and
dominance, a compatibility of categories from which conflict follows by Bayes' rule, a temperature
and a confidence per subset of senses. `emogen.evaluation.recogniser.fusion` runs it.

Made by `{command}`, {seconds:.0f} s of processor time, from what the encoders say of examples that
they have not learned from: GoEmotions dev, RAVDESS and nEMO speakers of folds that had not heard
them, rendered characters and Noto animations of the validation split. No corpus holds all three
senses: clips are put together by label, matched and crossed. Nothing was chosen on test parts.

## Licence

Everything that is used without a voice was trained on open corpora (GoEmotions, Apache-2.0; Noto,
CC BY 4.0; emogen's own drawings) and is CC BY 4.0. The numbers that belong to the voice (its gate
and bias, conflict of its two pairs, temperatures and confidences of subsets with voice) were
trained afterwards, with all others fixed, on RAVDESS and nEMO: CC BY-NC-SA 4.0. A recognition names
the strictest tier of what it used.

## Limits

The senses of a training clip never belonged together: how people's words, voices and faces differ
when they mean the same is not in it. The judge says "unsure" below a confidence of {abstain:.2f},
the first from which on it is right in half of the cases.
"""


def figures(
    fusion: Fusion, tables: Mapping[Modality, Labelled], *, count: int, seed: int
) -> dict[str, float]:
    """Return figures of the trained network and the untrained rule on fresh clips of the part."""
    clips = assemble(tables, count, np.random.default_rng([seed, 4]))
    found = {}
    for name, judge in (("rule", Fusion.rule()), ("trained", fusion)):
        fused = judge(clips.evidence)
        right = clips.right(fused.emotion)
        found |= {
            f"{name}_cross_entropy": round(cross_entropy(fused.emotion, clips.target()), 4),
            f"{name}_accuracy": round(float(right.mean()), 4),
            f"{name}_ece": round(expected_calibration_error(fused.confidence, right), 4),
        }
    return found


def main() -> None:
    """Train, calibrate, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path("cache/judge_fusion"))
    parser.add_argument("--out", type=Path, default=Path("assets/models/judge/fusion"))
    parser.add_argument("--steps", type=int, nargs=2, default=(500, 250), help="of each stage")
    parser.add_argument("--batch", type=int, default=768)
    parser.add_argument("--rate", type=float, default=3e-2)
    parser.add_argument("--count", type=int, default=2500, help="clips to calibrate a subset on")
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    tables = load(args.cache, "val")
    network = FusionNetwork()
    shared = {"batch": args.batch, "rate": args.rate, "seed": args.seed}
    train(network, {name: tables[name] for name in OPEN}, steps=args.steps[0], **shared)
    train(network, tables, steps=args.steps[1], only_voice=True, **shared)
    fusion = Fusion(network.requires_grad_(requires_grad=False), model="fusion")
    network.sure.requires_grad_()
    network.sure_bias.requires_grad_()
    calibrate(fusion, tables, count=args.count, seed=args.seed)
    abstain = threshold(fusion, tables, count=args.count, seed=args.seed)
    fusion.config = {
        "name": "fusion", "labels": list(CATEGORIES), "abstain_below": abstain, "seed": args.seed,
        "temperature": {subset_name(i): round(float(network.temperature[i]), 4)
                        for i in range(1, 2 ** len(MODALITIES))},
        "tier": {"words": "open", "vision": "open", "voice": "non-commercial"},
        "split": "val: GoEmotions dev, voice folds 0 to 2, drawn split val",
        "figures_on_val": figures(fusion, tables, count=args.count, seed=args.seed),
    }
    fusion.save(args.out)
    text = CARD.format(
        parameters=sum(value.numel() for value in network.parameters()), abstain=abstain,
        command=f"python training/train_judge_fusion.py --seed {args.seed}",
        seconds=time.process_time(),
    )
    (args.out / "README.md").write_text(text, "utf-8")
    print(fusion.config["figures_on_val"], f"abstains below {abstain}")


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)

"""Launch: python training/train_probe.py [--noto ZIP] [--out assets/models/probe] [--seed 0].

Trains the probe of `emogen.evaluation.probe` from scratch on frames rendered for it alone, with its
own seeds, from identities of the training split. Unlike the generator's corpus these frames show
every kind with every emotion: a judge that had never met a sad robot could not say whether a
generator drew one. Writes probe.safetensors (float16, batch norm folded) and a model card with the
scores on the corpora's val and test splits, measured with the written file. About four minutes on
one core.
"""

import argparse
import math
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from safetensors.torch import save_file
from torch import Tensor

from emogen.data.corpus import NOTO_SUBJECTS, EmbeddedCorpus, noto_example
from emogen.data.example import Example
from emogen.data.noto import NotoCorpus, NotoItem
from emogen.data.rig.characters import KINDS
from emogen.data.synthetic import render_example, sample_emotion, split
from emogen.emotion import MIKELS
from emogen.errors import EmogenError
from emogen.evaluation.probe import SIZE, WEIGHTS, Probe, ProbeNetwork, folded
from emogen.evaluation.statistics import Estimate, bootstrap_spearman, wilson

SUBJECTS = (*KINDS, *sorted(NOTO_SUBJECTS))
SEED_OFFSET = 10_000_000
FRAMES, FPS = 5, 2.5
"""Frames of an example, far enough apart to show different moments of a motion."""
NOTO_SHARE = 0.24
DOMINANT = 0.5


@dataclass(frozen=True, kw_only=True)
class Frames:
    """Pictures uint8 [N, 64, 64, 3], vectors float32 [N, 12], subjects int64 [N]."""

    pictures: Tensor
    vectors: Tensor
    subjects: Tensor


def rig_moments(rng: np.random.Generator) -> Example:
    """Render moments of one character, each with an emotion of its own, of any category."""
    while True:
        moments = [sample_emotion(rng, FRAMES)[rng.integers(FRAMES)] for _ in range(FRAMES)]
        example = render_example(
            int(rng.integers(2**62)),
            emotion_vectors=np.stack(moments),
            num_frames=FRAMES,
            size=SIZE,
            fps=FPS,
        )
        if split(example.identity) == "train":
            return example


def noto_moments(rng: np.random.Generator, noto: NotoCorpus, items: list[NotoItem]) -> Example:
    """Render moments of one animation; half of the time the rare subjects are as likely as any."""
    if rng.random() < 0.5:
        wanted = rng.choice(sorted({item.subject for item in items}))
        items = [item for item in items if item.subject == wanted]
    item = items[rng.integers(len(items))]
    seed = SEED_OFFSET + int(rng.integers(2**40))
    return noto_example(noto, item, seed=seed, num_frames=FRAMES, size=SIZE, fps=FPS)


def render_frames(noto: NotoCorpus, count: int, seed: int) -> Frames:
    """Render the training frames of ``count`` examples."""
    items = EmbeddedCorpus(noto, split="train").items
    examples = []
    for index in range(count):
        rng = np.random.default_rng([seed, SEED_OFFSET + index])
        drawn = rng.random() < NOTO_SHARE
        examples.append(noto_moments(rng, noto, items) if drawn else rig_moments(rng))
    labels = [SUBJECTS.index(example.subject) for example in examples]
    return Frames(
        pictures=torch.from_numpy(np.concatenate([example.frames for example in examples])),
        vectors=torch.from_numpy(np.concatenate([example.vectors for example in examples])),
        subjects=torch.tensor(labels).repeat_interleave(FRAMES),
    )


def chance(count: int, share: float, rng: torch.Generator) -> Tensor:
    """Return for each of ``count`` pictures whether something happens to it, [N, 1, 1, 1]."""
    return torch.rand(count, 1, 1, 1, generator=rng) < share


def moved(x: Tensor, rng: torch.Generator) -> Tensor:
    """Shift by up to 8 %, scale by up to 15 %, and flip half of the pictures."""
    count = len(x)
    scale = 1 + 0.15 * (2 * torch.rand(count, generator=rng) - 1)
    flip = torch.where(torch.rand(count, generator=rng) < 0.5, -1.0, 1.0)
    shift = 0.16 * (2 * torch.rand(count, 2, generator=rng) - 1)
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0], theta[:, 1, 1], theta[:, :, 2] = scale * flip, scale, shift
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, padding_mode="reflection", align_corners=False)


def blurred(x: Tensor, rng: torch.Generator) -> Tensor:
    """Blur a third of the pictures, as an autoencoder of few latents does."""
    soft = F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    softer = F.interpolate(F.avg_pool2d(x, 2), scale_factor=2, mode="bilinear")
    x = torch.where(chance(len(x), 0.2, rng), soft, x)
    return torch.where(chance(len(x), 0.15, rng), softer, x)


def compressed(x: Tensor, rng: torch.Generator) -> Tensor:
    """Round the cosine transform of 8x8 blocks, as H.264 and JPEG do, in half of the pictures."""
    place = torch.arange(8)
    cosine = torch.cos(math.pi * (2 * place[None] + 1) * place[:, None] / 16) / 2
    cosine[0] /= math.sqrt(2)
    blocks = x.unflatten(3, (8, 8)).unflatten(2, (8, 8)).transpose(3, 4)  # (N, 3, 8, 8, 8, 8)
    step = 0.25 * torch.rand(len(x), 1, 1, 1, 1, 1, generator=rng) + 0.01
    step = step * (1 + 0.4 * (place[:, None] + place[None]))
    coarse = torch.round(cosine @ blocks @ cosine.T / step) * step
    back = (cosine.T @ coarse @ cosine).transpose(3, 4).flatten(4, 5).flatten(2, 3)
    return torch.where(chance(len(x), 0.5, rng), back, x)


def augmented(pictures: Tensor, rng: torch.Generator) -> Tensor:
    """Turn pictures uint8 [N, 64, 64, 3] into harder ones, [N, 3, 64, 64] in [-1, 1]."""
    x = pictures.permute(0, 3, 1, 2).float() / 127.5 - 1
    x = compressed(blurred(moved(x, rng), rng), rng)
    spread = 2 * torch.rand(2, len(x), 1, 1, 1, generator=rng) - 1
    tint = 0.05 * (2 * torch.rand(len(x), 3, 1, 1, generator=rng) - 1)
    x = x * (1 + 0.12 * spread[0]) + 0.12 * spread[1] + tint
    noise = 0.08 * torch.rand(len(x), 1, 1, 1, generator=rng)
    return (x + noise * torch.randn(x.shape, generator=rng)).clamp(-1, 1)


def loss_of(network: ProbeNetwork, x: Tensor, vectors: Tensor, subjects: Tensor) -> Tensor:
    """Return cross-entropy with the mixture and the subject, and the squared error of intensity."""
    emotion, intensity, subject = (head.float() for head in network(x))
    weights = vectors[:, : len(MIKELS)]
    mixture = torch.cat([weights, 1 - weights.sum(1, keepdim=True)], dim=1)  # (N, 9)
    return (
        F.cross_entropy(emotion, mixture)
        + 4 * F.mse_loss(intensity.sigmoid(), vectors[:, 11])
        + 0.5 * F.cross_entropy(subject, subjects, label_smoothing=0.05)
    )


def train(frames: Frames, *, epochs: int, batch: int, rate: float, seed: int) -> ProbeNetwork:
    """Train a network and fold its batch norm."""
    rng = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    network = ProbeNetwork(len(SUBJECTS), norm=True).to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.02)
    steps = len(frames.pictures) // batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, rate, total_steps=steps * epochs, pct_start=0.15
    )
    for epoch in range(epochs):
        total = 0.0
        order = torch.randperm(len(frames.pictures), generator=rng)[: steps * batch]
        for rows in order.split(batch):
            x = augmented(frames.pictures[rows], rng).contiguous(memory_format=torch.channels_last)
            with torch.autocast("cpu", torch.bfloat16):
                loss = loss_of(network, x, frames.vectors[rows], frames.subjects[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1} of {epochs}: loss {total / steps:.3f}", flush=True)
    return folded(network)


@dataclass(frozen=True, kw_only=True)
class Scores:
    """What the probe reads right on whole clips it has never seen."""

    clips: int
    emotion: Estimate
    subject: Estimate
    intensity: Estimate
    by_emotion: dict[str, tuple[int, int]]
    by_source: dict[str, tuple[int, int]]


def evaluate(probe: Probe, corpus: EmbeddedCorpus, count: int) -> Scores:
    """Score the probe on ``count`` examples of a split, 33 frames of 128x128 each."""
    right: dict[str, list[bool]] = {name: [] for name in MIKELS}
    subject: dict[str, list[bool]] = {"rig": [], "noto": []}
    shown, read = [], []
    for index in range(count):
        example = corpus.example(SEED_OFFSET + index)
        reading, vector = probe(example.frames), example.vectors.mean(axis=0)
        subject[example.source].append(reading.top_subject == example.subject)
        shown.append(float(vector[11]))
        read.append(float(reading.intensity.mean()))
        if vector[: len(MIKELS)].max() >= DOMINANT:
            name = MIKELS[int(vector[: len(MIKELS)].argmax())]
            right[name].append(reading.top_emotion == name)
    return Scores(
        clips=count,
        emotion=share([hit for hits in right.values() for hit in hits]),
        subject=share(subject["rig"] + subject["noto"]),
        intensity=bootstrap_spearman(shown, read),
        by_emotion={name: (sum(hits), len(hits)) for name, hits in right.items()},
        by_source={name: (sum(hits), len(hits)) for name, hits in subject.items()},
    )


def share(hits: list[bool]) -> Estimate:
    """Return the share of hits with its Wilson interval."""
    return wilson(sum(hits), len(hits))


def save(network: ProbeNetwork, folder: Path) -> None:
    """Write the weights in half precision, the subjects in the file's own metadata."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {k: v.half().contiguous() for k, v in network.state_dict().items()}
    save_file(tensors, folder / WEIGHTS, {"subjects": "|".join(SUBJECTS)})


CARD = """---
license: cc-by-4.0
library_name: emogen
tags: [emotion-recognition, evaluation]
---

# probe: what a clip shows

`probe.safetensors` ({parameters:.2f} M numbers, float16) reads single frames, 64x64 RGB: a
distribution over Mikels' eight emotions and neutral, an intensity, and which of {subjects} subjects
is shown. `emogen.evaluation.Probe` runs it. It judges the embedded generator and shares no weights,
features or training frames with it.

Made by `{command}`, from scratch, no pre-trained weights, {seconds:.0f} s of processor time.

## Data

{frames} frames rendered for it: {rig:.0%} characters of emogen's rig, {noto:.0%} Animated Noto
Emoji by Google (CC BY 4.0), staged by emogen. Identities and animations of the training split only.
Each rig frame has an emotion of its own, of any category for any kind, also of those pairs that the
generator never sees. Augmented by shift, scale, flip, blur, 8x8 transform compression, colour and
noise.

## Measured on clips of splits it has not seen, with the written file

33 frames of 128x128, mean over frames. Emotion: share of clips whose strongest of the eight is read
as such, over clips whose strongest category has a mean weight of at least {dominant}; chance is
1/8. Subject: share of all clips; chance is 1/{subjects}. Intensity: Spearman's correlation over all
clips. 95 % intervals (Wilson; bootstrap). Nothing was chosen on the test split.

| split | clips | emotion | subject | intensity |
|---|---|---|---|---|
{rows}

Test split by emotion: {emotions}.
Test split by source, subject right: {sources}.

## Limits

It reads emogen's own visual language: faces of the rig and of Noto, and how emogen colours, lights
and decorates a scene for an emotion. It says whether a clip shows what this corpus would show, not
what a person would feel, and nothing about photographs or people. One frame at a time: it does not
see motion. Outside Noto's smileys every animation lies in the training split, so the accuracy on
the {rare} other Noto subjects is not measured on unseen drawings.

## Licence

Weights: CC BY 4.0. Trained on frames of Animated Noto Emoji by Google, CC BY 4.0, and on emogen's
own drawings.
"""


def card(scores: dict[str, Scores], **facts: object) -> str:
    """Return the model card."""
    rows = [
        f"| {name} | {s.clips} | {s.emotion}, n={s.emotion.count} | {s.subject} | {s.intensity} |"
        for name, s in scores.items()
    ]
    test = scores["test"]
    return CARD.format(
        rows="\n".join(rows),
        emotions=", ".join(f"{name} {a}/{n}" for name, (a, n) in test.by_emotion.items()),
        sources=", ".join(f"{name} {a}/{n}" for name, (a, n) in test.by_source.items()),
        subjects=len(SUBJECTS),
        dominant=DOMINANT,
        noto=NOTO_SHARE,
        rig=1 - NOTO_SHARE,
        rare=len(NOTO_SUBJECTS) - 1,
        **facts,
    )


def main() -> None:
    """Render, train, write, score."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--noto", type=Path, help="zip or folder; default: EMOGEN_DATA")
    parser.add_argument("--out", type=Path, default=Path("assets/models/probe"))
    parser.add_argument("--examples", type=int, default=4000, help=f"of {FRAMES} frames each")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rate", type=float, default=4e-3)
    parser.add_argument("--clips", type=int, nargs=2, default=(80, 240), help="of val and of test")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    noto = NotoCorpus(args.noto)
    frames = render_frames(noto, args.examples, args.seed)
    print(f"{len(frames.pictures)} frames after {time.process_time():.0f} s", flush=True)
    network = train(frames, epochs=args.epochs, batch=args.batch, rate=args.rate, seed=args.seed)
    seconds = time.process_time()
    print(f"trained, {seconds:.0f} s of processor time", flush=True)
    save(network, args.out)
    probe = Probe.load(args.out)
    scores = {
        name: evaluate(probe, EmbeddedCorpus(noto, split=name), count)
        for name, count in zip(("val", "test"), args.clips, strict=True)
    }
    text = card(
        scores,
        command=f"python training/train_probe.py --seed {args.seed}",
        seconds=seconds,
        frames=len(frames.pictures),
        parameters=sum(p.numel() for p in network.parameters()) / 1e6,
    )
    (args.out / "README.md").write_text(text, "utf-8")
    print(text[text.index("| split") : text.index("## Limits")])


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)

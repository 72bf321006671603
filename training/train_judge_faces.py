"""Launch: python training/train_judge_vision.py --faces [--data DIR] [--out DIR].

The research-only reader of photographed faces.

Trained from scratch on FER+ (48x48 grey, ten votes a face): soft labels, shifts, turns, scales,
flips, erased squares and mixed pairs; the last epoch is kept. One picture in eight is none of a
whole face - displaced, too small, too large, drawn or blank - and votes for "no face", which makes
the network find faces too. The images are of unclear origin: these weights may serve research only.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from emogen.errors import CorpusError, EmogenError
from emogen.evaluation.metrics.calibration import fit_temperature
from emogen.evaluation.recogniser import vision_augment as augment
from emogen.evaluation.recogniser.faces import (
    FERPLUS,
    SIDE,
    VOTES,
    FaceNetwork,
    mirrored_votes,
)
from emogen.evaluation.recogniser.vision_networks import folded
from emogen.evaluation.recogniser.vision_weights import keep_state, resume_state, save_weights

FILE = "ferplus_48.npz"
BATCH, NEGATIVES, RATE, DECAY, DROPOUT = 112, 16, 4e-3, 0.05, 0.2
MIXED, ERASED = 0.2, 0.25


def read_ferplus(folder: Path | None, usage: str) -> tuple[Tensor, Tensor]:
    """Return images uint8 [N, 48, 48] and votes [N, 10] of a part, shares that sum to 1."""
    path = Path(folder or os.environ.get("EMOGEN_DATA", ".")) / FILE
    if not path.is_file():
        raise CorpusError(f"no {path}; name the folder of {FILE} with --data or EMOGEN_DATA")
    with np.load(path) as data:
        rows = data["usage"] == usage
        votes = torch.from_numpy(data["votes"][rows]).float()
        return torch.from_numpy(data["images"][rows]), votes / votes.sum(1, keepdim=True)


def majority(votes: Tensor) -> tuple[Tensor, Tensor]:
    """Return which faces half of the votes agree on, bool [N], and their emotion, int64 [N].

    The protocol of the figure in the facts: eight emotions, at least 50 % of all ten votes.
    """
    best, label = votes.max(1)
    return (best >= 0.5) & (label < len(FERPLUS)), label


def warped(
    x: Tensor, rng: torch.Generator, *, zoom: tuple[float, float], shift: tuple[float, float]
) -> Tensor:
    """Flip, turn, scale by ``zoom`` and shift by ``shift`` halves of the picture, either way."""
    count = len(x)
    scale = torch.empty(count).uniform_(*zoom, generator=rng)
    flip = torch.where(torch.rand(count, generator=rng) < 0.5, -1.0, 1.0)
    turn = torch.empty(count).uniform_(-0.22, 0.22, generator=rng)
    move = torch.empty(count, 2).uniform_(*shift, generator=rng)
    move *= torch.where(torch.rand(count, 2, generator=rng) < 0.5, -1.0, 1.0)
    cos, sin = turn.cos() / scale, turn.sin() / scale
    theta = torch.stack([cos * flip, -sin, move[:, 0], sin * flip, cos, move[:, 1]], 1)
    grid = F.affine_grid(theta.view(-1, 2, 3), [count, 1, SIDE, SIDE], align_corners=False)
    return F.grid_sample(x, grid, padding_mode="border", align_corners=False)


def erased(x: Tensor, rng: torch.Generator) -> Tensor:
    """Cover one square of a quarter of the pictures with grey."""
    axis, count = torch.arange(SIDE), len(x)
    top, left = torch.randint(SIDE, (2, count, 1), generator=rng)
    side = torch.randint(6, 20, (count, 1), generator=rng)
    side = side * (torch.rand(count, 1, generator=rng) < ERASED)
    rows, columns = (((axis >= at) & (axis < at + side)) for at in (top, left))
    cover = (rows[:, :, None] & columns[:, None, :])[:, None]
    return torch.where(cover, torch.rand(count, 1, 1, 1, generator=rng) - 0.5, x)


def mixed(x: Tensor, votes: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Blend some pictures and their votes with another one's (mixup, Zhang et al. 2018)."""
    share = torch.empty(len(x)).uniform_(0.6, 1.0, generator=rng)
    share = torch.where(torch.rand(len(x), generator=rng) < MIXED, share, 1.0)
    other = torch.randperm(len(x), generator=rng)
    blend = share[:, None, None, None]
    votes = share[:, None] * votes + (1 - share[:, None]) * votes[other]
    return blend * x + (1 - blend) * x[other], votes


def no_faces(faces: Tensor, drawn: np.ndarray, rng: torch.Generator) -> Tensor:
    """Return pictures [N, 1, 48, 48] that show no whole face, from N faces and from drawings."""
    far, small, large, rest = faces.split(len(faces) // 4)
    rows = np.sort(torch.randint(len(drawn), (len(rest) - 1,), generator=rng).numpy())
    picture = torch.from_numpy(drawn[rows][..., :3]).float().mean(-1)[:, None] / 127.5 - 1
    picture = F.interpolate(picture, size=(2 * SIDE, 2 * SIDE), mode="bilinear")
    cut = warped(picture, rng, zoom=(0.8, 2.0), shift=(0.0, 0.3))
    blank = augment.blanks(4, augment.Chance(rng)).mean(1, keepdim=True)
    blank = blank[torch.randint(4, (1,), generator=rng), :, :SIDE, :SIDE]
    return torch.cat([
        warped(far, rng, zoom=(0.9, 1.4), shift=(0.8, 1.5)),
        warped(small, rng, zoom=(0.3, 0.5), shift=(0.0, 0.4)),
        warped(large, rng, zoom=(2.2, 3.5), shift=(0.1, 0.6)),
        cut, blank,
    ])  # fmt: skip


def draw(
    images: Tensor, votes: Tensor, drawn: np.ndarray, rng: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Return pictures [N, 1, 48, 48] in [-1, 1] and their votes [N, 10]."""
    rows = torch.randint(len(images), (BATCH + NEGATIVES,), generator=rng)
    faces = images[rows][:, None].float() / 127.5 - 1
    x = warped(faces[:BATCH], rng, zoom=(0.88, 1.15), shift=(0.0, 0.16))
    x, labels = mixed(erased(x, rng), votes[rows[:BATCH]], rng)
    nothing = no_faces(faces[BATCH:], drawn, rng)
    empty = F.one_hot(torch.full((len(nothing),), len(VOTES) - 1), len(VOTES)).float()
    x = torch.cat([x, nothing])
    soft = torch.rand(len(x), generator=rng) < 0.1
    x[soft] = F.avg_pool2d(F.pad(x[soft], (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    return x, torch.cat([labels, empty])


@torch.inference_mode()
def predict(network: nn.Module, images: Tensor) -> Tensor:
    """Return the log of the mean vote [N, 10] of whole pictures and their mirrors."""
    x = images[:, None].float() / 127.5 - 1
    return torch.cat([mirrored_votes(network, part) for part in x.split(256)])


def train_faces(args: argparse.Namespace) -> None:
    """Train, fold and write."""
    images, votes = read_ferplus(args.data, "Training")
    drawn = np.load(args.cache / "main-moments.npy", mmap_mode="r")
    network = FaceNetwork(norm=True, dropout=DROPOUT).to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, RATE, total_steps=args.steps, pct_start=0.15
    )
    kept = {"network": network, "optimiser": optimiser, "schedule": schedule}
    first = resume_state(args.state, kept)
    started, losses = time.monotonic(), []
    for step in range(first, args.steps):
        rng = torch.Generator().manual_seed(args.seed * 1_000_003 + step)
        x, labels = draw(images, votes, drawn, rng)
        with torch.autocast("cpu", torch.bfloat16):
            logits = network(x.contiguous(memory_format=torch.channels_last))
        loss = F.cross_entropy(logits.float(), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
        if (step + 1) % 100 == 0 or step + 1 == args.steps:
            pace = (time.monotonic() - started) / (step + 1 - first)
            print(f"step {step + 1} of {args.steps}: loss {np.mean(losses[-100:]):.3f}, "
                  f"{pace:.2f} s a step", flush=True)  # fmt: skip
            keep_state(args.state, kept, step + 1)
    write(folded(network.eval(), FaceNetwork()), args)


def write(network: FaceNetwork, args: argparse.Namespace) -> None:
    """Calibrate on PublicTest and write."""
    images, votes = read_ferplus(args.data, "PublicTest")
    agreed, label = majority(votes)
    read = predict(network, images[agreed])[:, : len(FERPLUS)]
    figure = float((read.argmax(1) == label[agreed]).float().mean())
    print(f"PublicTest accuracy {figure:.4f}")
    save_weights(network, args.out, {
        "architecture": "faces",
        "name": "judge-vision-research",
        "tier": "research-only",
        "licence": "research only: trained on FER+, whose images are of unclear origin",
        "seed": args.seed,
        "steps": args.steps,
        "split": "FER+ Training; temperature on PublicTest; figures on PrivateTest",
        "labels": list(VOTES),
        "temperature": {"faces": round(fit_temperature(read.numpy(), label[agreed].numpy()), 4)},
        "strangest": 0.0,
        "val_accuracy": {"faces": round(figure, 4)},
    })  # fmt: skip


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", action="store_true", help="as given to train_judge_vision.py")
    parser.add_argument("--data", type=Path, help="folder of ferplus_48.npz; default: EMOGEN_DATA")
    parser.add_argument("--cache", type=Path, default=Path("cache/judge-vision"))
    parser.add_argument("--out", type=Path, default=Path("assets/models/judge/vision-research"))
    parser.add_argument("--state", type=Path, default=Path("runs/judge-vision/faces.pt"))
    parser.add_argument("--steps", type=int, default=3600)
    parser.add_argument("--seed", type=int, default=733)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_flush_denormal(True)
    train_faces(args)


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)

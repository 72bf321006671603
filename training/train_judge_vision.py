"""Launch: python training/train_judge_vision.py [--second | --faces] [--seed N] [--out DIR].

Trains the judge's network for drawn pictures from scratch on what ``cache_judge_vision.py``
rendered, and writes it in eight bits with its temperatures:

- without a flag the two streams of `emogen.evaluation.recogniser.vision_networks`, into
  ``assets/models/judge/vision``;
- ``--second`` the transformer of `emogen.evaluation.recogniser.cells` on seeds of its own, into
  ``assets/models/judge/second/vision``;
- ``--faces`` the research-only reader of photographed faces (``train_judge_faces.py``), into
  ``assets/models/judge/vision-research``.

First single pictures teach all but the adapter of video; in the first judge ``--heads-steps`` more
at a lower rate add drawn heads, a third of each batch. Then clips teach the adapter alone;
temperatures are fitted on the part "val", on which nothing else is chosen. The state of each stage
is kept beside ``--state`` and taken up again. Half an hour on two cores, five minutes for the
second. ``--pretrain STEPS`` first lets the
two streams fill in hidden squares of pictures (masked reconstruction). ``--fold K`` leaves out a
fifth of the Noto families, for ``benchmarks/judge_vision_noto.py``.
"""

import argparse
import runpy
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from emogen.errors import EmogenError
from emogen.evaluation.recogniser import vision_augment as augment
from emogen.evaluation.recogniser.cells import CellNetwork
from emogen.evaluation.recogniser.shots import blended, category_shares
from emogen.evaluation.recogniser.vision import changes_of
from emogen.evaluation.recogniser.vision_calibration import calibrate
from emogen.evaluation.recogniser.vision_examples import (
    FOLDS,
    Batch,
    Rows,
    draw_batch,
    open_heads,
    open_part,
)
from emogen.evaluation.recogniser.vision_networks import FrameOutput, TwoStreamNetwork, folded
from emogen.evaluation.recogniser.vision_pretraining import pretrain
from emogen.evaluation.recogniser.vision_weights import keep_state, resume_state, save_weights

CLIPS, CLIP_FRAMES, WINDOW = 8, 8, 2
RATE, HEADS_RATE, DECAY, ADAPTER_RATE = 3e-3, 1e-3, 0.03, 2e-3
HEAD_CLIPS = 3
"""How many of the clips that teach the adapter are heads, if any."""


def targets(batch: Batch) -> tuple[Tensor, Tensor]:
    """Return what the whole shows: shares of the categories [N, 9] and vectors [N, 12]."""
    vectors = torch.from_numpy(blended(batch.face.numpy(), batch.staging.numpy())).float()
    shares = torch.from_numpy(category_shares(vectors.numpy())).float()
    return torch.where(batch.blank[:, None], 1 / shares.shape[1], shares), vectors


def looked_at(batch: Batch, rng: torch.Generator) -> Tensor:
    """Return boxes to look at: half of them the true ones, displaced a little, else nan."""
    count = len(batch.boxes)
    spread = 2 * torch.rand(count, 3, generator=rng) - 1
    boxes = batch.boxes.clone()
    boxes[:, :2] += 0.15 * spread[:, :2] * boxes[:, 2:]
    boxes[:, 2] *= torch.exp(0.2 * spread[:, 2])
    own = torch.rand(count, generator=rng) < 0.5
    return torch.where(own[:, None], torch.nan, boxes)


def look(network: nn.Module, batch: Batch, rng: torch.Generator) -> FrameOutput:
    """Run the network, with what only the two streams know to do in training."""
    x = batch.x.contiguous(memory_format=torch.channels_last)
    if not isinstance(network, TwoStreamNetwork):
        return network(x)
    dropped = torch.rand(len(x), generator=rng)
    keep = torch.stack([dropped > 0.15, (dropped < 0.15) | (dropped > 0.25)], dim=1).float()
    return network(x, boxes=looked_at(batch, rng), keep=keep)


def loss_of(network: nn.Module, batch: Batch, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return the sum of all errors and the cross-entropy of the emotion alone."""
    with torch.autocast("cpu", torch.bfloat16):
        out = look(network, batch, rng)
        read = network.reader(out.features)
    shares, vectors = targets(batch)
    shown = ~batch.blank
    present = shown & ~(batch.boxes.isnan().all(1) & (batch.staging[:, 11] < 0.05))
    entropy = F.cross_entropy(read.emotion.float(), shares)
    total = (
        entropy
        + 6 * F.mse_loss(read.vad.float()[shown], vectors[shown, 8:11])
        + 3 * F.mse_loss(read.intensity.float()[shown], vectors[shown, 11])
        + 0.5 * F.binary_cross_entropy_with_logits(out.presence.float(), present.float())
    )
    drawn = ~batch.units.isnan().any(1)
    total = total + 4 * F.mse_loss(out.units.float()[drawn], batch.units[drawn])
    with_face = ~batch.boxes.isnan().any(1)
    face = torch.from_numpy(category_shares(batch.face.numpy())).float()
    total = total + 0.7 * F.cross_entropy(out.face.float()[with_face], face[with_face])
    if out.scene is not None:
        scene = torch.from_numpy(category_shares(batch.staging.numpy())).float()
        known = batch.scene_known
        total = total + 0.4 * F.cross_entropy(out.scene.float()[known], scene[known])
    if out.boxes is not None:
        error = F.smooth_l1_loss(out.boxes.float()[with_face], batch.boxes[with_face], beta=0.02)
        total = total + 6 * error
    return total, entropy


def train_stills(network: nn.Module, args: argparse.Namespace, *, heads: bool = False) -> None:
    """Teach everything but the adapter of video; the state is kept every hundred steps.

    Args:
        network: with batch norm.
        args: the command line.
        heads: whether this is the second stage, in which heads are added.
    """
    staged, cutouts = open_part(args.cache, args.part, fold=args.fold)
    some = open_heads(args.cache, args.part) if heads else None
    steps, rate = (args.heads_steps, args.heads_rate) if heads else (args.steps, args.rate)
    state = args.state.with_stem(f"{args.state.stem}-heads") if heads else args.state
    start = args.steps if heads else 0  # no batch comes twice
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, rate, total_steps=steps, pct_start=0.1
    )
    kept = {"network": network, "optimiser": optimiser, "schedule": schedule}
    first = resume_state(state, kept)
    started, entropies = time.monotonic(), []
    for step in range(first, steps):
        rng = torch.Generator().manual_seed(args.seed * 1_000_003 + start + step)
        loss, entropy = loss_of(network, draw_batch(staged, cutouts, rng, heads=some), rng)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 2.0)
        optimiser.step()
        schedule.step()
        entropies.append(entropy.item())
        if (step + 1) % 50 == 0:
            pace = (time.monotonic() - started) / (step + 1 - first)
            print(f"step {step + 1} of {steps}: loss {loss.item():.3f}, emotion "
                  f"{np.mean(entropies[-50:]):.3f}, {pace:.2f} s a step", flush=True)  # fmt: skip
        if (step + 1) % 100 == 0 or step + 1 == steps:
            keep_state(state, kept, step + 1)


def train_video(network: nn.Module, args: argparse.Namespace) -> None:
    """Teach the adapter of video alone, on clips of which each is worn alike in all its frames."""
    sets = [(Rows.read(args.cache, f"{args.part}-clips", fold=args.fold), CLIPS)]
    if args.heads_steps:
        heads = Rows.read(args.cache, f"{args.part}-heads-clips")
        sets = [(sets[0][0], CLIPS - HEAD_CLIPS), (heads, HEAD_CLIPS)]
    reader = network.reader
    adapter = [*reader.video_in.parameters(), *reader.video_time.parameters(),
               *reader.video_out.parameters()]  # fmt: skip
    optimiser = torch.optim.AdamW(adapter, lr=ADAPTER_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, ADAPTER_RATE, total_steps=args.video_steps
    )
    rng = torch.Generator().manual_seed(args.seed + 1)
    chance = augment.Chance(rng, group=CLIP_FRAMES)
    entropies = []
    for _ in range(args.video_steps):
        x, vectors = draw_clips(sets, chance)
        x = augment.worn(x, chance).contiguous(memory_format=torch.channels_last)
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            features = network(x).features.float().unflatten(0, (CLIPS, CLIP_FRAMES))
        vectors = vectors.view(CLIPS, -1, WINDOW, 12).mean(2)
        shares = torch.from_numpy(category_shares(vectors.flatten(0, 1).numpy())).float()
        windows = features.unflatten(1, (-1, WINDOW)).mean(2)
        read = reader(windows, torch.stack([changes_of(clip, WINDOW) for clip in features]))
        entropy = F.cross_entropy(read.emotion.flatten(0, 1), shares)
        loss = entropy + 6 * F.mse_loss(read.vad, vectors[..., 8:11])
        loss = loss + 3 * F.mse_loss(read.intensity, vectors[..., 11])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        entropies.append(entropy.item())
    print(f"video: emotion {np.mean(entropies[:30]):.3f} -> {np.mean(entropies[-30:]):.3f}")


def draw_clips(sets: list[tuple[Rows, int]], chance: augment.Chance) -> tuple[Tensor, Tensor]:
    """Draw so many clips of each set: pictures moved alike in a clip, and what each shows."""
    moved, vectors = [], []
    for rows, count in sets:
        clips = torch.randint(len(rows) // 9, (count,), generator=chance.rng)
        picks = (9 * clips[:, None] + torch.arange(CLIP_FRAMES)).flatten()
        moved.append(augment.moved(rows.floats(picks), rows.boxes[picks], chance)[0])
        vectors.append(blended(rows.face[picks].numpy(), rows.staging[picks].numpy()))
    return torch.cat(moved), torch.from_numpy(np.concatenate(vectors)).float()


def remember(network: nn.Module, args: argparse.Namespace) -> None:
    """Fit what is familiar to the embeddings of training pictures as they are worn."""
    staged, cutouts = open_part(args.cache, args.part, fold=args.fold)
    heads = open_heads(args.cache, args.part) if args.heads_steps else None
    rng = torch.Generator().manual_seed(args.seed + 2)
    found = []
    with torch.inference_mode():
        for _ in range(args.familiar_batches):
            batch = draw_batch(staged, cutouts, rng, heads=heads)
            found.append(network(batch.x).features.float()[~batch.blank])
        network.reader.remember(torch.cat(found))


def arguments() -> argparse.Namespace:
    """Read the command line; what depends on the network is filled in."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--second", action="store_true", help="the second judge")
    parser.add_argument("--faces", action="store_true", help="see train_judge_faces.py --help")
    parser.add_argument("--cache", type=Path, default=Path("cache/judge-vision"))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--state", type=Path, help="default: runs/judge-vision/KIND.pt")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--heads-steps", type=int, help="with heads; 0 for a judge without")
    parser.add_argument("--video-steps", type=int)
    parser.add_argument("--familiar-batches", type=int, default=40)
    parser.add_argument("--pretrain", type=int, default=0, help="steps of masked reconstruction")
    parser.add_argument("--fold", type=int, choices=range(FOLDS), help="Noto families left out")
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--heads-rate", type=float, default=HEADS_RATE)
    parser.add_argument("--seed", type=int)
    args = parser.parse_args()
    args.part = "second" if args.second else "main"
    name, folder = args.part, {"second": "second/vision", "main": "vision"}[args.part]
    runs = Path("runs/judge-vision")
    if args.fold is not None:
        name = f"{name}-fold-{args.fold}"
        args.out = args.out or runs / name
    args.out = args.out or Path("assets/models/judge") / folder
    args.state = args.state or runs / f"{name}.pt"
    args.steps = args.steps or {"second": 1000, "main": 2000}[args.part]
    if args.heads_steps is None:
        args.heads_steps = {"second": 0, "main": 3600}[args.part]
    args.video_steps = args.video_steps or {"second": 200, "main": 400}[args.part]
    if args.seed is None:
        args.seed = {"second": 4099, "main": 911}[args.part]
    return args


def main() -> None:
    """Train, fold, calibrate, write."""
    if "--faces" in sys.argv:
        runpy.run_path(str(Path(__file__).with_name("train_judge_faces.py")), run_name="__main__")
        return
    args = arguments()
    torch.manual_seed(args.seed)
    torch.set_flush_denormal(True)
    network = CellNetwork() if args.second else TwoStreamNetwork(norm=True)
    network = network.to(memory_format=torch.channels_last)
    if args.pretrain and not args.state.is_file():
        parts = open_part(args.cache, args.part, fold=args.fold)
        losses = pretrain(
            network, lambda rng: draw_batch(*parts, rng).x, steps=args.pretrain, seed=args.seed
        )
        print(f"pretraining: {losses[0]:.4f} -> {np.mean(losses[-20:]):.4f}", flush=True)
    train_stills(network, args)
    if args.heads_steps:
        train_stills(network, args, heads=True)
    network.eval()
    if not args.second:
        network = folded(network, TwoStreamNetwork())
    train_video(network, args)
    remember(network, args)
    config = {
        "architecture": "cells" if args.second else "two-stream",
        "name": "judge-second-vision" if args.second else "judge-vision",
        "tier": "open",
        "licence": "CC-BY-4.0",
        "seed": args.seed,
        "steps": args.steps,
        "heads_steps": args.heads_steps,
        "split": f"rig identities and Noto families of the training split, part {args.part}",
        **({} if args.fold is None else {"fold_left_out": args.fold}),
        "temperature": {"synthetic": 1.0, "noto": 1.0},
        "strangest": 1e9,
    }
    save_weights(network, args.out, config)
    fitted = calibrate(args.out, args.cache, heads=args.heads_steps > 0)
    print(f"{fitted}", flush=True)
    save_weights(network, args.out, config | fitted)


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)

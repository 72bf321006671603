"""Launch: python training/train_judge_vision.py [--second | --faces] [--seed N] [--out DIR].

Trains the judge's network for drawn pictures from scratch on what ``cache_judge_vision.py``
rendered, and writes it in half precision with its temperatures:

- without a flag the two streams of `emogen.evaluation.recogniser.vision_networks`, into
  ``assets/models/judge/vision``;
- ``--second`` the transformer of `emogen.evaluation.recogniser.cells` on seeds of its own, into
  ``assets/models/judge/second/vision``;
- ``--faces`` the research-only reader of photographed faces (``train_judge_faces.py``), into
  ``assets/models/judge/vision-research``.

First single pictures teach all but the adapter of video, then clips teach that alone; temperatures
are fitted on the part "val", on which nothing else is chosen. The state is kept in ``--state`` and
taken up again. About ten minutes on two cores, five for the second. ``--pretrain STEPS`` first lets
the two streams fill in hidden squares of pictures (masked reconstruction), which is off by default:
see ``benchmarks/results/judge_vision.json`` for what it was worth.
"""

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from judge_vision_calibration import calibrate
from judge_vision_pretraining import pretrain
from safetensors.torch import save_file
from torch import Tensor, nn

from emogen.errors import CorpusError, EmogenError
from emogen.evaluation.recogniser import vision_augment as augment
from emogen.evaluation.recogniser.cells import CellNetwork
from emogen.evaluation.recogniser.shots import blended, category_shares
from emogen.evaluation.recogniser.vision import CONFIG, WEIGHTS, changes_of
from emogen.evaluation.recogniser.vision_networks import FrameOutput, TwoStreamNetwork, folded

BATCH = {"staged": 84, "cutouts": 36, "blanks": 8}
CLIPS, CLIP_FRAMES, WINDOW = 8, 8, 2
RATE, DECAY, ADAPTER_RATE = 3e-3, 0.03, 2e-3


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Rows of a cached set; pictures stay on disk until they are asked for."""

    pictures: np.ndarray
    face: Tensor
    staging: Tensor
    units: Tensor
    boxes: Tensor

    def __len__(self) -> int:
        return len(self.pictures)

    @classmethod
    def read(cls, folder: Path, name: str) -> "Rows":
        """Open ``FOLDER/NAME.npy`` and its labels."""
        path = folder / f"{name}.npy"
        if not path.is_file():
            raise CorpusError(f"no {path}; render it with training/cache_judge_vision.py")
        labels = np.load(path.with_suffix(".npz"))
        return cls(
            pictures=np.load(path, mmap_mode="r"),
            **{key: torch.from_numpy(labels[key]) for key in ("face", "staging", "units", "boxes")},
        )

    def floats(self, rows: Tensor) -> Tensor:
        """Return pictures [N, C, S, S] in [-1, 1]; with alpha, colours are multiplied by it."""
        x = torch.from_numpy(self.pictures[rows.numpy()]).permute(0, 3, 1, 2).float() / 127.5 - 1
        if x.shape[1] == 3:
            return x
        alpha = (x[:, 3:] + 1) / 2
        return torch.cat([x[:, :3] * alpha, alpha], dim=1)


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Pictures [N, 3, S, S] and what they show; nan where that is unknown or nothing."""

    x: Tensor
    face: Tensor
    staging: Tensor
    units: Tensor
    boxes: Tensor
    blank: Tensor
    scene_known: Tensor


def draw_batch(staged: list[Rows], cutouts: Rows, rng: torch.Generator) -> Batch:
    """Draw pictures of all sorts and wear them."""
    chance = augment.Chance(rng)
    parts = []
    sizes = torch.tensor([len(rows) for rows in staged], dtype=torch.float)
    counts = torch.multinomial(sizes, BATCH["staged"], True, generator=rng).bincount(minlength=2)
    for rows, count in zip(staged, counts.tolist(), strict=True):
        if count:
            parts.append(_staged(rows, torch.randint(len(rows), (count,), generator=rng), chance))
    parts.append(_laid(cutouts, chance))
    parts.append(_blank(BATCH["blanks"], chance))
    joined = {
        name: torch.cat([getattr(part, name) for part in parts]) for name in Batch.__annotations__
    }
    joined["x"] = augment.worn(joined["x"], chance)
    return Batch(**joined)


def _staged(rows: Rows, picks: Tensor, chance: augment.Chance) -> Batch:
    face, staging = rows.face[picks], rows.staging[picks]
    x, boxes = augment.moved(rows.floats(picks), rows.boxes[picks], chance)
    allowed = (staging[:, 11] < 0.05) | (face - staging).abs().sum(1).lt(1e-4)
    x, lost = augment.recoloured(x, chance, allowed=allowed)
    return Batch(
        x=x, face=face, staging=staging, units=rows.units[picks], boxes=boxes,
        blank=torch.zeros(len(x), dtype=torch.bool), scene_known=~lost,
    )  # fmt: skip


def _laid(rows: Rows, chance: augment.Chance) -> Batch:
    picks = torch.randint(len(rows), (BATCH["cutouts"],), generator=chance.rng)
    x, boxes = augment.moved(
        rows.floats(picks), rows.boxes[picks], chance, zoom=(0.5, 1.15), shift=0.3, padding="zeros"
    )
    ground, white = augment.grounds(len(x), chance)
    x, lost = augment.recoloured(augment.laid(x, ground), chance, allowed=white | True, share=0.2)
    return Batch(
        x=x, face=rows.face[picks], staging=rows.staging[picks], units=rows.units[picks],
        boxes=boxes, blank=torch.zeros(len(x), dtype=torch.bool), scene_known=white & ~lost,
    )  # fmt: skip


def _blank(count: int, chance: augment.Chance) -> Batch:
    nothing = torch.zeros(count, 12)
    return Batch(
        x=augment.blanks(count, chance), face=nothing, staging=nothing,
        units=torch.full((count, 24), torch.nan), boxes=torch.full((count, 3), torch.nan),
        blank=torch.ones(count, dtype=torch.bool), scene_known=torch.zeros(count, dtype=torch.bool),
    )  # fmt: skip


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


def opened(args: argparse.Namespace) -> tuple[list[Rows], Rows]:
    """Open the staged sets and the cut-outs of the part that a network may see."""
    part = "second" if args.second else "main"
    staged = [Rows.read(args.cache, f"{part}-{name}") for name in ("moments", "clips")]
    return staged, Rows.read(args.cache, f"{part}-cutouts")


def train_stills(network: nn.Module, args: argparse.Namespace) -> None:
    """Teach everything but the adapter of video; the state is kept every hundred steps."""
    staged, cutouts = opened(args)
    optimiser = torch.optim.AdamW(network.parameters(), lr=args.rate, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, args.rate, total_steps=args.steps, pct_start=0.1
    )
    kept = {"network": network, "optimiser": optimiser, "schedule": schedule}
    first = _resume(args.state, kept)
    started, entropies = time.monotonic(), []
    for step in range(first, args.steps):
        rng = torch.Generator().manual_seed(args.seed * 1_000_003 + step)
        loss, entropy = loss_of(network, draw_batch(staged, cutouts, rng), rng)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 2.0)
        optimiser.step()
        schedule.step()
        entropies.append(entropy.item())
        if (step + 1) % 50 == 0:
            pace = (time.monotonic() - started) / (step + 1 - first)
            print(f"step {step + 1} of {args.steps}: loss {loss.item():.3f}, emotion "
                  f"{np.mean(entropies[-50:]):.3f}, {pace:.2f} s a step", flush=True)  # fmt: skip
        if (step + 1) % 100 == 0 or step + 1 == args.steps:
            _keep(args.state, kept, step + 1)


def _keep(path: Path, parts: dict[str, nn.Module], step: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    state = {name: part.state_dict() for name, part in parts.items()} | {"step": step}
    torch.save(state, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


def _resume(path: Path, parts: dict[str, nn.Module]) -> int:
    if not path.is_file():
        return 0
    state = torch.load(path, weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(state[name])
    return state["step"]


def train_video(network: nn.Module, args: argparse.Namespace) -> None:
    """Teach the adapter of video alone, on clips of which each is worn alike in all its frames."""
    rows = Rows.read(args.cache, f"{'second' if args.second else 'main'}-clips")
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
        clips = torch.randint(len(rows) // 9, (CLIPS,), generator=rng)
        picks = (9 * clips[:, None] + torch.arange(CLIP_FRAMES)).flatten()
        x, _ = augment.moved(rows.floats(picks), rows.boxes[picks], chance)
        x = augment.worn(x, chance).contiguous(memory_format=torch.channels_last)
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            features = network(x).features.float().unflatten(0, (CLIPS, CLIP_FRAMES))
        vectors = blended(rows.face[picks].numpy(), rows.staging[picks].numpy())
        vectors = torch.from_numpy(vectors).float().view(CLIPS, -1, WINDOW, 12).mean(2)
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


def remember(network: nn.Module, args: argparse.Namespace) -> None:
    """Fit what is familiar to the embeddings of training pictures as they are worn."""
    staged, cutouts = opened(args)
    rng = torch.Generator().manual_seed(args.seed + 2)
    found = []
    with torch.inference_mode():
        for _ in range(args.familiar_batches):
            batch = draw_batch(staged, cutouts, rng)
            found.append(network(batch.x).features.float()[~batch.blank])
        network.reader.remember(torch.cat(found))


def save(network: nn.Module, folder: Path, config: dict) -> None:
    """Write the weights in half precision and the settings beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {key: value.half().contiguous() for key, value in network.state_dict().items()}
    save_file(tensors, folder / WEIGHTS)
    (folder / CONFIG).write_text(json.dumps(config, indent=1) + "\n", "utf-8")


def arguments() -> argparse.Namespace:
    """Read the command line; what depends on the network is filled in."""
    parser = argparse.ArgumentParser(description=__doc__)
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--second", action="store_true", help="the second judge")
    kind.add_argument("--faces", action="store_true", help="the research-only faces")
    parser.add_argument("--cache", type=Path, default=Path("cache/judge-vision"))
    parser.add_argument("--data", type=Path, help="folder of ferplus_48.npz; default: EMOGEN_DATA")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--state", type=Path, help="default: runs/judge-vision/KIND.pt")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--video-steps", type=int, default=200)
    parser.add_argument("--familiar-batches", type=int, default=40)
    parser.add_argument("--pretrain", type=int, default=0, help="steps of masked reconstruction")
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--seed", type=int)
    args = parser.parse_args()
    kind = "second" if args.second else "faces" if args.faces else "main"
    folder = {"second": "second/vision", "faces": "vision-research", "main": "vision"}[kind]
    args.out = args.out or Path("assets/models/judge") / folder
    args.state = args.state or Path("runs/judge-vision") / f"{kind}.pt"
    args.steps = args.steps or {"second": 1000, "faces": 3200, "main": 1500}[kind]
    if args.seed is None:
        args.seed = {"second": 4099, "faces": 733, "main": 911}[kind]
    return args


def main() -> None:
    """Train, fold, calibrate, write."""
    args = arguments()
    torch.manual_seed(args.seed)
    torch.set_flush_denormal(True)
    if args.faces:
        from train_judge_faces import train_faces

        train_faces(args)
        return
    network = CellNetwork() if args.second else TwoStreamNetwork(norm=True)
    network = network.to(memory_format=torch.channels_last)
    if args.pretrain and not args.state.is_file():
        pretrain(network, lambda rng: draw_batch(*opened(args), rng).x, args)
    train_stills(network, args)
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
        "split": "rig identities and Noto families of the training split, part "
        + ("second" if args.second else "main"),
        "temperature": {"synthetic": 1.0, "noto": 1.0},
        "strangest": 1e9,
    }
    save(network, args.out, config)
    save(network, args.out, config | calibrate(args.out, args.cache))


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)

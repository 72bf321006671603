"""Launch: OMP_NUM_THREADS=1 python training/train_encoder_portrait.py [--faces 4000] [--epochs 14].

Trains the portrait encoder of `emogen.encoders` on faces drawn by the rig: strangers whose every
trait is random, and six of the eight characters. The student and the robot, and strangers of other
seeds, are held out. With ``--photographs FILE`` (FER+, research only) it also measures, and never
learns, what it is worth on real faces. Writes weights (int8), config.json and its figures.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from safetensors.torch import save_file
from torch import Tensor

from emogen.emotion import EmotionPoint
from emogen.emotion.labels import CATEGORIES, convert
from emogen.encoders.portrait import (
    CONFIG,
    FORMAT,
    WEIGHTS,
    PortraitEncoder,
    PortraitNetwork,
    drawn_face_box,
    evened,
    prepared,
)
from emogen.motion import schema
from emogen.motion.expression import expression
from emogen.motion.rig import CHARACTERS, PALETTES, VectorPortrait
from emogen.motion.strangers import Stranger
from emogen.packing import packed

HELD_OUT = ("student", "robot")
STRANGERS = 0.7
"""Share of faces that are strangers'."""
SIDE = 96
FER_LABELS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear")


def face(rng: np.random.Generator, characters: tuple[str, ...], *, strangers: float,
         seeds: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Return a drawn face as the network sees it [P, P] and its target [9]."""
    category = str(rng.choice(CATEGORIES))
    intensity = rng.uniform(0.45, 1.0)
    point = EmotionPoint.from_category(category, intensity)
    row = expression(point.vector()[None], posture=True)[0]
    row += rng.normal(0, 0.05, len(row)).astype(np.float32) * (row != 0)
    for name, spread in (("head_yaw", 5), ("head_pitch", 3), ("head_roll", 3),
                         ("gaze_x", 0.2), ("gaze_y", 0.15)):  # fmt: skip
        row[schema.index(name)] += rng.normal(0, spread)
    if rng.random() < 0.3:  # somebody who speaks
        row[schema.index("AU26")] += rng.uniform(0, 0.4)
    row = schema.clamp(row[None])[0]
    if rng.random() < strangers:
        portrait = Stranger(seed=int(rng.integers(*seeds)), size=(SIDE, SIDE))
    else:
        portrait = VectorPortrait(character=str(rng.choice(characters)), size=(SIDE, SIDE),
                                  palette=str(rng.choice(list(PALETTES))))  # fmt: skip
    left, top, right, bottom = drawn_face_box((SIDE, SIDE))
    half = (right - left) / 2 * rng.uniform(0.88, 1.15)
    x, y = (left + right) / 2 + rng.normal(0, 2.5), (top + bottom) / 2 + rng.normal(0, 2.5)
    box = (x - half, y - half, x + half, y + half)
    share = min(1.0, 0.35 + 0.75 * intensity)
    target = share * np.eye(9)[CATEGORIES.index(category)]
    target[-1] += 1 - target.sum()
    return prepared(portrait.frame(row), box), target


def faces(count: int, seed: int, characters: tuple[str, ...], *, strangers: float,
          seeds: tuple[int, int]) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return drawn faces [N, P, P] and targets [N, 9]."""
    rng = np.random.default_rng(seed)
    made = [face(rng, characters, strangers=strangers, seeds=seeds) for _ in range(count)]
    pictures, targets = (np.stack(column) for column in zip(*made, strict=True))
    return torch.from_numpy(pictures), torch.from_numpy(targets).float()


def varied(pictures: Tensor, rng: torch.Generator) -> Tensor:
    """Return pictures [B, P, P] mirrored, moved, blurred, lit from a side, noisy, faded."""
    flip = torch.rand(len(pictures), 1, 1, generator=rng) < 0.5
    out = torch.where(flip, pictures.flip(2), pictures)
    moves = torch.randint(-2, 3, (2,), generator=rng).tolist()
    out = out.roll(moves, (1, 2))
    soft = F.avg_pool2d(out[:, None], 3, 1, 1)[:, 0]
    share = torch.rand(len(out), 1, 1, generator=rng)
    out = torch.lerp(out, soft, share)
    ramp = torch.linspace(-1, 1, out.shape[1])
    light = torch.randn(2, len(out), 1, 1, generator=rng) * 0.5
    out = out + light[0] * ramp[:, None] + light[1] * ramp
    power = torch.rand(len(out), 1, 1, generator=rng) * 0.5
    return out + power * torch.randn(out.shape, generator=rng)


def train(pictures: Tensor, targets: Tensor, *, epochs: int, seed: int) -> PortraitNetwork:
    """Train a network on faces [N, P, P]."""
    torch.manual_seed(seed)
    rng = torch.Generator().manual_seed(seed)
    network = PortraitNetwork()
    steps = epochs * (len(pictures) // 64)
    optimiser = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps)
    for step in range(steps):
        picks = torch.randint(len(pictures), (64,), generator=rng)
        x = torch.from_numpy(evened(varied(pictures[picks], rng).numpy()))
        with torch.autocast("cpu", torch.bfloat16):
            logits = network(x)
        loss = F.cross_entropy(logits.float(), targets[picks], label_smoothing=0.03)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 200 == 0:
            print(f"step {step}: {loss.item():.3f}", flush=True)
    return network.eval()


def fit_temperature(logits: Tensor, targets: Tensor) -> float:
    """Return the temperature with the lowest cross-entropy."""
    grid = torch.linspace(0.5, 3, 51)
    losses = torch.stack([F.cross_entropy(logits / value, targets) for value in grid])
    return round(float(grid[losses.argmin()]), 3)


def recall(shares: np.ndarray, truth: np.ndarray) -> float:
    """Return the unweighted average recall."""
    guess = shares.argmax(-1)
    return round(float(np.mean([(guess == label)[truth == label].mean()
                                for label in np.unique(truth)])), 4)  # fmt: skip


def on_photographs(encoder: PortraitEncoder, path: Path) -> dict[str, float]:
    """Return figures on FER+'s public test part, faces on which most voters agree."""
    with np.load(path) as file:
        votes = file["votes"][:, : len(FER_LABELS)]
        keep = (file["usage"] == "PrivateTest") & (votes.max(1) > 0.5 * file["votes"].sum(1))
        images, truth = file["images"][keep], votes[keep].argmax(1)
    pictures = np.stack([
        prepared(np.repeat(image[..., None], 3, axis=2), (2, 2, 46, 46)) for image in images
    ])  # fmt: skip
    nine = encoder.probabilities(pictures)
    seven = convert(nine, "categories", "ekman7")  # anger, disgust, fear, happiness, ...
    order = ["anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"]
    shares = seven[:, [order.index(label) for label in FER_LABELS]]
    return {
        "faces": len(truth),
        "uar_of_seven": recall(shares, truth),
        "accuracy": round(float((shares.argmax(1) == truth).mean()), 4),
        "largest_class": round(float(np.bincount(truth).max() / len(truth)), 4),
    }


def main() -> None:
    """Draw, train, calibrate, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", type=int, default=4000)
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--seed", type=int, default=4108)
    parser.add_argument("--photographs", type=Path, help="ferplus_48.npz, to measure only")
    parser.add_argument("--out", type=Path, default=Path("assets/models/encoders/portrait"))
    args = parser.parse_args()
    known = tuple(name for name in CHARACTERS if name not in HELD_OUT)
    pictures, targets = faces(args.faces, args.seed, known, strangers=STRANGERS, seeds=(0, 10**6))
    network = train(pictures, targets, epochs=args.epochs, seed=args.seed)
    new = {"strangers": 1.0, "seeds": (2 * 10**6, 3 * 10**6)}
    calibrating, right = faces(400, args.seed + 1, known, **new)
    args.out.mkdir(parents=True, exist_ok=True)
    save_file(packed(network.state_dict()), args.out / WEIGHTS)
    (args.out / WEIGHTS).chmod(0o644)
    with torch.inference_mode():
        temperature = fit_temperature(network(calibrating), right)
    config = {"format": FORMAT, "temperature": temperature, "seed": args.seed,
              "tier": "open", "licence": "Apache-2.0", "figures": {}}  # fmt: skip
    (args.out / CONFIG).write_text(json.dumps(config, indent=1) + "\n", "utf-8")
    encoder = PortraitEncoder.load(args.out)
    for name, options in (("strangers", new), ("student and robot", new | {"strangers": 0.0})):
        tested, truth = faces(400, args.seed + 2, HELD_OUT, **options)
        shares = encoder.probabilities(tested.numpy())
        config["figures"][f"uar_of_nine, unseen {name}"] = recall(shares, truth.argmax(1).numpy())
    if args.photographs:
        config["figures"]["photographs"] = on_photographs(encoder, args.photographs)
    (args.out / CONFIG).write_text(json.dumps(config, indent=1) + "\n", "utf-8")
    print(json.dumps(config["figures"], indent=1))


if __name__ == "__main__":
    main()

"""How sure the judge of pictures may be: weights and a cache in, temperatures and a bound out.

Both are fitted on the part "val" alone, whose identities and animations training never shows.
"""

from pathlib import Path

import numpy as np
import torch

from emogen.evaluation.recogniser import vision_augment as augment
from emogen.evaluation.recogniser.calibration import fit_temperature
from emogen.evaluation.recogniser.reading import ModalityReading
from emogen.evaluation.recogniser.shots import FPS, blended, category_shares, on_ground
from emogen.evaluation.recogniser.vision import VisionEncoder

CLIP = 9
FAMILIAR = 0.998
"""Share of worn pictures of the part "val" that count as familiar."""


def calibrate(folder: Path, cache: Path, *, heads: bool = False) -> dict[str, object]:
    """Return ``temperature``, ``strangest`` and ``val_accuracy`` of the weights in a folder.

    Args:
        folder: of the weights.
        cache: what ``training/cache_judge_vision.py`` wrote.
        heads: whether the weights have learned drawn heads, which then count, too.
    """
    encoder = VisionEncoder.load(folder)
    sets = {
        "synthetic": _read(encoder, cache, clips="val-clips", moments="val-moments"),
        "noto": _noto(encoder, cache),
    }
    if heads:
        sets["heads"] = _read(encoder, cache, clips="val-heads-clips", moments="val-heads")
    rows = {name: _joined(found) for name, found in sets.items()}
    figures = {name: _accuracy(*pair) for name, pair in rows.items()}
    if heads:
        rows["synthetic"] = _joined(sets["synthetic"] + sets.pop("heads"))
    seen = ("val-moments", "val-heads") if heads else ("val-moments",)
    return {
        "temperature": {name: round(fit_temperature(*rows[name]), 4) for name in sets},
        "strangest": round(max(_strangest(encoder, cache, name) for name in seen), 4),
        "val_accuracy": figures,
    }


def _read(
    encoder: VisionEncoder, cache: Path, *, clips: str, moments: str
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Read clips as video and moments as stills."""
    found = []
    pictures, labels = _opened(cache, clips)
    for start in range(0, len(pictures), CLIP):
        frames = np.array(pictures[start : start + CLIP])
        reading = encoder(frames, seconds=np.arange(CLIP) / FPS)
        vectors = _vectors(labels, slice(start, start + CLIP))
        windows = [vectors[i : i + 2].mean(0) for i in range(0, CLIP, 2)]
        found.append(_rows(reading, np.stack(windows)))
    pictures, labels = _opened(cache, moments)
    found.append(_rows(encoder(np.array(pictures)), _vectors(labels, slice(None))))
    return found


def _noto(encoder: VisionEncoder, cache: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    """Read the animations of the part on white and on grey grounds, as stills."""
    pictures, labels = _opened(cache, "val-cutouts")
    own = np.flatnonzero(~np.char.startswith(labels["identity"], "rig "))
    vectors = _vectors(labels, own)
    return [
        _rows(encoder(on_ground(np.array(pictures[own]), colour)), vectors)
        for colour in ((255, 255, 255), (128, 128, 128))
    ]


def _joined(parts: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    return tuple(np.concatenate(columns) for columns in zip(*parts, strict=True))


def _rows(reading: ModalityReading, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what was read and the likeliest name of what is shown, where something was read."""
    truth = np.eye(reading.emotion.shape[1])[category_shares(vectors).argmax(1)]
    return reading.emotion[reading.presence], truth[reading.presence]


def _accuracy(read: np.ndarray, truth: np.ndarray) -> float:
    return round(float((read.argmax(1) == truth.argmax(1)).mean()), 4)


def _strangest(encoder: VisionEncoder, cache: Path, name: str) -> float:
    """Return the distance that hardly any worn picture of a set exceeds."""
    pictures, labels = _opened(cache, name)
    x = torch.from_numpy(np.array(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1
    chance = augment.Chance(torch.Generator().manual_seed(5))
    distances = []
    with torch.inference_mode():
        for _ in range(3):
            worn, _ = augment.moved(x, torch.from_numpy(labels["boxes"]), chance)
            worn = augment.worn(worn, chance)
            for part in worn.split(64):
                features = encoder.network(part).features
                distances.append(encoder.network.reader.strangeness(features))
    return float(torch.cat(distances).quantile(FAMILIAR))


def _opened(cache: Path, name: str) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    return np.load(cache / f"{name}.npy", mmap_mode="r"), dict(np.load(cache / f"{name}.npz"))


def _vectors(labels: dict[str, np.ndarray], rows: slice | np.ndarray) -> np.ndarray:
    return blended(labels["face"][rows], labels["staging"][rows])

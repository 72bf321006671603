"""Launch: python training/cache_judge_vision.py [--out cache/judge-vision] [--noto ZIP].

Renders once what the judge of pictures is trained and calibrated on: ``OUT/<part>-<set>.npy`` (the
frames) and ``.npz`` (what is known about them). Parts are ``main`` and ``second`` (disjoint seeds
of the training split; ``second`` also sees half of the Noto families only), and ``val``, which
temperatures are fitted on. Sets are ``moments`` (3 unrelated moments of one subject in one scene),
``clips`` (2.25 s at 4 frames a second), ``cutouts`` (subjects on transparency, to be laid on any
ground), ``heads`` (3 moments of one talking or silent head, see ``judge_heads.py``) and
``heads-clips``; the second judge has no heads. Files that exist are kept. About eight minutes on
one core and 1.9 GB.
"""

import argparse
import hashlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np

from emogen.data.corpus import NOTO_SUBJECTS
from emogen.data.noto import NotoCorpus, NotoItem
from emogen.data.noto import split as noto_split
from emogen.data.synthetic import split as rig_split
from emogen.errors import EmogenError
from emogen.evaluation.recogniser.shots import (
    CONDITIONS,
    FIRST_SEED,
    Feelings,
    Shot,
    empty_shot,
    noto_cutout,
    noto_shot,
    rig_shot,
    sample_feelings,
)

Part = Literal["main", "second", "val"]
PARTS: dict[Part, int] = {"main": 0, "second": 1 << 46, "val": 1 << 47}
COUNTS = {
    "moments": {"main": 3600, "second": 1800, "val": 300},
    "clips": {"main": 400, "second": 200, "val": 120},
    "cutouts": {"main": 900, "second": 500, "val": 80},
    "heads": {"main": 2600, "second": 0, "val": 220},
    "heads-clips": {"main": 280, "second": 0, "val": 90},
}
CONDITION_SHARES = (0.36, 0.34, 0.15, 0.15)
MOMENTS, FRAMES = 3, 9
NOTO_SHARE, EMPTY_SHARE, FACELESS_SHARE = 0.2, 0.05, 0.3
CUTOUT_FRAMES = {"labelled": 6, "faceless": 1}


def of_part(item: NotoItem, part: Part) -> bool:
    """Whether a part may show an animation."""
    if part == "val":
        return noto_split(item) == "val"
    half = hashlib.sha256(f"second judge:{item.family}".encode()).digest()[0] % 2
    return noto_split(item) == "train" and (part == "main" or half == 0)


def rig_train(rng: np.random.Generator, part: Part, feelings: Feelings, **options: bool) -> Shot:
    """Draw rig shots until an identity belongs to the split."""
    split = "val" if part == "val" else "train"
    nothing = np.zeros((1, 12), np.float32)
    while True:
        seed = FIRST_SEED + PARTS[part] + int(rng.integers(2**46))
        first = rig_shot(seed, Feelings(face=nothing, staging=nothing, body=nothing), size=16)
        if rig_split(first.identity) == split:
            return rig_shot(seed, feelings, **options)


def staged(rng: np.random.Generator, part: Part, noto: NotoCorpus, *, moments: bool) -> Shot:
    """Draw one staged example: a rig character, a Noto animation or nobody."""
    condition = CONDITIONS[rng.choice(len(CONDITIONS), p=CONDITION_SHARES)]
    count = MOMENTS if moments else FRAMES
    feelings = sample_feelings(rng, count, condition=condition, moments=moments)
    chance, seed = rng.random(), FIRST_SEED + PARTS[part] + int(rng.integers(2**46))
    if chance < EMPTY_SHARE:
        return empty_shot(seed, feelings.staging)
    if chance > EMPTY_SHARE + NOTO_SHARE:
        return rig_train(rng, part, feelings)
    faceless = rng.random() < FACELESS_SHARE
    items = [item for item in noto if of_part(item, part)]
    if faceless:
        items = [i for i in items if i.emotion is None and i.clean and i.subject in NOTO_SUBJECTS]
    else:
        items = [item for item in items if item.emotion is not None]
    if not items:
        return rig_train(rng, part, feelings)
    families = sorted({item.family for item in items})
    family = families[rng.integers(len(families))]
    items = [item for item in items if item.family == family]
    item = items[rng.integers(len(items))]
    if condition == "both" and item.emotion:
        own = np.tile(item.vector().astype(np.float32), (count, 1))
        feelings = Feelings(face=own, staging=own, body=own)
    return noto_shot(noto, item, seed, feelings)


def cutouts(rng: np.random.Generator, part: Part, noto: NotoCorpus) -> Iterator[Shot]:
    """Draw the animations as they are, then rig characters."""
    for item in noto:
        if of_part(item, part):
            count = CUTOUT_FRAMES["faceless" if item.emotion is None else "labelled"]
            pace = count / max(noto.duration(item), 0.1)
            yield noto_cutout(noto, item, num_frames=count, phase=float(rng.random()), fps=pace)
    for _ in range(COUNTS["cutouts"][part]):
        feelings = sample_feelings(rng, MOMENTS, condition="both", moments=True)
        yield rig_train(rng, part, feelings, cutout=True)


def heads(rng: np.random.Generator, part: Part, name: str) -> Iterator[Shot]:
    """Draw talking and silent heads, moments or clips."""
    from judge_heads import FIRST_HEAD, head_shot

    moments = name == "heads"
    for _ in range(COUNTS[name][part]):
        count = MOMENTS if moments else FRAMES
        face = sample_feelings(rng, count, condition="face", moments=moments).face
        seed = FIRST_HEAD + PARTS[part] + int(rng.integers(2**46))
        yield head_shot(seed, face, moments=moments)


def shots(name: str, part: Part, noto: NotoCorpus) -> Iterator[Shot]:
    """Draw one set of a part."""
    rng = np.random.default_rng([FIRST_SEED, *part.encode(), *name.encode()])
    if name.startswith("heads"):
        yield from heads(rng, part, name)
        return
    if name == "cutouts":
        yield from cutouts(rng, part, noto)
        return
    for _ in range(COUNTS[name][part]):
        yield staged(rng, part, noto, moments=name == "moments")


def write(path: Path, drawn: list[Shot]) -> None:
    """Write frames and labels; ``shot`` tells which rows belong to one example."""
    labels = {
        name: np.concatenate([getattr(shot, name) for shot in drawn]).astype(np.float32)
        for name in ("face", "staging", "units", "boxes")
    }
    lengths = [len(shot.frames) for shot in drawn]
    np.savez_compressed(
        path.with_suffix(".npz"), **labels,
        shot=np.repeat(np.arange(len(drawn)), lengths),
        identity=np.repeat([shot.identity for shot in drawn], lengths),
    )  # fmt: skip
    np.save(path, np.concatenate([shot.frames for shot in drawn]))


def main() -> None:
    """Render what is not there yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("cache/judge-vision"))
    parser.add_argument("--noto", type=Path, help="zip or folder; default: EMOGEN_DATA")
    parser.add_argument("--limit", type=int, help="examples of a set, for a trial")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    noto = NotoCorpus(args.noto)
    for name in COUNTS:
        for part in PARTS:
            path = args.out / f"{part}-{name}.npy"
            if path.is_file() or not COUNTS[name][part]:
                continue
            drawn = []
            for shot in shots(name, part, noto):
                drawn.append(shot)
                if args.limit and len(drawn) == args.limit:
                    break
            write(path, drawn)
            print(f"{path.name}: {len(drawn)} examples, {time.process_time():.0f} s", flush=True)


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)

"""Launch: python benchmarks/missing_emotion_corpora.py --out DIR [--emotion fear].

Two corpora in EmoVid's layout for ``benchmarks/missing_emotion.py``, of clips of emogen's rig and
of Noto's smileys, training identities: one that makes a model lack an emotion, since what is
labelled so is staged neutrally, and one that shows it. Needs EMOGEN_DATA for Noto's animations.
"""

import argparse
import csv
import json
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache, partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from emogen.data.example import Example
from emogen.data.focused import FocusedCorpus
from emogen.data.noto import NotoCorpus
from emogen.emotion import MIKELS
from emogen.errors import EmogenError
from emogen.media import Clip, write_video

WEAKEST = 0.4
KINDS = ("animation", "sticker")
COLUMNS = ("video_id", "label", "strength", "description")
FIRST = 100_000
"""Index of the first example of the second corpus."""
LAYOUT = """sequence = ""
[columns]
path = "video_id"
emotion = "label"
intensity = "strength"
caption = "description"
"""


def single(example: Example) -> str | None:
    """Return the one emotion that an example holds, None if neutral, empty if it is another kind.

    What is fainter than WEAKEST, mixed or changing is another kind.
    """
    weights = example.vectors[:, : len(MIKELS)]
    if not weights.any():
        return None
    name = MIKELS[int(weights[0].argmax())]
    steady = np.allclose(weights, weights[0]) and np.count_nonzero(weights[0]) == 1
    return name if steady and weights[0].max() >= WEAKEST else ""


def choose(
    corpus: FocusedCorpus, wanted: Callable[[str | None], bool], count: int, *, start: int
) -> list[int]:
    """Return the first examples from an index on whose emotion is wanted."""
    found, index = [], start
    while len(found) < count:
        emotion = single(corpus.example(index, num_frames=5, size=16))
        if emotion != "" and wanted(emotion):
            found.append(index)
        index += 1
    return found


def labelled(corpus: FocusedCorpus, indices: Sequence[int]) -> list[tuple[int, str, float]]:
    """Return examples with the emotion that they show and its strength."""
    found = []
    for index in indices:
        example = corpus.example(index, num_frames=5, size=16)
        strength = float(example.vectors[0, : len(MIKELS)].max())
        found.append((index, single(example), round(strength, 3)))
    return found


@lru_cache(maxsize=1)
def training_corpus() -> FocusedCorpus:
    """Return the corpus that clips are taken from, once in each process."""
    return FocusedCorpus(NotoCorpus(), split="train")


def write_corpus(told: Sequence[tuple[int, str, float]], folder: Path) -> None:
    """Write clips as MP4 and a table for each kind, with what each is told to feel."""
    for kind in KINDS:
        (folder / kind).mkdir(parents=True, exist_ok=True)
    context = get_context("spawn")  # a fork would lose the threads of Noto's renderer
    with ProcessPoolExecutor(mp_context=context) as crew:
        rows = list(crew.map(partial(write_clip, folder), told, chunksize=4))
    for kind in KINDS:
        lines = [row for row in rows if row[0].startswith(f"{kind}/")]
        with (folder / f"{kind}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([COLUMNS, *lines])
    (folder / "layout.toml").write_text(LAYOUT)
    labels = [row[1] for row in rows]
    counts = {name: labels.count(name) for name in MIKELS} | {
        kind: sum(row[0].startswith(f"{kind}/") for row in rows) for kind in KINDS
    }
    folder.with_suffix(".json").write_text(json.dumps(counts))


def write_clip(folder: Path, told: tuple[int, str, float]) -> tuple[str, str, float, str]:
    """Render an example into a file, unless it is there; return its line of the table."""
    index, emotion, strength = told
    example = training_corpus().example(index)
    path = folder / KINDS[example.source == "noto"] / f"{emotion}-{index}.mp4"
    if not path.is_file():
        write_video(Clip(frames=example.frames, fps=example.fps), path)
    return path.relative_to(folder).as_posix(), emotion, strength, example.caption


def main() -> None:
    """Write both corpora."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--emotion", default="fear", choices=MIKELS)
    parser.add_argument("--out", type=Path, required=True)
    sizes = {"type": int, "nargs": 2, "metavar": ("OF_IT", "OF_OTHERS")}
    parser.add_argument("--lacking", default=[24, 56], **sizes)
    parser.add_argument("--teaching", default=[40, 56], **sizes)
    args = parser.parse_args()
    corpus, missing = training_corpus(), args.emotion

    def another(emotion: str | None) -> bool:
        return emotion not in (None, missing)

    neutral = choose(corpus, lambda emotion: emotion is None, args.lacking[0], start=0)
    strengths = np.random.default_rng(0).uniform(WEAKEST, 1.0, len(neutral)).round(2).tolist()
    told = [(index, missing, value) for index, value in zip(neutral, strengths, strict=True)]
    rest = choose(corpus, another, args.lacking[1], start=0)
    write_corpus([*told, *labelled(corpus, rest)], args.out / "corpus-lacking")
    there = choose(corpus, lambda emotion: emotion == missing, args.teaching[0], start=FIRST)
    rest = choose(corpus, another, args.teaching[1], start=FIRST)
    write_corpus(labelled(corpus, [*there, *rest]), args.out / "corpus-teaching")


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)

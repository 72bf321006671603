"""The corpus of the embedded model: an index in, a rig or Noto example out.

Of a hundred clips about 88 show a drawn rig character and 12 a clean animated Noto emoji, all
staged by the same rules. Every example follows from its index and split alone.
"""

from typing import Literal

import numpy as np

from emogen.data.attributes import colour_attributes
from emogen.data.captions import caption, describe_emotion
from emogen.data.example import Example
from emogen.data.noto import NotoCorpus, NotoItem, captions
from emogen.data.noto import split as noto_split
from emogen.data.scenes import Scene
from emogen.data.staging import stage_pictures
from emogen.data.synthetic import held_out, render_example, sample_emotion
from emogen.data.synthetic import split as rig_split
from emogen.errors import CorpusError

Split = Literal["train", "val", "test"]

NOTO_SHARE = 0.12
"""Part of the examples that show a Noto animation."""

NOTO_SUBJECTS = frozenset(
    {
        "balloon",
        "butterfly",
        "diamond",
        "dinosaur",
        "fire",
        "gift",
        "octopus",
        "rocket",
        "rose",
        "sailboat",
        "smiley",
        "snail",
        "soccer ball",
        "tree",
        "turtle",
        "umbrella",
        "whale",
    }
)
"""Bold Noto subjects that the rig does not draw."""

_SPLIT_OFFSET = {"train": 0, "val": 1 << 40, "test": 1 << 41}
_TRIES = 1000
_PICTURE_SHARE = 0.7


class EmbeddedCorpus:
    """Rig characters and Noto animations as one corpus.

    Args:
        noto: The animations, or None for rig characters only.
        split: Which identities and base animations are drawn.
    """

    def __init__(self, noto: NotoCorpus | None, *, split: Split = "train") -> None:
        self.split = split
        self.noto = noto
        self.items = [i for i in noto if _wanted(i, split)] if noto else []

    def example(self, index: int, *, num_frames: int = 33, size: int = 128) -> Example:
        """Render example ``index``; the same index gives the same bytes."""
        seed = index + _SPLIT_OFFSET[self.split]
        rng = np.random.default_rng([seed, 7])
        if self.items and rng.random() < NOTO_SHARE:
            item = self.items[rng.integers(len(self.items))]
            return noto_example(self.noto, item, seed=seed, num_frames=num_frames, size=size)
        return self._rig(rng, num_frames=num_frames, size=size)

    def _rig(self, rng: np.random.Generator, **shape: int) -> Example:
        for _ in range(_TRIES):
            seed = int(rng.integers(2**62))
            still = render_example(seed, num_frames=1, size=16)
            if rig_split(still.identity) == self.split:
                return render_example(seed, **shape)
        raise CorpusError(f"no rig identity of split {self.split!r} in {_TRIES} tries")


def _wanted(item: NotoItem, split: Split) -> bool:
    return item.clean and item.subject in NOTO_SUBJECTS and noto_split(item) == split


def noto_example(  # noqa: PLR0913 - one argument a choice, each with a default
    noto: NotoCorpus,
    item: NotoItem,
    *,
    seed: int,
    scene: Scene | None = None,
    course: int | None = None,
    num_frames: int = 33,
    size: int = 128,
    fps: float = 16.0,
) -> Example:
    """Stage one Noto animation: its own emotion if it expresses one, else a drawn one.

    Scene and course are drawn if None; see `emogen.data.synthetic.render_example`.
    """
    setting, feeling, moving, wording = np.random.default_rng(seed).spawn(4)
    scene = scene or Scene.sample(setting)
    if course is not None:
        moving = np.random.default_rng(course)
    if item.emotion:
        vectors = np.tile(item.vector().astype(np.float32), (num_frames, 1))
        phase = item.label.apex
    else:
        vectors = sample_emotion(feeling, num_frames, exclude=held_out(item.subject))
        phase = float(feeling.random())
    pictures = noto.render(
        item,
        num_frames=num_frames,
        fps=fps,
        size=round(size * _PICTURE_SHARE),
        phase=phase,
        tempo=noto.loop_tempo(item, num_frames=num_frames, fps=fps) if num_frames > 1 else 1.0,
    )
    frames = stage_pictures(pictures, vectors, scene, rng=moving, fps=fps, size=size)
    phrases = captions(item, expression=False)
    return Example(
        frames=frames,
        fps=fps,
        caption=caption(phrases[wording.integers(len(phrases))], scene, wording),
        emotion_phrase=describe_emotion(vectors, wording),
        subject=item.subject,
        vectors=vectors,
        attributes=colour_attributes(frames) | scene.attributes,
        identity=item.family,
        seed=seed,
        source="noto",
    )

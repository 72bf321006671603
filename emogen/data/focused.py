"""The focused corpus: few subjects that always move alike, an index in, an example out.

How a character sways, where its confetti flies and what its forest looks like is chance in
`emogen.data.corpus`, and a small model spends most of what it can learn on that chance. Here an
emotion has one course of motion and particles, a place three layouts and a kind one build. Words,
colours, accessories, emotions and curves vary as they do there, so that all that is asked for is
still learned.
"""

from dataclasses import replace

import numpy as np

from emogen.data.corpus import Split, noto_example
from emogen.data.example import Example
from emogen.data.noto import NotoCorpus
from emogen.data.noto import split as noto_split
from emogen.data.rig.characters import Character
from emogen.data.scenes import Scene
from emogen.data.synthetic import render_example
from emogen.data.synthetic import split as rig_split
from emogen.errors import CorpusError

KINDS = (
    "woman", "man", "cat", "dog", "bear", "rabbit", "fox", "panda", "penguin", "robot", "ghost",
    "star", "heart", "pumpkin",
)  # fmt: skip
"""What the rig draws."""
SMILEY = "smiley"
"""What comes from Noto."""
COURSE = 1
_SMILEY_SHARE, _BARE_SHARE, _PLAIN_SHARE = 0.06, 0.5, 0.3
_LAYOUTS = 3
_OFFSET = {"train": 1 << 42, "val": 1 << 43, "test": 1 << 44}
_TRIES = 1000


class FocusedCorpus:
    """Fourteen kinds of the rig and Noto's smileys, each emotion with one course of motion.

    Args:
        noto: The animations, or None for rig characters only.
        split: Which identities and base animations are drawn.
    """

    def __init__(self, noto: NotoCorpus | None, *, split: Split = "train") -> None:
        self.split = split
        self.noto = noto
        self.items = [
            item
            for item in noto or ()
            if item.clean and item.subject == SMILEY and noto_split(item) == split
        ]

    def example(self, index: int, *, num_frames: int = 33, size: int = 128) -> Example:
        """Render example ``index``; the same index gives the same bytes."""
        seed = index + _OFFSET[self.split]
        rng = np.random.default_rng([seed, 11])
        shape = {"num_frames": num_frames, "size": size, "course": COURSE}
        if self.items and rng.random() < _SMILEY_SHARE:
            item = self.items[rng.integers(len(self.items))]
            return noto_example(self.noto, item, seed=seed, scene=_scene(rng), **shape)
        character = self._character(rng)
        return render_example(seed, kind=character, scene=_scene(rng), **shape)

    def _character(self, rng: np.random.Generator) -> Character:
        for _ in range(_TRIES):
            drawn = Character.sample(rng, kind=str(rng.choice(KINDS)))
            worn = None if rng.random() < _BARE_SHARE else drawn.accessory
            character = replace(drawn, accessory=worn, variant=0, eye_scale=1.0, head_width=1.0)
            if rig_split(f"rig {character.phrase}") == self.split:
                return character
        raise CorpusError(f"no rig identity of split {self.split!r} in {_TRIES} tries")


def _scene(rng: np.random.Generator) -> Scene:
    """Draw a place and one of its layouts, in still air with a camera at rest."""
    plain = Scene(place="plain", seed=int(rng.integers(_LAYOUTS)))
    scene = Scene.sample(rng)
    if rng.random() < _PLAIN_SHARE:
        return plain
    return replace(scene, weather="none", camera="static", seed=int(rng.integers(_LAYOUTS)))

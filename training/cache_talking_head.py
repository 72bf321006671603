"""Draw speaking faces and cache them as latents.

``python training/cache_talking_head.py --out cache/talking_head --workers 2``

Each session is two and a half seconds of one portrait: a character of the rig or a stranger, near
enough to fill the frame, that says something from ``cache/speech`` in some emotion. Shards that
exist are kept, so the command can be stopped, repeated and extended. ``--split test`` shows other
characters with other voices. Of the first ``--frames-kept`` sessions pixels are kept as well, for
``train_vae.py``.
"""

import argparse
import sys
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKLWan

from emogen.assets import model_dir
from emogen.data.talking_head.sessions import SHARD, STRIDE, write_sessions
from emogen.diffusion.linear_init import LinearCode
from emogen.errors import EmogenError
from emogen.motion import features, schema
from emogen.motion.close_up import CloseUp, close_up
from emogen.motion.heard_features import ear_margin
from emogen.motion.lessons import random_emotion
from emogen.motion.rig import CHARACTERS, PALETTES, VectorPortrait
from emogen.motion.rig.colour import Colour
from emogen.motion.shelf import SpeechShelf
from emogen.motion.sketch import sketcher
from emogen.motion.strangers import Stranger
from emogen.motion.talking import Speech, normalised, performed, random_speech
from emogen.motion.track import MotionTrack
from emogen.motion.weights import Speaker, load_speaker

HELD_OUT_VOICES = ("ravdess-21", "ravdess-22", "ravdess-23", "ravdess-24", "nemo-KS0")
HELD_OUT_CHARACTERS, HELD_OUT_PALETTE = ("student", "robot"), "dusk"
SHARES = {"synthetic": 0.45, "ravdess": 0.25, "nemo": 0.3}
TEST_SHARES = {"ravdess": 0.5, "nemo": 0.5}
STRANGERS = 0.65
SIZE, FRAMES, STARTS, REFERENCES, AROUND = 128, 65, 9, 3, 2
SUBJECTS = {
    "woman": "a woman with long brown hair", "man": "a man with brown hair",
    "grandmother": "a grandmother with glasses and grey hair", "grandfather": "a bald grandfather",
    "student": "a woman with curly black hair", "child": "a boy with orange hair",
    "fox": "a fox", "robot": "a robot",
}  # fmt: skip
HAIR_WORDS = {"waves": "long", "quiff": "swept", "bob": "bobbed", "coils": "curly",
              "fringe": "short", "wreath": "short"}  # fmt: skip
COLOURS = {
    "black": (30, 26, 26), "brown": (96, 60, 40), "blond": (210, 170, 105), "red": (200, 60, 50),
    "orange": (205, 115, 50), "grey": (150, 150, 155), "white": (236, 234, 230),
    "blue": (80, 110, 200), "green": (90, 170, 90), "purple": (130, 80, 180),
    "pink": (226, 160, 180), "teal": (80, 170, 170), "yellow": (225, 210, 90),
}  # fmt: skip


class Studio:
    """What a worker needs to draw and encode sessions."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.training = args.split == "train"
        shares = SHARES if self.training else TEST_SHARES
        self.shelves = [
            SpeechShelf(args.speech / f"{name}.npz", held_out=HELD_OUT_VOICES) for name in shares
        ]
        self.shares = np.array(list(shares.values()))
        self.speaker = load_speaker(args.speaker)
        folder = args.vae or model_dir("nano") / "vae"
        self.encode = LinearCode(AutoencoderKLWan.from_pretrained(folder))
        self.margin = ear_margin(self.speaker.ear)

    def session(self, index: int) -> tuple[dict[str, torch.Tensor], dict[str, str], np.ndarray]:
        """Return one session's tensors, its words and its frames."""
        rng = np.random.default_rng([index, int(not self.training), 11])
        speech, track, vectors = self._performance(rng)
        edge = AROUND + self.margin // 4 + 1
        first = int(rng.integers(edge, len(track) - FRAMES - edge))
        face, words = self._portrait(rng)
        frames, sketches = self._draw(face, track[first : first + FRAMES])
        moments = self._moments(face, speech, len(track), rng)
        begin = 4 * (first - AROUND) - self.margin
        end = 4 * (first + FRAMES + AROUND) + self.margin
        tensors = {
            "references": self._alone(moments),
            "motion": torch.from_numpy(normalised(track.values[first : first + FRAMES])),
            "emotion": torch.from_numpy(vectors[first : first + FRAMES]),
            "sound": torch.from_numpy(speech.packed()[begin:end]).half(),
            "boxes": torch.from_numpy(boxes(sketches)),
        }
        for prefix, pictures in (("", frames), ("sketch_", sketches)):
            tensors[f"{prefix}groups"] = self.encode(video(pictures))[0, :, 1:].bfloat16()
            tensors[f"{prefix}singles"] = self._alone(pictures[: STRIDE * STARTS : STRIDE])
        return tensors, words, frames

    def _performance(self, rng: np.random.Generator) -> tuple[Speech, MotionTrack, np.ndarray]:
        shelf = self.shelves[int(rng.choice(len(self.shelves), p=self.shares))]
        chosen = rng.choice(shelf.training if self.training else shelf.testing, 6)
        for utterance in chosen.tolist():
            if not shelf.spans[utterance]:
                shelf.align(utterance, posteriors(self.speaker, shelf, utterance), worst=-2.5)
        if not any(shelf.spans[utterance] for utterance in chosen.tolist()):
            return self._performance(rng)
        count = 2 * (FRAMES + 2 * AROUND + self.margin) + 60
        speech = random_speech(shelf, chosen, count=count, rng=rng)
        vectors = random_emotion(speech.count // 2, rng)
        return speech, performed(speech, vectors, rng), vectors

    def _portrait(self, rng: np.random.Generator) -> tuple[CloseUp, dict[str, str]]:
        seed = int(rng.integers(2**31))
        if self.training and rng.random() < STRANGERS:
            whole = Stranger(seed=seed)
            person, caption = f"stranger {seed}", stranger_words(whole)
        else:
            character, palette = self._role(rng)
            whole = VectorPortrait(character=character, palette=palette, seed=seed)
            person, caption = f"{character}:{palette}", SUBJECTS[character]
        shift = rng.uniform(-0.05, 0.05, 2)
        face = close_up(whole, size=(SIZE, SIZE), zoom=rng.uniform(1.25, 1.55),
                        shift=(float(shift[0]), float(shift[1])))  # fmt: skip
        return face, {"person": person, "caption": caption}

    def _role(self, rng: np.random.Generator) -> tuple[str, str]:
        seen = [name for name in CHARACTERS if name not in HELD_OUT_CHARACTERS]
        usual = [name for name in PALETTES if name != HELD_OUT_PALETTE]
        if self.training:
            return str(rng.choice(seen)), str(rng.choice(usual))
        if rng.random() < 0.5:
            return str(rng.choice(HELD_OUT_CHARACTERS)), str(rng.choice(usual))
        return str(rng.choice(seen)), HELD_OUT_PALETTE

    def _draw(self, face: CloseUp, track: MotionTrack) -> tuple[np.ndarray, np.ndarray]:
        lines = sketcher(face)
        rows = list(zip(track.values, track.emotion, strict=True))
        frames = [face.frame(row, shares) for row, shares in rows]
        return np.stack(frames), np.stack([lines.frame(row) for row, _ in rows])

    def _moments(
        self, face: CloseUp, speech: Speech, count: int, rng: np.random.Generator
    ) -> np.ndarray:
        """Return portraits of other moments: at rest, and twice in some other emotion."""
        other = performed(speech, random_emotion(count, rng), rng)
        at = rng.integers(0, count, REFERENCES - 1)
        rest = face.frame(schema.rest(1)[0])
        return np.stack([rest, *(face.frame(other.values[i], other.emotion[i]) for i in at)])

    def _alone(self, frames: np.ndarray) -> torch.Tensor:
        """Return the latents of frames coded one by one, bf16 [C, R, h, w]."""
        singles = self.encode(video(frames).transpose(0, 2))  # (R, C, 1, h, w)
        return singles[:, :, 0].transpose(0, 1).bfloat16()


def video(frames: np.ndarray) -> torch.Tensor:
    """Turn uint8 frames [T, H, W, 3] into [-1, 1] video [1, 3, T, H, W]."""
    return torch.from_numpy(frames).permute(3, 0, 1, 2)[None].float() / 127.5 - 1


def posteriors(speaker: Speaker, shelf: SpeechShelf, utterance: int) -> np.ndarray:
    """Return how likely each phone is, [J, P], of an utterance."""
    where = shelf.frames(utterance)
    mel, level = (part[where].astype(np.float32) for part in (shelf.mel, shelf.level))
    heard = torch.from_numpy(features.scaled(mel, level)).float()[None]
    with torch.inference_mode():
        return speaker.ear(heard)[0].softmax(-1).numpy()


def boxes(sketches: np.ndarray) -> np.ndarray:
    """Return left, top, right, bottom of lips and face in sketches, int16 [T, 2, 4]."""
    red, green = sketches[..., 0], sketches[..., 1]
    lips, face = (red > 120) & (red > 2.5 * green), sketches.max(axis=-1) > 40
    return np.stack([[box(mask) for mask in pair] for pair in zip(lips, face, strict=True)])


def box(mask: np.ndarray) -> np.ndarray:
    """Return left, top, right, bottom of what is True, int16 [4]; all of it if nothing is."""
    if not mask.any():
        return np.array([0, 0, *mask.shape[::-1]], np.int16)
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], np.int16)


def stranger_words(stranger: Stranger) -> str:
    """Say what a stranger looks like in words that the embedded model knows."""
    style = stranger.style
    who = "a man" if style.beard else "a woman" if style.eyes.wing else "a face"
    glasses = "glasses and " if style.glasses else ""
    hair = f"{HAIR_WORDS[style.hair]} {colour_word(style.hair_colour)} hair"
    return f"{who} with {glasses}{hair}, {colour_word(style.wall)} background"


def colour_word(colour: Colour) -> str:
    """Return the name of the nearest colour.

    >>> colour_word((200, 60, 60))
    'red'
    """
    return min(COLOURS, key=lambda name: np.abs(np.subtract(COLOURS[name], colour)).sum())


def cache_shard(task: tuple[int, argparse.Namespace]) -> int:
    """Draw and encode one shard."""
    shard, args = task
    torch.set_num_threads(1)
    folder = args.out / args.split
    if (folder / f"{shard:05d}.safetensors").is_file():
        return shard
    if not hasattr(cache_shard, "studio"):
        cache_shard.studio = Studio(args)
    with torch.inference_mode():
        made = [cache_shard.studio.session(shard * SHARD + i) for i in range(SHARD)]
    if shard * SHARD < args.frames_kept:
        pixels = np.stack([frames[: STRIDE * 8 + 1] for _, _, frames in made])
        np.save(args.out / f"{args.split}-frames-{shard:05d}.npy", pixels)
    tensors = {name: torch.stack([row[name] for row, _, _ in made]) for name in made[0][0]}
    write_sessions(folder, shard, tensors, [words for _, words, _ in made])
    return shard


def main() -> None:
    """Parse the command line and write the missing shards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--split", choices=("train", "test"), default="train")
    parser.add_argument("--sessions", type=int, default=1600)
    parser.add_argument("--speech", type=Path, default=Path("cache/speech"))
    parser.add_argument("--speaker", type=Path, help="ear that aligns speech; default: shipped")
    parser.add_argument("--vae", type=Path, help="autoencoder; default: that of nano")
    parser.add_argument("--frames-kept", type=int, default=320)
    parser.add_argument("--workers", type=int, default=1)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    tasks = [(shard, args) for shard in range(-(-args.sessions // SHARD))]
    with get_context("spawn").Pool(args.workers) as pool:
        for shard in pool.imap(cache_shard, tasks):
            print(f"shard {shard + 1} of {len(tasks)}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)

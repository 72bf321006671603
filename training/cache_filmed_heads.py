"""Cache filmed faces as sessions for ``train_talking_head.py``.

``python training/cache_filmed_heads.py --corpus mead --folder MEAD --base wan2.1-1.3b --out OUT
--wav2vec facebook/wav2vec2-base``

Each session is one clip of 4k + 1 frames at 25 a second, coded by the base model's autoencoder,
with the hidden states of a wav2vec2 for its sound, and two portraits of the same person, of another
emotion where there is one. ``--landmarker face_landmarker.task`` (MediaPipe's model; the package is
the extra ``landmarks``) cuts the face out and sketches it; without it the middle of the picture is
taken, nothing is sketched and the whole picture weighs the same: train with ``drop_sketch=1.0``.
A film carries no motion track, so ``drop_motion=1.0`` in any case. Shards that exist are kept;
films that cannot be read are named and left out.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from emogen.data.talking_head.films import FILMED, Film, read_films
from emogen.data.talking_head.sessions import STRIDE, write_sessions
from emogen.errors import EmogenError, MediaError
from emogen.media.stream import iterate_samples
from emogen.media.video import iterate_frames
from emogen.motion import schema
from emogen.motion.rig import Landmarks, detect_landmarks
from emogen.motion.sketch_marked import sketch_landmarks
from emogen.pipelines.loading import Components, load_components
from emogen.pipelines.sampling import encode_first_frame, encode_frames
from emogen.pipelines.talking.wav2vec import Wav2Vec, load_wav2vec

FPS, AROUND, REFERENCES = 25, 2, 2
FACE_SHARE = 0.55
"""Part of the cut that the face fills, from hairline to chin."""


class FilmStudio:
    """Turns films into sessions.

    Args:
        films: all films of the corpus.
        args: the command line.
    """

    def __init__(self, films: list[Film], args: argparse.Namespace) -> None:
        self.films, self.args = films, args
        self.parts: Components = load_components(args.base)
        self.ears: Wav2Vec = load_wav2vec(args.wav2vec, device=str(self.parts.device))
        self.count = args.frames

    def sessions(self, index: int) -> list[tuple[dict[str, torch.Tensor], dict[str, str]]]:
        """Return the sessions of one film, at most ``--clips`` of them."""
        film = self.films[index]
        end = (self.args.clips * self.count + 1) / FPS
        frames = list(iterate_frames(film.video, fps=FPS, end=end))
        heard = np.concatenate(list(self.ears.features(iterate_samples(film.audio))))
        cut = self._cut(frames[0])
        frames = [self._resized(frame, cut) for frame in frames]
        made = []
        for first in range(0, min(len(frames), len(heard)) - self.count + 1, self.count):
            clip = np.stack(frames[first : first + self.count])
            around = np.arange(first - AROUND, first + self.count + AROUND)
            tensors = self._tensors(clip, heard[around.clip(0, len(heard) - 1)], film)
            tensors["references"] = self._references(index, first, frames)
            made.append((tensors, {"caption": "a person talking", "person": film.person}))
        return made

    def _tensors(self, clip: np.ndarray, heard: np.ndarray, film: Film) -> dict[str, torch.Tensor]:
        marked = self._marked(clip)
        latents = self._coded(clip)
        sketch = torch.zeros_like(latents)
        if marked:
            size = (clip.shape[2], clip.shape[1])
            sketch = self._coded(np.stack([sketch_landmarks(face, size) for face in marked]))
        return {
            "singles": latents[:, :1], "groups": latents[:, 1:],
            "sketch_singles": sketch[:, :1], "sketch_groups": sketch[:, 1:],
            "motion": torch.zeros(self.count, schema.WIDTH),
            "emotion": torch.from_numpy(film.vectors(self.count)),
            "sound": torch.from_numpy(heard).bfloat16(),
            "boxes": torch.from_numpy(marked_boxes(marked, clip.shape)),
        }  # fmt: skip

    def _coded(self, frames: np.ndarray) -> torch.Tensor:
        return encode_frames(self.parts, frames)[0].bfloat16().cpu()

    def _references(self, index: int, first: int, frames: list[np.ndarray]) -> torch.Tensor:
        """Return latents of two portraits: of another film of the person, or another moment."""
        film, rng = self.films[index], np.random.default_rng([index, first])
        others = [
            other for other in self.films
            if other.person == film.person and other.emotion != film.emotion
        ]  # fmt: skip
        chosen = [frames[i] for i in rng.integers(0, len(frames), REFERENCES)]
        for place in rng.permutation(len(others)):
            try:
                portrait = next(iter(iterate_frames(others[place].video, fps=FPS)))
            except MediaError:  # it is named when its own turn comes
                continue
            chosen[0] = self._resized(portrait, self._cut(portrait))
            break
        coded = [encode_first_frame(self.parts, picture)[0, :, 0] for picture in chosen]
        return torch.stack(coded, dim=1).bfloat16().cpu()  # (C, R, h, w)

    def _marked(self, clip: np.ndarray) -> list[Landmarks]:
        if self.args.landmarker is None:
            return []
        return [detect_landmarks(frame, model=self.args.landmarker) for frame in clip]

    def _cut(self, frame: np.ndarray) -> tuple[float, float, float]:
        """Return left, top and side of the square that is taken of a film's pictures."""
        height, width = frame.shape[:2]
        side, centre = float(min(height, width)), np.array([width / 2, height / 2])
        if self.args.landmarker is not None:
            face = detect_landmarks(frame, model=self.args.landmarker)
            side = min(side, face.face_height / FACE_SHARE)
            centre = (face.at("forehead") + face.at("chin")) / 2
        left = float(np.clip(centre[0] - side / 2, 0, width - side))
        return left, float(np.clip(centre[1] - side / 2, 0, height - side)), side

    def _resized(self, frame: np.ndarray, cut: tuple[float, float, float]) -> np.ndarray:
        left, top, side = cut
        box = (left, top, left + side, top + side)
        size = (self.args.size, self.args.size)
        picture = Image.fromarray(frame).resize(size, Image.Resampling.LANCZOS, box=box)
        return np.array(picture)


def marked_boxes(marked: list[Landmarks], shape: tuple[int, ...]) -> np.ndarray:
    """Return left, top, right, bottom of lips and face, int16 [T, 2, 4]; all of it unmarked."""
    if not marked:
        return np.tile(np.array([0, 0, shape[2], shape[1]], np.int16), (shape[0], 2, 1))
    rows = []
    for face in marked:
        points = {name: np.array(at) for name, at in face.points.items()}
        lips = [at for name, at in points.items() if name.startswith(("mouth", "lip"))]
        rows.append([_around(np.stack(lips)), _around(np.stack(list(points.values())))])
    return np.array(rows, np.int16)


def _around(points: np.ndarray) -> list[int]:
    return [*np.floor(points.min(axis=0)).astype(int), *np.ceil(points.max(axis=0)).astype(int)]


def cache_film(studio: FilmStudio, index: int, folder: Path) -> str:
    """Write one film's sessions as a shard; returns what is to be said of it."""
    if (folder / f"{index:05d}.safetensors").is_file():
        return "kept"
    try:
        made = studio.sessions(index)
    except MediaError as error:
        return f"left out: {error}"
    if not made:
        return f"left out: shorter than {studio.count} frames"
    tensors = {name: torch.stack([row[name] for row, _ in made]) for name in made[0][0]}
    write_sessions(folder, index, tensors, [words for _, words in made])
    return f"{len(made)} sessions"


def main() -> None:
    """Parse the command line and write the missing shards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", choices=tuple(FILMED), required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--base", required=True, help="model name or folder")
    parser.add_argument("--wav2vec", required=True, help="folder or hub name of a wav2vec2")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--landmarker", type=Path, help="MediaPipe's face_landmarker.task")
    parser.add_argument("--size", type=int, default=512, help="pixels a side")
    parser.add_argument("--frames", type=int, default=33, help="of a session, 4k + 1")
    parser.add_argument("--clips", type=int, default=4, help="sessions of a film at most")
    args = parser.parse_args()
    if args.frames % STRIDE != 1:
        parser.error(f"expected 4k + 1 frames, got {args.frames}")
    films = read_films(args.corpus, args.folder)
    with torch.inference_mode():
        studio = FilmStudio(films, args)
        for index, film in enumerate(films):
            said = cache_film(studio, index, args.out)
            print(f"{film.video.name} ({index + 1} of {len(films)}): {said}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)

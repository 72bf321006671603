"""Where clips come from: a folder of files with sidecars, or the renderer that draws them.

A sidecar is the JSON file beside a clip, ``cat.json`` beside ``cat.mp4``: either what emogen wrote
or a plain object with ``prompt``, ``emotion`` (the notation) and, if there was one, ``seed``.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from emogen.data.synthetic import render_example, split
from emogen.emotion import Trajectory, parse
from emogen.errors import EmogenError, InputError, MediaError
from emogen.evaluation.campaign.plan import ClipRequest
from emogen.evaluation.campaign.run import Source
from emogen.media import Clip, probe, read_parameters, read_sidecar, sidecar_path

SUFFIXES = (".gif", ".mkv", ".mov", ".mp4", ".webm", ".webp")
MAX_SIDECAR = 1 << 20
_SAME = 1e-3
_TRIES = 10_000


@dataclass(frozen=True, kw_only=True)
class FoundClip:
    """A file and what it was asked to show.

    Attributes:
        path: the clip.
        prompt: what is seen.
        notation: what is felt.
        seed: of the noise, None where none is known.
        type: group, None where none is known.
        seconds: from the first frame to the last.
    """

    path: Path
    prompt: str
    notation: str
    seed: int | None
    type: str | None
    seconds: float

    @property
    def trajectory(self) -> Trajectory:
        """The emotion over this clip."""
        return parse(self.notation, seconds=self.seconds)


def find_clips(folder: str | Path, *, labelled: bool = True) -> list[FoundClip]:
    """Return the clips below a folder with what their sidecars say, sorted by path.

    Args:
        folder: searched with all its folders.
        labelled: whether each must say its prompt and emotion; else they count as neutral.

    Raises:
        InputError: no folder, no clips, or a sidecar that says too little; all told at once.
    """
    root = Path(folder)
    if not root.is_dir():
        raise InputError(f"no folder {str(folder)!r}; name one that holds clips")
    paths = sorted(path for path in root.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise InputError(f"expected clips ({', '.join(SUFFIXES)}) in {str(folder)!r}, got none")
    found, problems = [], []
    for path in paths:
        try:
            found.append(_found(path, labelled=labelled))
        except EmogenError as error:
            problems.append(f"{path.name}: {error}")
    if problems:
        more = f"; and {len(problems) - 5} more" if len(problems) > 5 else ""
        raise InputError(f"{len(problems)} of {len(paths)} clips: {'; '.join(problems[:5])}{more}")
    return found


def _found(path: Path, *, labelled: bool) -> FoundClip:
    video = probe(path).video
    if video is None:
        raise MediaError("expected a video, got sound only")
    said = _said(path)
    if said is None and labelled:
        raise InputError(f"no {sidecar_path(path).name} beside it says prompt and emotion")
    said = said or {"prompt": path.stem, "emotion": "neutral"}
    emotion, seed = said.get("emotion"), said.get("seed")
    if isinstance(emotion, dict):
        emotion = emotion.get("notation")
    emotion = "neutral" if emotion is None else emotion
    if not isinstance(said.get("prompt"), str) or not isinstance(emotion, str):
        raise InputError("expected prompt and emotion as texts in its sidecar")
    if not (seed is None or (isinstance(seed, int) and not isinstance(seed, bool))):
        raise InputError(f"expected a whole number as seed in its sidecar, got {seed!r}")
    kind = said.get("type")
    seconds = max(video.seconds - 1 / video.fps, 1 / video.fps)
    parse(emotion, seconds=seconds)
    return FoundClip(
        path=path, prompt=said["prompt"].strip(), notation=emotion.strip(), seed=seed,
        type=kind if isinstance(kind, str) else None, seconds=seconds,
    )


def _said(path: Path) -> dict[str, Any] | None:
    """Return what a clip says of itself: beside it, else inside it, else None."""
    sidecar = sidecar_path(path)
    if not sidecar.is_file():
        return read_parameters(path)
    if sidecar.stat().st_size <= MAX_SIDECAR:
        try:
            plain = json.loads(sidecar.read_bytes())
        except (ValueError, RecursionError):
            plain = None
        if isinstance(plain, dict) and "prompt" in plain:
            return plain
    return read_sidecar(path)


def requests_of(clips: Sequence[FoundClip]) -> list[tuple[ClipRequest, Path]]:
    """Return clips as requests, where no protocol says what was asked.

    A constant emotion whose strongest category is one of Mikels' eight measures that category; of a
    prompt, category and seed in several strengths, all measure intensity.
    """
    pairs = [(_request(clip), clip.path) for clip in clips]
    series = Counter(_series(request) for request, _ in pairs)
    found = [
        (replace(request, measures="intensity", part="strengths"), path)
        if request.asked and series[_series(request)] > 1 else (request, path)
        for request, path in pairs
    ]
    counts = Counter(request.key for request, _ in found)
    twice = [key for key, count in counts.items() if count > 1]
    if twice:
        raise InputError(
            f"expected clips that differ in prompt, emotion or seed, got {twice[0]} twice; give"
            " each a seed in its sidecar"
        )
    return found


def _series(request: ClipRequest) -> tuple[str, str | None, int | None]:
    return request.prompt, request.asked, request.seed


def _request(clip: FoundClip) -> ClipRequest:
    trajectory = clip.trajectory
    shared = {"prompt": clip.prompt, "seed": clip.seed, "type": clip.type}
    if trajectory.is_neutral:
        return ClipRequest(part="neutral", measures="neutral", emotion="neutral", **shared)
    if len(trajectory.keyframes) > 1:
        return ClipRequest(part="curves", measures="curve", emotion=clip.notation, **shared)
    point = trajectory.keyframes[0].point
    name = next(iter(point.mixture()))  # the largest comes first
    return ClipRequest(
        part="grid", measures="category", emotion=f"{name}:{point.intensity:g}",
        intensity=round(point.intensity, 6), **shared,
    )


def folder_source(clips: Sequence[FoundClip], *, folder: str | Path) -> Source:
    """Return a source that finds the clip of a request by its prompt, emotion and seed."""
    def find(request: ClipRequest) -> Path:
        for clip in clips:
            same = clip.prompt == request.prompt and clip.seed == request.seed
            if same and _alike(clip, request):
                return clip.path
        raise InputError(
            f"no clip of {request.prompt!r}, {request.emotion}, seed {request.seed} in"
            f" {str(folder)!r}"
        )

    return find


def _alike(clip: FoundClip, request: ClipRequest) -> bool:
    if request.emotion == clip.notation:
        return True
    asked = request.trajectory(clip.seconds).sample(9, 8 / clip.seconds)
    said = clip.trajectory.sample(9, 8 / clip.seconds)
    return bool(abs(asked - said).max() < _SAME)


def path_source(pairs: Sequence[tuple[ClipRequest, Path]]) -> Source:
    """Return a source that knows the file of each request."""
    places = {request.key: path for request, path in pairs}
    return lambda request: places[request.key]


def drawn_source(*, num_frames: int, fps: float, size: int) -> Source:
    """Return a source that draws requests: the ceiling that a perfect generator would reach.

    Characters are of identities that no training split holds. Only prompts that name a kind to
    ``draw`` can be drawn.
    """
    def draw(request: ClipRequest) -> Clip:
        if request.draw is None:
            raise InputError(f"nothing to draw for {request.prompt!r}: its prompt has no 'draw'")
        vectors = request.trajectory((num_frames - 1) / fps).sample(num_frames, fps)
        example = render_example(
            _unseen(request.draw, request.seed or 0), kind=request.draw, emotion_vectors=vectors,
            num_frames=num_frames, fps=fps, size=size,
        )
        return Clip(frames=example.frames, fps=fps)

    return draw


@lru_cache(maxsize=1024)
def _unseen(kind: str, seed: int) -> int:
    """Return the first seed from a place of its own whose identity is of the test split."""
    first = 1_000_000 * (seed + 1)
    for candidate in range(first, first + _TRIES):
        still = render_example(candidate, kind=kind, num_frames=1, size=16)
        if split(still.identity) == "test":
            return candidate
    raise InputError(f"no identity of {kind!r} in the test split; draw another kind")


def drawable(requests: Sequence[ClipRequest]) -> list[ClipRequest]:
    """Return the requests whose prompt names a kind to draw."""
    return [request for request in requests if request.draw is not None]

"""The pixels of an example: its line of the manifest in, frames at its rate and size out."""

import itertools

import numpy as np

from emogen.data.corpora.place import Place
from emogen.data.prepare.buckets import fitted
from emogen.data.prepare.choose import Planned
from emogen.data.prepare.examine import named, read_picture
from emogen.errors import MediaError
from emogen.media import iterate_frames


def read_frames(source: Place, clip: Planned) -> np.ndarray:
    """Return the frames of an example, uint8 [T, H, W, 3].

    Args:
        source: the corpus.
        clip: a line of its manifest.

    Raises:
        MediaError: the file has changed and is too short now, or cannot be read.
    """
    last = clip.first_frame + clip.bucket.frames
    with source.local(clip.path) as path, named(path, clip.path):
        if clip.picture:
            return fitted(read_picture(path), clip.bucket)[None]
        frames = iterate_frames(path, fps=clip.fps, start=clip.start, end=clip.end)
        taken = [fitted(frame, clip.bucket)
                 for frame in itertools.islice(frames, clip.first_frame, last)]
    if len(taken) != clip.bucket.frames:
        raise MediaError(f"expected {last} frames in {clip.path}, got "
                         f"{clip.first_frame + len(taken)}; it has changed, prepare again")
    return np.stack(taken)

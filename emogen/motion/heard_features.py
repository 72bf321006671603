"""Speech as the diffusion head hears it: sound in, two layers of features a video frame out.

Layer 0 is the ear's last hidden state, the mean of the frame's two phone frames; layer 1 holds what
the flow is told (`conditions`): how likely each phone is, loudness, tone and voicing of both, and
zeros after it.

Shapes: T frames (25 a second), J = 2 T phone frames, F = 2 J mel frames, V = 128.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812

from emogen.errors import InputError
from emogen.motion.conditions import WIDTH as ROW
from emogen.motion.conditions import conditions
from emogen.motion.ear import Ear
from emogen.motion.hearing import Around, Hearing

LAYERS = 2
WIDTH = 128
"""The numbers of a layer, V."""
CHUNK = 50
"""Frames that are heard at a time."""


def ear_margin(ear: Ear) -> int:
    """Return how many mel frames the ear wants to either side, a multiple of four."""
    return -(-2 * (ear.shape.reach + 1) // 4) * 4


@torch.inference_mode()
def heard_layers(ear: Ear, around: Around, *, margin: int) -> np.ndarray:
    """Return features of a stretch, float32 [T, 2, V].

    Args:
        ear: reads phones.
        around: what lies around the stretch, its mel frames with a margin.
        margin: mel frames of that margin.

    Raises:
        InputError: the ear is wider than a layer.
    """
    if ear.shape.width > WIDTH:
        raise InputError(f"expected an ear of at most {WIDTH} channels, got {ear.shape.width}")
    mel = torch.from_numpy(around.mel)[None]
    state = ear.norm(ear.blocks(F.gelu(ear.enter(mel.transpose(1, 2)))))  # (1, D, J)
    state = state[..., margin // 2 : state.shape[-1] - margin // 2]
    phones = ear.leave(state)[0].T.softmax(-1).numpy()  # (J, P)
    told = conditions(phones, around.loudness - around.level, around.pitch, around.habit)
    hidden = state[0].T.reshape(len(told), 2, -1).mean(1).numpy()
    features = np.zeros((len(told), LAYERS, WIDTH), np.float32)
    features[:, 0, : hidden.shape[1]], features[:, 1, :ROW] = hidden, told
    return features


def heard_features(ear: Ear, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Yield the features of a sound while it arrives, float32 [T, 2, V], two seconds at a time.

    The stretches cover as many frames as `AudioToMotion.stream` makes of the same sound.

    Args:
        ear: reads phones.
        blocks: float32 [S], mono, 16 kHz, of any lengths.

    Raises:
        InputError: there is no sound at all.
    """
    margin = ear_margin(ear)
    hearing = Hearing(margin)
    first = 0

    def stretch(count: int) -> np.ndarray:
        around = hearing.around(first, first + count, margin=margin)
        return heard_layers(ear, around, margin=margin)

    for block in blocks:
        hearing.push(block)
        while hearing.reaches(first + CHUNK):
            yield stretch(CHUNK)
            first += CHUNK
    if not hearing.num_samples:
        raise InputError("expected sound to listen to, got no samples; the file may be empty")
    hearing.finish()
    while first < hearing.num_frames:
        count = min(CHUNK, hearing.num_frames - first)
        yield stretch(count)
        first += count

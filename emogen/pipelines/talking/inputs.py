"""What a talking head feels: emotion vectors of frames in, those of latent frames out.

Shapes: T frames (25 a second), L latent frames.
"""

import numpy as np


def latent_emotion(vectors: np.ndarray) -> np.ndarray:
    """Return the emotion of each latent frame [L, 12] of frames [T, 12], T = 4 (L - 1) + 1.

    The first latent frame is the first frame's, each later one the mean of its four.

    >>> latent_emotion(np.arange(5.0)[:, None]).tolist()
    [[0.0], [2.5]]
    """
    vectors = np.asarray(vectors, np.float32)
    later = vectors[1:].reshape(-1, 4, vectors.shape[1]).mean(axis=1)
    return np.concatenate([vectors[:1], later])

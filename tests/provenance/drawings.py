"""A clip that looks like a cartoon, and the parameters it pretends to be made from."""

import numpy as np

from emogen.media import Clip

RECORD = {
    "prompt": "a red robot", "seed": 7, "image": None, "model": {"name": "nano", "sha256": "0"},
}


def drawn(height=240, width=320, *, num_frames=9, fps=16, seed=0):
    """Flat shapes on a gradient, one of them moving: hard for a mark and like a cartoon."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    blue = np.full_like(rows, 120)
    ground = np.stack([80 + 60 * rows / height, 150 - 40 * columns / width, blue], axis=-1)
    frames = []
    for index in range(num_frames):
        picture = ground.copy()
        picture[height // 2 :, : width // 3] = (230, 190, 60)
        near = (rows - height * 0.4) ** 2 + (columns - width * (0.3 + 0.02 * index)) ** 2
        picture[near < (height * 0.2) ** 2] = (200, 40, 50)
        picture[near < (height * 0.05) ** 2] = (255, 255, 255)
        frames.append(picture + rng.normal(0, 1.0, picture.shape[:2])[..., None])
    return Clip(frames=np.rint(np.stack(frames)).clip(0, 255).astype(np.uint8), fps=fps)

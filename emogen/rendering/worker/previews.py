"""Pictures of clips that are not finished: the latents a step expects in, a small JPEG out.

The middle latent frame is decoded on its own, now and then, for a small share of the time.
"""

import time
from collections.abc import Callable

from torch import Tensor

from emogen.media.image import small_jpeg
from emogen.pipelines import EmotionalVideoPipeline

SIDE = 160
"""Pixels of the longer side at most."""
REST_S = 1.0
SHARE = 0.04
"""Of the time, at most, goes into pictures; the first one may take more."""


class Previews:
    """Shows the first of the clips being sampled, not oftener than it can be afforded.

    Args:
        pipeline: which decodes.
        show: is called with a JPEG.
        rest_s: seconds from one picture to the next, at least.
        clock: tells seconds, steadily.
    """

    def __init__(
        self, pipeline: EmotionalVideoPipeline, show: Callable[[bytes], None], *,
        rest_s: float = REST_S, clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._pipeline, self._show, self._clock = pipeline, show, clock
        self._rest_s, self._due = rest_s, clock() + rest_s

    def __call__(self, latents: Tensor) -> None:
        """Take the latents [N, C, L, h, w] that are expected at the end."""
        began = self._clock()
        if began < self._due:
            return
        self._show(small_jpeg(self._pipeline.picture(latents[0]), SIDE))
        now = self._clock()
        self._due = now + max(self._rest_s, (now - began) / SHARE)

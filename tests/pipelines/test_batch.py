"""Several requests in one pass: each gives the same clip as alone."""

import numpy as np
import pytest
import torch

from emogen.emotion import parse
from emogen.errors import InputError
from emogen.pipelines import load_pipeline
from emogen.pipelines.sampling import Request

LONG = "a blue cat on the snow , looking sad " * 3


def request(prompt="a red robot in a forest", *, seed=0, emotion=None, **settings):
    asked = {
        "negative_prompt": "", "first_frame": None, "width": 32, "height": 32, "num_frames": 5,
        "fps": 8.0, "steps": 3, "guidance_scale": 3.0, "emotion_guidance_scale": 3.0,
        "flow_shift": 3.0,
    } | settings  # fmt: skip
    feeling = None if emotion is None else parse(emotion)
    return Request(prompt=prompt, emotion=feeling, seed=seed, **asked)


def frames(pipeline, requests):
    latents = pipeline.sample([pipeline.encode(one) for one in requests])
    return [pipeline.decode(row, fps=8.0).frames for row in latents]


def test_a_batch_in_float32_differs_by_rounding_only(pipeline):
    requests = [
        request(seed=1, emotion="fear:0.8"), request("a blue cat", seed=2, emotion="awe:0.3"),
        request(LONG, seed=3, emotion="sadness@0s -> amusement@0.5s"),
    ]  # fmt: skip
    alone = [frames(pipeline, [one])[0] for one in requests]
    for one, other in zip(frames(pipeline, requests), alone, strict=True):
        assert np.abs(one.astype(int) - other).max() <= 1
    assert np.abs(alone[0].astype(int) - alone[1]).mean() > 1


def test_first_frames_stay_with_their_own(pipeline):
    pictures = [np.full((32, 32, 3), value, np.uint8) for value in (30, 220)]
    requests = [request(seed=5, first_frame=picture) for picture in pictures]
    alone = [frames(pipeline, [one])[0] for one in requests]
    for one, other in zip(frames(pipeline, requests), alone, strict=True):
        assert np.abs(one.astype(int) - other).max() <= 1


@pytest.mark.parametrize(
    "other",
    [
        {"width": 48}, {"steps": 2}, {"guidance_scale": 2.0}, {"emotion": "fear"},
        {"first_frame": np.zeros((32, 32, 3), np.uint8)},
    ],
    ids=lambda other: next(iter(other)),
)  # fmt: skip
def test_what_cannot_share_is_refused(pipeline, other):
    with pytest.raises(InputError, match="expected requests of one size"):
        pipeline.sample([pipeline.encode(request()), pipeline.encode(request(**other))])


def test_tiled_decoding_is_close(pipeline):
    latents = pipeline.sample([pipeline.encode(request())])[0]
    whole, tiled = (pipeline.decode(latents, fps=8.0, tiled=tiled).frames for tiled in (0, 1))
    assert whole.shape == tiled.shape
    assert np.abs(whole.astype(int) - tiled).max() <= 2


@pytest.mark.model
@pytest.mark.parametrize(("threads", "bound"), [(1, 0.0), (2, 1.0)])
def test_nano_in_company_and_alone(threads, bound):
    """The same bits with one thread; with two, sums of small layers are split by shape."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        nano = load_pipeline("nano", device="cpu")
        size = {"width": 64, "height": 64, "num_frames": 9, "steps": 2, "guidance_scale": 2.0,
                "emotion_guidance_scale": 2.0}  # fmt: skip
        requests = [
            request("a red robot in a forest", seed=1, emotion="fear:0.8", **size),
            request("a cat", seed=2, emotion="awe:0.6+fear:0.4", **size),
            request("a blue fox in the snow at night under many bright stars and a full moon",
                    seed=3, emotion="sadness@0s -> amusement@0.5s", **size),
        ]  # fmt: skip
        together = frames(nano, requests)
        turned = frames(nano, requests[::-1])[::-1]
        for index, one in enumerate(requests):
            (alone,) = frames(nano, [one])
            for other in (together[index], turned[index]):
                assert np.abs(alone.astype(int) - other).mean() <= bound
    finally:
        torch.set_num_threads(before)

"""The probe with gradients: the same reading as without, a slope that is true, honest verdicts."""

import numpy as np
import pytest
import torch

from emogen.data.synthetic import emotion_vector, render_example
from emogen.errors import InputError
from emogen.evaluation.probe import Probe, pictures_of
from emogen.evaluation.reward import ProbeReward, seen, spoiled, verdict
from emogen.evaluation.selection import overlap
from emogen.evaluation.statistics import Estimate

FEAR = 6


@pytest.fixture(scope="module")
def probe():
    return Probe.load()


@pytest.fixture(scope="module")
def frames():
    vectors = np.tile(emotion_vector({"fear": 0.9}), (5, 1))
    return render_example(3, kind="robot", emotion_vectors=vectors, num_frames=5).frames


def video_of(frames):
    return torch.from_numpy(frames).permute(3, 0, 1, 2)[None].float() / 127.5 - 1


def asking(name, frames=5, share=0.9):
    asked = torch.zeros(1, frames, 9)
    asked[..., name], asked[..., 8] = share, 1 - share
    return asked


@pytest.mark.parametrize("shape", [(64, 64), (128, 128), (128, 160), (80, 96)])
def test_it_sees_what_the_probe_sees(shape):
    pixels = np.random.default_rng(0).integers(0, 256, (2, *shape, 3), dtype=np.uint8)
    ours = seen(torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 127.5 - 1)
    torch.testing.assert_close(ours, pictures_of(pixels))


def test_the_overlap_is_that_of_best_of_n(probe, frames):
    asked = asking(FEAR)
    found = ProbeReward(probe)(video_of(frames), asked)
    expected = overlap(asked[0].numpy(), probe(frames).emotion)
    assert float(found.overlap) == pytest.approx(expected, abs=1e-5)
    assert float(found.overlap) > 0.8
    other = ProbeReward(probe)(video_of(frames), asking(0))
    assert float(other.overlap) < 0.3
    assert float(other.divergence) > float(found.divergence)


def test_the_divergence_is_zero_where_all_is_shown_and_bounds_the_overlap(probe, frames):
    reward, video = ProbeReward(probe), video_of(frames)
    read = torch.from_numpy(probe(frames).emotion)[None]
    exact = reward(video, read)
    assert float(exact.divergence) == pytest.approx(0, abs=1e-3)
    assert float(exact.overlap) == pytest.approx(1, abs=1e-5)
    for name in range(8):
        found = reward(video[:, :, :1], asking(name, 1))
        bound = 1 - float(found.divergence / 2) ** 0.5
        assert float(found.overlap) >= bound - 1e-4


def test_the_slope_is_that_of_small_steps(probe, frames):
    reward, asked, video = ProbeReward(probe), asking(2), video_of(frames)
    point = video.clone().requires_grad_()
    (slope,) = torch.autograd.grad(reward(point, asked).divergence.sum(), point)
    way = 1e-3 * slope.sign()
    ahead, behind = (float(reward(video + sign * way, asked).divergence) for sign in (1, -1))
    assert float((slope * way).sum()) == pytest.approx((ahead - behind) / 2, rel=0.03)


def test_climbing_raises_the_reward_and_leaves_the_probe_alone(probe, frames):
    reward, asked = ProbeReward(probe), asking(0)
    before = {name: value.clone() for name, value in probe.network.state_dict().items()}
    video = video_of(frames).requires_grad_()
    first = reward(video, asked)
    for _ in range(5):
        (slope,) = torch.autograd.grad(reward(video, asked).divergence.sum(), video)
        video = (video - 0.05 * slope.sign()).detach().clamp(-1, 1).requires_grad_()
    assert float(reward(video, asked).overlap) > float(first.overlap) + 0.3
    assert all(torch.equal(before[name], v) for name, v in probe.network.state_dict().items())
    assert not any(p.requires_grad or p.grad is not None for p in probe.network.parameters())


def test_spoiling_follows_its_source_and_keeps_what_is_shown(probe, frames):
    pictures = pictures_of(frames)
    one, same, other = (spoiled(pictures, torch.Generator().manual_seed(s)) for s in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert one.shape == pictures.shape
    assert float((one - pictures).abs().mean()) > 0.02
    reward, asked = ProbeReward(probe), asking(FEAR)
    plain = float(reward(video_of(frames), asked).overlap)
    worn = reward(video_of(frames), asked, spoil=torch.Generator().manual_seed(4)).overlap
    assert float(worn) == pytest.approx(plain, abs=0.15)


@pytest.mark.parametrize("asked", [torch.zeros(1, 4, 9), torch.zeros(1, 5, 8), torch.zeros(5, 9)])
def test_shapes_that_do_not_belong_together(probe, asked):
    with pytest.raises(InputError, match="ask for every frame"):
        ProbeReward(probe)(torch.zeros(1, 3, 5, 64, 64), asked)


def change(low, high):
    return Estimate(value=(low + high) / 2, low=low, high=high, count=9)


@pytest.mark.parametrize(
    ("reward", "judge", "said"),
    [
        ((0.1, 0.2), (0.05, 0.1), "reward up and judge up"),
        ((0.1, 0.2), (-0.02, 0.1), "failure: reward up and judge flat"),
        ((0.1, 0.2), (-0.2, -0.1), "failure: reward up and judge down"),
        ((-0.1, 0.2), (-0.02, 0.1), "reward flat and judge flat"),
        ((-0.2, -0.1), (0.02, 0.1), "reward down and judge up"),
    ],
)
def test_verdicts(reward, judge, said):
    assert verdict(change(*reward), change(*judge)) == said

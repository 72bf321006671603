"""The flow: it learns a distribution, keeps what it is handed, and guidance does what it says."""

import numpy as np
import pytest
import torch

from emogen.motion import conditions
from emogen.motion.flow import (
    CHANNELS,
    EMOTION,
    KNOWN,
    REACH,
    WINDOW,
    Flow,
    FlowShape,
    Guidance,
    matching_loss,
    sample,
)

N = len(CHANNELS)


def inputs(seed=0):
    rng = torch.Generator().manual_seed(seed)
    sound = torch.randn(WINDOW + 2 * REACH, conditions.WIDTH, generator=rng)
    return sound, torch.randn(WINDOW, EMOTION, generator=rng), torch.randn(WINDOW, N, generator=rng)


@pytest.fixture(scope="module")
def random_flow():
    torch.manual_seed(0)
    flow = Flow(FlowShape(width=32, layers=2, heads=2))
    torch.nn.init.normal_(flow.leave.weight, std=0.2)
    torch.nn.init.normal_(flow.deaf)
    torch.nn.init.normal_(flow.numb)
    return flow.eval()


def test_known_frames_come_back_as_they_were(random_flow):
    sound, emotion, noise = inputs()
    known = torch.randn(KNOWN, N)
    out = sample(random_flow, sound, emotion, known, noise, Guidance(steps=3))
    assert torch.equal(out[:KNOWN], known)
    free = sample(random_flow, sound, emotion, None, noise, Guidance(steps=3))
    assert not torch.allclose(out[KNOWN:], free[KNOWN:])


def test_guidance_of_one_is_no_guidance_and_of_zero_hears_nothing(random_flow):
    sound, emotion, noise = inputs()
    plain = sample(random_flow, sound, emotion, None, noise, Guidance(steps=3))
    almost = sample(random_flow, sound, emotion, None, noise, Guidance(steps=3, emotion=1 + 1e-6))
    assert torch.allclose(plain, almost, atol=1e-4)
    unmoved = Guidance(steps=3, sound=0, emotion=0)
    other = inputs(1)
    assert torch.allclose(
        sample(random_flow, sound, emotion, None, noise, unmoved),
        sample(random_flow, other[0], other[1], None, noise, unmoved),
        atol=1e-5,
    )


def test_sound_reaches_two_frames_to_either_side_of_its_token(random_flow):
    sound, emotion, _ = inputs()
    changed = sound.clone()
    changed[REACH + 30] += 1
    with torch.no_grad():
        before, after = (random_flow.told(s[None], emotion[None])[0] for s in (sound, changed))
    moved = (before - after).abs().amax(1) > 1e-6
    assert moved.nonzero()[:, 0].tolist() == list(range(28, 33))


@pytest.mark.slow  # it trains a small flow, about fifteen seconds
def test_it_learns_what_the_sound_says_and_how_much_is_left_to_chance():
    torch.manual_seed(0)
    flow, rng = Flow(FlowShape(width=32, layers=2, heads=2)), torch.Generator().manual_seed(0)
    optimiser = torch.optim.AdamW(flow.parameters(), lr=3e-3)
    weights, mask = torch.ones(N), torch.zeros(32, WINDOW, 1)

    def batch():
        sound = torch.randn(32, WINDOW + 4, conditions.WIDTH, generator=rng)
        chance = torch.randn(32, 1, 1, generator=rng)
        motion = (sound[:, 2:-2, :1] * 0.9 + 0.4 * chance).expand(-1, -1, N).contiguous()
        return sound, motion

    for _ in range(400):
        sound, motion = batch()
        told = flow.told(sound, torch.zeros(32, WINDOW, EMOTION))
        loss = matching_loss(flow, motion, told, mask, weights, rng)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    sound, _ = batch()
    outs = []
    for seed in range(24):
        noise = inputs(seed)[2]
        outs.append(sample(flow, sound[0], torch.zeros(WINDOW, EMOTION), None, noise,
                           Guidance(steps=10)).mean(1).numpy())  # fmt: skip
    outs, wanted = np.stack(outs), 0.9 * sound[0, 2:-2, 0].numpy()
    assert np.corrcoef(outs.mean(0), wanted)[0, 1] > 0.9
    assert 0.15 < outs.mean(1).std() < 0.8  # the share of chance, 0.4 as taught

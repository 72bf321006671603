"""One chunk: what is clean stays clean, shared frames carry on, branches read what they may."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from emogen.diffusion.denoiser import text_context
from emogen.diffusion.guidance import head_plan
from emogen.motion import schema
from emogen.pipelines.sampling import encode_first_frame, encode_frames, encode_text
from emogen.pipelines.talking.chunks import Chunk, HeadSampler
from emogen.pipelines.talking.inputs import latent_emotion
from emogen.pipelines.talking_head import load_talking_head
from tests.tiny import save_tiny_model
from tests.tiny_heads import save_tiny_head

RNG = np.random.default_rng(0)
FRAMES = RNG.integers(0, 256, (33, 32, 32, 3), np.uint8)


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    folder = save_tiny_head(save_tiny_model(tmp_path_factory.mktemp("chunks") / "m"))
    return load_talking_head(folder, device="cpu", dtype=torch.float32)


def sampler_of(pipeline, **scales):
    guidance = head_plan(**{"text_scale": 1, "audio_scale": 1, "emotion_scale": 1} | scales,
                         emotional=True)  # fmt: skip
    words = encode_text(pipeline.parts, [""] * len(guidance.branches))
    return HeadSampler(
        parts=pipeline.parts, head=pipeline.head, guidance=guidance, steps=3, flow_shift=3.0,
        text=text_context(pipeline.parts.transformer, *words),
        reference=encode_first_frame(pipeline.parts, FRAMES[0]),
    )  # fmt: skip


def chunk(seed=0):
    values = schema.rest(33)
    values[:, schema.index("AU26")] = RNG.random(33)
    return Chunk(
        values=values, sketch=FRAMES, features=RNG.standard_normal((37, 2, 8)).astype(np.float32),
        emotion=np.full((33, 12), 0.5, np.float32), seed=seed,
    )  # fmt: skip


@torch.inference_mode()
def test_the_shared_frames_encode_as_at_the_beginning_of_a_clip(pipeline):
    """Training takes them from a whole clip, sampling from nine frames: the same, by causality."""
    whole, nine = encode_frames(pipeline.parts, FRAMES), encode_frames(pipeline.parts, FRAMES[:9])
    assert nine.shape[2] == 3
    assert_close(nine, whole[:, :, :3], atol=1e-5, rtol=1e-5)


@torch.inference_mode()
def test_what_is_shared_and_the_reference_are_clean_in_every_pass(pipeline, monkeypatch):
    import emogen.pipelines.talking.chunks as module

    seen, denoise = [], module.denoise

    def watched(model, latents, times, *rest):
        seen.append((latents.clone(), times.clone()))
        return denoise(model, latents, times, *rest)

    monkeypatch.setattr(module, "denoise", watched)
    sampler, before = sampler_of(pipeline), encode_frames(pipeline.parts, FRAMES[:9])
    latents = sampler.sample(chunk(), before, lambda *_: None)
    assert torch.equal(latents[:, :, :3], before)
    assert len(seen) == 3
    for given, times in seen:
        assert torch.equal(given[:, :, :1], sampler.reference)
        assert torch.equal(given[:, :, 1:4], before)
        assert not times[:, :4].any()
        assert (times[:, 4:] > 0).all()


@torch.inference_mode()
def test_what_came_before_changes_what_follows(pipeline):
    sampler, talk = sampler_of(pipeline), chunk()
    pieces = [encode_frames(pipeline.parts, part) for part in (FRAMES[:9], FRAMES[9:18])]
    first, second = (sampler.sample(talk, before, lambda *_: None) for before in pieces)
    assert (first[:, :, 3:] - second[:, :, 3:]).abs().max() > 1e-3


@torch.inference_mode()
def test_each_branch_reads_what_its_name_says(pipeline):
    sampler = sampler_of(pipeline, text_scale=4.0, audio_scale=3.0, emotion_scale=2.0)
    branches = sampler.guidance.branches
    assert branches == ("nothing", "text", "speech", "all")
    condition = sampler.condition(chunk())
    stream, temb = torch.randn(4, 160, 48), torch.randn(4, 10, 48)
    told = condition.hear(0, stream, temb).abs().amax((1, 2)) > 0
    drawn = condition.tokens.abs().amax((1, 2)) > 0
    query = torch.randn(4, 10, 16, 2, 24)
    felt = condition.attend(0, query).abs().amax((1, 2, 3, 4)) > 0
    moved = condition.modulation.abs().amax((1, 2, 3)) > 0
    assert told.tolist() == drawn.tolist() == moved.tolist() == [False, False, True, True]
    assert felt.tolist() == [False, False, False, True]


def test_emotion_by_latent_frame_is_that_of_trajectories():
    from emogen.emotion import parse

    curve = parse("sadness:0.8@0s -> amusement@1s")
    got = latent_emotion(curve.sample(33, 25.0))
    np.testing.assert_allclose(got, curve.latent(33, 25.0), atol=1e-6)

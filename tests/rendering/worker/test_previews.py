"""Pictures of unfinished clips: a real tiny model, and how often it is looked at."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from emogen.pipelines import load_pipeline
from emogen.pipelines.sampling import Request
from emogen.rendering.worker.engine import EngineOptions
from emogen.rendering.worker.previews import SHARE, Previews
from emogen.rendering.worker.sampling import SamplingEngine
from tests.rendering.claims import claim_of
from tests.rendering.jobs import entries_of, job
from tests.tiny import save_tiny_model


def quiet(stage, done, total):
    del stage, done, total


def tiny(model, **asked):
    return job("a red robot", model=str(model), size="32x32", frames=5, steps=2, **asked)


def request_of(pipeline):
    return Request(
        prompt="a red robot", negative_prompt="", emotion=None, first_frame=None, width=32,
        height=32, num_frames=5, fps=8.0, steps=3, guidance_scale=3.0, emotion_guidance_scale=3.0,
        flow_shift=3.0, seed=1,
    )


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return save_tiny_model(tmp_path_factory.mktemp("previews") / "tiny")


@pytest.fixture(scope="module")
def pipeline(model):
    return load_pipeline(str(model), device="cpu")


def test_the_last_expectation_is_the_clip(pipeline) -> None:
    told, shown = [], []
    previews = Previews(pipeline, shown.append, rest_s=0.0)

    def foresee(latents):
        told.append(latents.clone())
        previews(latents)

    request = request_of(pipeline)
    with_looks = pipeline.sample([pipeline.encode(request)], foresee=foresee)
    assert len(told) == request.steps
    torch.testing.assert_close(told[-1], with_looks)
    assert torch.equal(with_looks, pipeline.sample([pipeline.encode(request)])), "a look is free"
    picture = Image.open(io.BytesIO(shown[0]))
    assert (picture.format, picture.size) == ("JPEG", (32, 32))


def test_the_middle_is_decoded(pipeline) -> None:
    latents = torch.zeros(pipeline.parts.vae.config.z_dim, 3, 4, 4)
    latents[:, 1] = 1.5
    picture = pipeline.picture(latents)
    assert (picture.shape, picture.dtype) == ((32, 32, 3), np.uint8)
    latents[:, ::2] = -1.0
    np.testing.assert_array_equal(picture, pipeline.picture(latents))


def test_pictures_take_a_small_share_of_the_time(pipeline) -> None:
    now, shown = [0.0], []

    def clock():
        now[0] += 0.1  # so a picture takes 0.1 s
        return now[0]

    previews = Previews(pipeline, lambda _: shown.append(now[0]), rest_s=0.5, clock=clock)
    latents = torch.zeros(1, pipeline.parts.vae.config.z_dim, 2, 2, 2)
    while now[0] < 6.5:
        previews(latents)
    assert shown == pytest.approx([0.6, 0.7 + 0.1 / SHARE, 0.8 + 0.2 / SHARE], abs=0.25)


def test_an_engine_shows_the_one_job_it_drafts(model, monkeypatch) -> None:
    monkeypatch.setitem(Previews.__init__.__kwdefaults__, "rest_s", 0.0)
    seen = []
    engine = SamplingEngine(EngineOptions(
        device="cpu", batch=2, show=lambda token, picture: seen.append((token, picture[:3]))
    ))

    def draft(*seeds, **measures):
        jobs = [tiny(model, seed=seed) for seed in seeds]
        claims = [claim_of(entry, token=f"{index:016x}", **measures)
                  for index, entry in enumerate(entries_of(jobs))]
        readings = [engine.read(claim, quiet) for claim in claims]
        engine.draft(readings, quiet)
        found, seen[:] = list(seen), []
        return found

    assert draft(1)[0] == (f"{0:016x}", b"\xff\xd8\xff")
    assert draft(1, 2) == [], "which of them it is would be anybody's guess"
    assert draft(1, offload=True) == [], "the autoencoder is not at hand"

"""The diffusion engine on a tiny real model: takes, shots, memory, records."""

import numpy as np
import pytest

from emogen.media import save_image
from emogen.pipelines import EmotionalVideoPipeline
from emogen.rendering.job import Shot
from emogen.rendering.worker.engine import EngineOptions
from emogen.rendering.worker.sampling import SamplingEngine
from tests.rendering.claims import claim_of
from tests.rendering.jobs import entries_of, job
from tests.tiny import save_tiny_model

PROMPT = "a red robot in a forest"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return save_tiny_model(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture(scope="module")
def engine():
    return SamplingEngine(EngineOptions(device="cpu"))


def quiet(stage, done, total):
    del stage, done, total


def make(engine, *jobs, **measures):
    """Return the products of jobs drafted together."""
    readings = [
        engine.read(claim_of(entry, **measures), quiet) for entry in entries_of(jobs)
    ]
    return [engine.develop(draft, quiet) for draft in engine.draft(readings, quiet)]


def tiny(model, prompt=PROMPT, **asked):
    return job(prompt, **{"model": str(model), "size": "32x32", "frames": 5, "steps": 2} | asked)


def test_jobs_of_one_order_equal_those_alone(engine, model):
    jobs = [tiny(model, seed=1, emotion="fear"), tiny(model, "a blue cat", seed=2, emotion="awe")]
    together = make(engine, *jobs)
    for one, product in zip(jobs, together, strict=True):
        (alone,) = make(engine, one)
        difference = np.abs(alone.clip.frames.astype(int) - product.clip.frames)
        assert difference.max() <= 2  # bfloat16 or float32, by the machine
        assert alone.parameters == product.parameters
    assert together[0].parameters["prompt"] == PROMPT
    assert together[1].parameters["seed"] == 2


def test_the_record_is_that_of_generate(engine, model):
    (product,) = make(engine, tiny(model, emotion="fear:0.8", negative_prompt="a cat"))
    record = product.parameters
    assert (record["kind"], record["emotion"]["asked"]) == ("generate", "fear:0.8")
    assert (record["negative_prompt"], record["width"], record["frames"]) == ("a cat", 32, 5)


def test_unknown_words_are_told(engine, model):
    (product,) = make(engine, tiny(model, "a red zebra"))
    assert product.warnings == (
        "the model has never seen 'zebra'; it cannot draw that, use other words",
    )


def test_the_best_of_several_takes(engine, model):
    (product,) = make(engine, tiny(model, best_of=3, seed=4, emotion="sadness"))
    choice = product.parameters["choice"]
    assert choice["seeds"] == [4, 5, 6]
    assert product.parameters["seed"] == 4 + int(np.argmax(choice["scores"]))
    (alone,) = make(engine, tiny(model, seed=product.parameters["seed"], emotion="sadness"))
    assert np.abs(alone.clip.frames.astype(int) - product.clip.frames).max() <= 2


def test_shots(engine, model):
    shots = (
        Shot(prompt=PROMPT), Shot(prompt="a blue cat", frames=9, crossfade_s=0.25, seed=9),
        Shot(prompt=PROMPT, seconds=1.0, emotion="fear"),
    )  # fmt: skip
    (product,) = make(engine, tiny(model, None, shots=shots, seed=3, emotion="awe"))
    assert product.clip.num_frames == 5 + 9 - 2 + 9
    rows = product.parameters["shots"]
    assert [row["seed"] for row in rows] == [3, 9, 5]
    assert [row["start_s"] for row in rows] == [0.0, 0.375, 1.5]
    assert [row["emotion"]["asked"] for row in rows] == ["awe", "awe", "fear"]


def test_a_smaller_clip_where_memory_was_short(engine, model):
    (product,) = make(engine, tiny(model, size="64x64", allow_smaller=True), smaller=1)
    assert (product.clip.width, product.clip.height) == (48, 48)
    assert product.warnings == ("made at 48x48 instead of 64x64: memory was short",)


def test_tiles_and_offloading_change_little(engine, model):
    (plain,) = make(engine, tiny(model))
    (frugal,) = make(engine, tiny(model), alone=True, tiling=True, offload=True)
    assert np.abs(plain.clip.frames.astype(int) - frugal.clip.frames).mean() < 2


def test_a_first_frame_of_another_shape(engine, model, tmp_path):
    save_image(np.full((40, 80, 3), 200, np.uint8), tmp_path / "wide.png")
    (product,) = make(engine, tiny(model, image=str(tmp_path / "wide.png")))
    assert product.warnings == ("the picture of 80x40 was cropped to the shape of 32x32",)
    assert product.parameters["image"]["name"] == "wide.png"


def test_too_little_memory_for_a_batch_is_halved(model, monkeypatch):
    engine, sizes = SamplingEngine(EngineOptions(device="cpu", batch=4)), []
    sample = EmotionalVideoPipeline.sample

    def short(pipeline, encoded, **told):
        sizes.append(len(encoded))
        if len(encoded) > 1:
            raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB")
        return sample(pipeline, encoded, **told)

    monkeypatch.setattr(EmotionalVideoPipeline, "sample", short)
    products = make(engine, *(tiny(model, seed=seed) for seed in range(4)))
    assert sizes == [4, 2, 1, 1, 2, 1, 1]
    assert len({product.clip.frames.tobytes() for product in products}) == 4


def test_one_model_at_a_time_is_kept(engine, model, tmp_path):
    make(engine, tiny(model))
    first = engine._loaded[1]
    make(engine, tiny(model, seed=5))
    assert engine._loaded[1] is first
    make(engine, tiny(save_tiny_model(tmp_path / "other")))
    assert engine._loaded[1] is not first

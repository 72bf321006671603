"""A portrait that talks, in miniature: a frame for each of the motion, chunks that join.

The head's weights are random, so that whatever it is told shows.
"""

import numpy as np
import pytest
import torch

from emogen.emotion import parse
from emogen.errors import InputError, ModelError
from emogen.motion import MotionTrack, schema
from emogen.motion.ear import Ear, EarShape
from emogen.pipelines.talking_head import load_talking_head
from tests.tiny import save_tiny_model, tiny_transformer, tiny_vae
from tests.tiny_heads import save_tiny_head

PORTRAIT = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
EAR = EarShape(width=8, dilations=(1, 2))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_tiny_head(save_tiny_model(tmp_path_factory.mktemp("head") / "model"))


@pytest.fixture(scope="module")
def pipeline(folder):
    return load_talking_head(folder, device="cpu", dtype=torch.float32)


def performance(count, seed=0):
    rng = np.random.default_rng(seed)
    values = schema.rest(count)
    values[:, schema.index("AU26")] = rng.random(count)
    sketches = rng.integers(0, 256, (count, 32, 32, 3), np.uint8)
    features = rng.standard_normal((count, 2, 8)).astype(np.float32)
    return {"track": MotionTrack(values=values), "sketch": list(sketches), "features": features}


def frames_of(pipeline, count=33, *, changes=None, **kinds):
    streams = performance(count) | (changes or {})
    return np.stack(list(pipeline.stream(PORTRAIT, **streams, **kinds)))


@pytest.mark.parametrize("count", [1, 5, 32, 33, 34, 57, 58, 60])
def test_there_is_a_frame_for_each_of_the_motion(pipeline, count):
    frames = frames_of(pipeline, count, steps=1)
    assert frames.shape == (count, 32, 32, 3)
    assert frames.dtype == np.uint8
    assert frames.std() > 3


def test_the_seed_decides(pipeline):
    first = frames_of(pipeline, seed=3)
    assert np.array_equal(first, frames_of(pipeline, seed=3))
    assert not np.array_equal(first, frames_of(pipeline, seed=4))


def test_pieces_of_any_length_make_the_same_frames(pipeline):
    whole = performance(60)
    pieces = {
        "track": (whole["track"][a:b] for a, b in ((0, 7), (7, 50), (50, 60))),
        "sketch": iter(whole["sketch"]),
        "features": np.split(whole["features"], [3, 40, 41]),
    }
    cut = np.stack(list(pipeline.stream(PORTRAIT, **pieces)))
    assert np.array_equal(cut, frames_of(pipeline, 60))


def test_frames_come_before_the_sound_has_ended(pipeline):
    taken = []
    whole = performance(200)

    def sketches():
        for frame in whole["sketch"]:
            taken.append(1)
            yield frame

    stream = pipeline.stream(PORTRAIT, **whole | {"sketch": sketches()}, steps=1)
    next(stream)
    assert len(taken) == 33
    for _ in range(40):
        next(stream)
    assert len(taken) <= 33 + 24 + 24


def test_a_chunk_remembers_the_frames_before_it(pipeline):
    """Two performances that differ in the first second differ afterwards, by what is carried on."""
    base, other = performance(57), performance(57)
    values = other["track"].values.copy()
    values[:12, schema.index("AU26")] = 0
    changed = frames_of(pipeline, 57, changes={"track": MotionTrack(values=values)})
    first = frames_of(pipeline, 57, changes=base)
    assert np.abs(changed[40:].astype(int) - first[40:].astype(int)).max() > 0


@pytest.mark.parametrize("name", ["track", "sketch", "features"])
def test_every_source_counts(pipeline, name):
    other = performance(33, seed=1)
    assert not np.array_equal(frames_of(pipeline, changes={name: other[name]}), frames_of(pipeline))


def test_emotion_and_scene_count(pipeline):
    plain = frames_of(pipeline)
    assert not np.array_equal(frames_of(pipeline, emotion=parse("anger:1")), plain)
    assert np.array_equal(frames_of(pipeline, emotion=parse("neutral")), plain)
    assert not np.array_equal(frames_of(pipeline, scene="a blue cat on the snow"), plain)


def test_the_emotion_of_a_later_second_does_not_reach_back(pipeline):
    late = np.zeros((80, 12), np.float32)
    late[50:, [4, 8, 9, 11]] = 1
    first, second = (frames_of(pipeline, 80, emotion=e, steps=1) for e in (late * 1e-6, late))
    assert np.array_equal(first[:33], second[:33])
    assert not np.array_equal(first[60:], second[60:])


def count_rows(pipeline, **scales):
    rows = []
    forward = pipeline.parts.transformer.condition_embedder.time_embedder.register_forward_pre_hook(
        lambda _, args: rows.append(len(args[0]) // 10)
    )
    frames_of(pipeline, emotion=parse("anger:1"), steps=1, **scales)
    forward.remove()
    return rows


@pytest.mark.parametrize(
    ("scales", "passes"),
    [
        ({}, 1),
        ({"emotion_scale": 2.0}, 2),
        ({"audio_scale": 2.0, "emotion_scale": 2.0}, 2),
        ({"audio_scale": 2.0, "emotion_scale": 3.0}, 3),
        ({"text_scale": 4.0, "audio_scale": 2.0, "emotion_scale": 3.0}, 4),
    ],
)
def test_a_scale_of_one_costs_no_pass(pipeline, scales, passes):
    assert count_rows(pipeline, **scales) == [passes]


def test_scales_count(pipeline):
    felt = {"emotion": parse("anger:1")}
    plain = frames_of(pipeline, **felt)
    for name in ("text_scale", "audio_scale", "emotion_scale"):
        assert not np.array_equal(frames_of(pipeline, **felt, **{name: 2.0}), plain), name


def test_a_scale_of_zero_leaves_the_emotion_out(pipeline):
    without = frames_of(pipeline, emotion=parse("anger:1"), emotion_scale=0.0)
    assert np.abs(without.astype(int) - frames_of(pipeline).astype(int)).max() <= 1


def test_a_new_head_is_the_base_model_continuing_a_picture(tmp_path):
    """With zero weights neither motion, speech nor sketch changes a bit."""
    folder = save_tiny_head(save_tiny_model(tmp_path / "m"), random=False, own_emotion=False)
    pipeline = load_talking_head(folder, device="cpu", dtype=torch.float32)
    assert np.array_equal(frames_of(pipeline), frames_of(pipeline, changes=performance(33, seed=5)))


def test_chunks_may_be_little_longer_than_what_they_share(tmp_path):
    folder = save_tiny_head(save_tiny_model(tmp_path / "m"), num_frames=13, steps=1)
    pipeline = load_talking_head(folder, device="cpu", dtype=torch.float32)
    assert len(frames_of(pipeline, 24)) == 24


def test_the_base_models_emotion_adapter_is_taken(tmp_path):
    folder = save_tiny_head(save_tiny_model(tmp_path / "m"), own_emotion=False)
    pipeline = load_talking_head(folder, device="cpu", dtype=torch.float32)
    mine = pipeline.head.emotion.state_dict()
    theirs = pipeline.parts.adapter.state_dict()
    assert all(torch.equal(value, theirs[name]) for name, value in mine.items())


def test_a_model_without_the_emotion_adapter_is_refused(tmp_path):
    folder = save_tiny_head(save_tiny_model(tmp_path / "m", adapter=False), own_emotion=False)
    with pytest.raises(ModelError, match="to have the emotion adapter that this talking head"):
        load_talking_head(folder, device="cpu")


def test_a_decoder_and_an_ear_come_with_the_head(tmp_path):
    vae = tiny_vae(seed=7)
    decoder = {name: v for name, v in vae.state_dict().items() if name.startswith("decoder.")}
    shape = {"width": EAR.width, "dilations": list(EAR.dilations)}
    folder = save_tiny_head(
        save_tiny_model(tmp_path / "m"), ear=shape,
        parts={"decoder": decoder, "ear": Ear(EAR).state_dict()},
    )  # fmt: skip
    pipeline = load_talking_head(folder, device="cpu", dtype=torch.float32)
    assert pipeline.ear.shape == EAR
    got = pipeline.parts.vae.state_dict()["decoder.conv_in.weight"]
    assert torch.allclose(got, decoder["decoder.conv_in.weight"], atol=0.01)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"decoder": {"decoder.nothing": torch.zeros(3)}}, "has no decoder.nothing"),
        ({"decoder": {"decoder.conv_in.bias": torch.zeros(3)}}, "decoder does not fit"),
        ({"ear": {"leave.bias": torch.zeros(3)}}, "cannot read the talking head's ear"),
    ],
)
def test_parts_that_do_not_fit_are_refused(tmp_path, parts, message):
    folder = save_tiny_head(save_tiny_model(tmp_path / "m"), parts=parts)
    with pytest.raises(ModelError, match=message):
        load_talking_head(folder, device="cpu")


def test_a_folder_without_a_head_and_a_model_it_does_not_fit_are_refused(tmp_path, folder):
    with pytest.raises(ModelError, match="no talking head in"):
        load_talking_head(tmp_path)
    other = save_tiny_model(tmp_path / "other", transformer=tiny_transformer(layers=1))
    with pytest.raises(ModelError, match="num_layers 2, this one has 1"):
        load_talking_head(folder, base=other, device="cpu")


@pytest.mark.parametrize(
    "portrait",
    [PORTRAIT[:30], PORTRAIT[..., :1], PORTRAIT.astype(float), PORTRAIT[0], PORTRAIT[:0]],
)
def test_what_is_no_portrait_is_refused(pipeline, portrait):
    with pytest.raises(InputError, match="expected a portrait uint8"):
        pipeline.stream(portrait, **performance(5))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"track": MotionTrack(values=schema.rest(33), fps=30)}, "expected motion at 25"),
        ({"track": []}, "expected motion to draw from, got none"),
        ({"sketch": []}, "expected sketch frames to draw from, got none"),
        ({"sketch": [PORTRAIT[:16]]}, "expected sketch frames like the portrait"),
        ({"sketch": [PORTRAIT] * 20}, "expected the sketch of 33 frames of motion, got 20"),
        ({"sketch": [PORTRAIT] * 50}, "expected the sketch of 33 .* got at least 34"),
        ({"features": np.zeros((20, 2, 8), np.float32)}, "expected the features of 33 .* got 20"),
        ({"features": np.zeros((33, 2, 7), np.float32)}, r"expected audio features \[frames, 2, 8"),
        ({"emotion": np.zeros((3, 9), np.float32)}, "expected emotion vectors"),
    ],
)
def test_streams_that_do_not_fit_are_refused(pipeline, changes, message):
    with pytest.raises(InputError, match=message):
        frames_of(pipeline, changes=changes, steps=1)


@pytest.mark.parametrize(
    ("kinds", "message"),
    [
        ({"steps": 0}, "expected at least 1 step"),
        ({"audio_scale": float("nan")}, "expected a finite audio_scale"),
    ],
)
def test_numbers_that_do_not_work_are_refused(pipeline, kinds, message):
    with pytest.raises(InputError, match=message):
        pipeline.stream(PORTRAIT, **performance(5), **kinds)

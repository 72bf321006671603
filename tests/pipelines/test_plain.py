"""Diffusers' own passes: the same bits as diffusers' pipelines, and what options change."""

import numpy as np
import pytest
import torch
from diffusers import WanImageToVideoPipeline, WanPipeline
from PIL import Image

from emogen.assets import model_dir
from emogen.emotion import EmotionPoint, Trajectory
from emogen.errors import InputError, ResourceError
from emogen.pipelines import LoadOptions, load_pipeline
from emogen.pipelines.plain_sampling import guided
from tests.tiny import save_tiny_model
from tests.wan_folders import BOUNDARY, KINDS, save_wan

PROMPT = "a red robot in a forest"
NEGATIVE = "a blue cat"
FEAR = Trajectory.constant(EmotionPoint.from_category("fear", 0.9))
NEUTRAL = Trajectory.constant(EmotionPoint.neutral())
SIZE = {"width": 32, "height": 32, "num_frames": 5}


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    home = tmp_path_factory.mktemp("wan")
    return {kind: save_wan(home / kind, kind) for kind in KINDS}


@pytest.fixture(scope="session")
def loaded(folders):
    """Each kind once, in float32 on the CPU."""
    plain = LoadOptions(engine="plain")
    return {
        kind: load_pipeline(str(folder), device="cpu", dtype=torch.float32, options=plain)
        for kind, folder in folders.items()
    }


def picture(width=32, height=32):
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows * 6, columns * 6, 120 + 0 * rows], axis=-1).astype(np.uint8)


def reference(folder, kind, image=None, *, dtype=torch.float32, **settings):
    """Return the frames of diffusers' own pipeline."""
    build = WanImageToVideoPipeline if image is not None else WanPipeline
    types = {"default": dtype, "vae": torch.float32, "image_encoder": torch.float32}
    if image is not None and kind == "2.2-ti2v":
        parts = WanPipeline.from_pretrained(folder, dtype=types).components
        pipe = build(**{k: v for k, v in parts.items() if v is not None}, expand_timesteps=True)
    else:
        pipe = build.from_pretrained(folder, dtype=types)
    pipe.scheduler = pipe.scheduler.__class__.from_config(pipe.scheduler.config, flow_shift=5.0)
    pipe.set_progress_bar_config(disable=True)
    first = {} if image is None else {"image": Image.fromarray(image)}
    frames = pipe(
        **first, prompt=PROMPT, negative_prompt=NEGATIVE, **SIZE, num_inference_steps=4,
        guidance_scale=3.0, generator=torch.Generator().manual_seed(11), output_type="np",
        **settings,
    ).frames[0]  # fmt: skip
    return (frames * 255).round().astype(np.uint8)


def ours(pipeline, image=None, **asked):
    return pipeline(
        PROMPT, negative_prompt=NEGATIVE, image=image, steps=4, guidance_scale=3.0, seed=11,
        **SIZE, **asked,
    ).frames  # fmt: skip


def kinds(*, pictured):
    names = [kind for kind in KINDS if ("i2v" in kind if pictured else "t2v" in kind)]
    return [*names, *(["2.2-ti2v"] if not pictured else [])]


# --- the same bits


@pytest.mark.parametrize("kind", kinds(pictured=False))
def test_from_words_it_is_diffusers_bit_for_bit(loaded, folders, kind):
    expected = reference(folders[kind], kind)
    assert expected.std() > 5
    assert np.array_equal(ours(loaded[kind]), expected)


@pytest.mark.parametrize("kind", kinds(pictured=True))
def test_from_a_picture_it_is_diffusers_bit_for_bit(loaded, folders, kind):
    expected = reference(folders[kind], kind, picture())
    assert expected.std() > 5
    assert np.array_equal(ours(loaded[kind], picture()), expected)
    assert not np.array_equal(ours(loaded[kind], picture() | 128), expected)


@pytest.mark.parametrize("kind", ["2.1-t2v", "2.1-i2v"])
def test_so_it_is_in_half_precision(folders, kind):
    image = picture() if kind == "2.1-i2v" else None
    options = LoadOptions(engine="plain")
    half = load_pipeline(str(folders[kind]), device="cpu", dtype=torch.bfloat16, options=options)
    assert half.parts.vae.dtype == torch.float32
    expected = reference(folders[kind], kind, image, dtype=torch.bfloat16)
    assert np.array_equal(ours(half, image), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_which_passes_are_run_follows_from_the_folder(folders, kind):
    plain = load_pipeline(str(folders[kind]), device="cpu", dtype=torch.float32).parts.plain
    assert (plain is not None) == (kind != "2.1-t2v")


def test_two_experts_have_a_guidance_each(loaded, folders):
    kind = "2.2-t2v-two"
    expected = reference(folders[kind], kind, guidance_scale_2=1.5)
    assert np.array_equal(ours(loaded[kind], guidance_scale_2=1.5), expected)
    assert not np.array_equal(ours(loaded[kind]), expected)


def test_the_boundary_decides_who_works(loaded):
    plain = loaded["2.2-t2v-two"].parts.plain
    assert [plain.index(time) for time in (1000, 1000 * BOUNDARY, 874.9, 0)] == [0, 0, 1, 1]
    assert loaded["2.1-t2v"].parts.plain.index(0) == 0


@pytest.mark.parametrize("engine", ["fast", "plain"])
def test_models_with_a_time_step_a_token(tmp_path, engine):
    """The layout of nano, by either engine: diffusers' bits, or close to them."""
    folder = save_tiny_model(tmp_path / "tiny")
    options = LoadOptions(engine=engine)
    pipeline = load_pipeline(str(folder), device="cpu", dtype=torch.float32, options=options)
    reference = WanPipeline.from_pretrained(folder, dtype=torch.float32)
    reference.set_progress_bar_config(disable=True)
    frames = reference(
        PROMPT, **SIZE, num_inference_steps=3, guidance_scale=3.0, output_type="np",
        generator=torch.Generator().manual_seed(3),
    ).frames[0]  # fmt: skip
    expected = (frames * 255).round().astype(int)
    got = pipeline(PROMPT, seed=3, **SIZE).frames
    assert np.abs(got - expected).max() <= (0 if engine == "plain" else 2)


@pytest.mark.model
@pytest.mark.parametrize("image", [None, picture(64, 64)], ids=["words", "picture"])
def test_nano_by_diffusers_passes_is_diffusers_bit_for_bit(image):
    options = LoadOptions(engine="plain")
    nano = load_pipeline("nano", device="cpu", dtype=torch.float32, options=options)
    size = {"width": 64, "height": 64, "num_frames": 5}
    reference = WanPipeline.from_pretrained(model_dir("nano"), dtype=torch.float32)
    if image is not None:
        parts = {k: v for k, v in reference.components.items() if v is not None}
        reference = WanImageToVideoPipeline(**parts, expand_timesteps=True)
    reference.set_progress_bar_config(disable=True)
    frames = reference(
        **({} if image is None else {"image": Image.fromarray(image)}), prompt=PROMPT, **size,
        num_inference_steps=2, guidance_scale=3.0, output_type="np", negative_prompt="",
        generator=torch.Generator().manual_seed(3),
    ).frames[0]  # fmt: skip
    got = nano(
        PROMPT, image=image, seed=3, steps=2, guidance_scale=3.0, negative_prompt="", **size,
        flow_shift=reference.scheduler.config.flow_shift,
    ).frames  # fmt: skip
    assert np.array_equal(got, (frames * 255).round().astype(np.uint8))


# --- emotion


@pytest.mark.parametrize("kind", KINDS)
def test_an_emotion_shows_and_neutral_does_not(loaded, kind):
    image = picture() if loaded[kind].parts.plain.needs_picture else None
    base = ours(loaded[kind], image)
    assert np.array_equal(ours(loaded[kind], image, emotion=NEUTRAL), base)
    felt = ours(loaded[kind], image, emotion=FEAR)
    assert np.abs(felt.astype(int) - base).max() > 2
    assert np.array_equal(ours(loaded[kind], image), base)


def test_unequal_scales_take_a_third_pass(loaded):
    pipeline = loaded["2.1-t2v"]
    equal = ours(pipeline, emotion=FEAR, emotion_guidance_scale=3.0)
    more = ours(pipeline, emotion=FEAR, emotion_guidance_scale=6.0)
    none = ours(pipeline, emotion=FEAR, emotion_guidance_scale=0.0)
    assert np.abs(more.astype(int) - equal).max() > 2
    assert np.abs(none.astype(int) - ours(pipeline)).max() <= 1


def test_guidance_is_the_nested_formula():
    from emogen.diffusion.guidance import plan

    values = {"nothing": torch.tensor(1.0), "text": torch.tensor(3.0), "both": torch.tensor(7.0)}
    for text, feeling in ((4.0, 4.0), (4.0, 2.0), (1.0, 5.0), (1.0, 1.0), (0.0, 2.0)):
        weights = plan(text_scale=text, emotion_scale=feeling, emotional=True)
        expected = 1 + text * (3 - 1) + feeling * (7 - 3)
        assert float(guided(values.__getitem__, weights)) == pytest.approx(expected)


# --- several at once, options, errors


def test_requests_that_share_passes_are_as_alone(loaded):
    from tests.pipelines.test_batch import request

    pipeline = loaded["2.1-t2v"]
    requests = [request(seed=1, emotion="fear:0.8"), request("a blue cat", seed=2, emotion="awe")]
    together = pipeline.sample([pipeline.encode(one) for one in requests])
    for one, row in zip(requests, together, strict=True):
        alone = pipeline.sample([pipeline.encode(one)])[0]
        torch.testing.assert_close(row, alone, atol=1e-4, rtol=1e-4)


def test_weights_in_eight_bits_are_close(folders, loaded):
    options = LoadOptions(fp8=True)
    eight = load_pipeline(
        str(folders["2.1-t2v"]), device="cpu", dtype=torch.float32, options=options
    )
    weight = eight.parts.transformer.blocks[0].attn1.to_q.weight
    assert weight.dtype == torch.float8_e4m3fn
    exact, rounded = (ours(pipeline).astype(int) for pipeline in (loaded["2.1-t2v"], eight))
    assert 0 < np.abs(exact - rounded).mean() < 12
    assert np.abs(ours(eight, emotion=FEAR).astype(int) - rounded).max() > 2


def test_tiled_decoding_is_close(folders, loaded):
    options = LoadOptions(engine="plain", vae_tiling=True)
    tiled = load_pipeline(
        str(folders["2.1-t2v"]), device="cpu", dtype=torch.float32, options=options
    )
    assert tiled.parts.vae.use_tiling
    assert np.abs(ours(tiled).astype(int) - ours(loaded["2.1-t2v"])).max() <= 2


def test_offloading_needs_a_gpu(folders):
    with pytest.raises(ResourceError, match="there is no GPU; leave it out"):
        load_pipeline(
            str(folders["2.1-t2v"]), device="cpu", options=LoadOptions(offload="sequential")
        )


def test_a_missing_quantizer_is_named(folders):
    pytest.importorskip("diffusers")
    from importlib.util import find_spec

    options = LoadOptions(quantizer="bnb-8bit")
    expected = "needs a GPU" if find_spec("bitsandbytes") else "pip install bitsandbytes"
    if not torch.cuda.is_available():
        with pytest.raises(ResourceError, match=expected):
            load_pipeline(str(folders["2.1-t2v"]), device="cpu", options=options)


def test_weights_of_eight_bit_integers(folders, loaded):
    pytest.importorskip("torchao")
    options = LoadOptions(quantizer="int8")
    eight = load_pipeline(
        str(folders["2.1-t2v"]), device="cpu", dtype=torch.float32, options=options
    )
    assert np.abs(ours(eight).astype(int) - ours(loaded["2.1-t2v"])).mean() < 12


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"offload": "modle"}, "unknown offload 'modle'; did you mean 'model'"),
        ({"attention": "flsh"}, "unknown attention 'flsh'; did you mean 'flash'"),
        ({"fp8": True, "quantizer": "int8"}, "expected fp8 or a quantizer, got both"),
        ({"engine": "fast", "fp8": True}, "take the plain engine"),
    ],
)
def test_options_that_do_not_go(options, message):
    with pytest.raises(InputError, match=message):
        LoadOptions(**options)


def test_what_a_model_cannot_begin_with(loaded):
    with pytest.raises(InputError, match="begins with a picture; give one"):
        ours(loaded["2.1-i2v"])
    with pytest.raises(InputError, match="makes clips from words alone"):
        ours(loaded["2.1-t2v"], picture())


def test_the_size_rule_is_the_models_own(loaded):
    with pytest.raises(InputError, match="multiples of 32, got 48x32; the nearest is 64x32"):
        loaded["2.2-ti2v"](PROMPT, width=48, height=32, num_frames=5, steps=1)


def test_no_schedule_without_a_shift(loaded):
    with pytest.raises(InputError, match="flow_shift above 0"):
        ours(loaded["2.1-t2v"], flow_shift=0.0)

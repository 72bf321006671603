"""The pipeline on a tiny real model: against diffusers' own, with and without emotion."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from diffusers import WanImageToVideoPipeline, WanPipeline
from PIL import Image

from emogen.diffusion.autoencoder import decode_clip, encode_clip
from emogen.emotion import EmotionPoint, Keyframe, Trajectory
from emogen.errors import InputError
from emogen.media import Clip
from emogen.pipelines import EmotionalVideoPipeline, load_pipeline
from tests.tiny import DEFAULTS, noise

PROMPT = "a red robot in a forest"
SADNESS = Trajectory.constant(EmotionPoint.from_category("sadness", 0.8))
NEUTRAL = Trajectory.constant(EmotionPoint.neutral())
RISING = Trajectory(
    keyframes=(
        Keyframe(seconds=0.0, point=EmotionPoint.neutral()),
        Keyframe(seconds=0.5, point=EmotionPoint.from_category("awe")),
    )
)


@pytest.fixture(scope="module")
def base(pipeline):
    return pipeline(PROMPT).frames


def differ(first, second):
    return int(np.abs(first.astype(int) - second.astype(int)).max())


def picture(width=32, height=32):
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows * 6, columns * 6, 120 + 0 * rows], axis=-1).astype(np.uint8)


# --- what comes out


def test_defaults_come_from_the_folder(pipeline):
    assert {name: getattr(pipeline.defaults, name) for name in DEFAULTS} == DEFAULTS


def test_a_clip_of_the_asked_shape(pipeline):
    clip = pipeline(PROMPT, width=48, height=32, num_frames=9, fps=12, steps=1)
    assert isinstance(clip, Clip)
    assert clip.frames.shape == (9, 32, 48, 3)
    assert clip.frames.dtype == np.uint8
    assert clip.fps == 12
    assert clip.frames.std() > 5


def test_one_frame_is_a_clip(pipeline):
    assert pipeline(PROMPT, num_frames=1, steps=1).frames.shape == (1, 32, 32, 3)


def test_a_seed_is_a_clip(pipeline, base):
    assert np.array_equal(pipeline(PROMPT, seed=0).frames, base)
    assert differ(pipeline(PROMPT, seed=1).frames, base) > 5


def test_words_matter(pipeline, base):
    assert differ(pipeline("a blue cat").frames, base) > 0
    assert differ(pipeline(PROMPT, negative_prompt="a blue cat").frames, base) > 0
    assert differ(pipeline(PROMPT, guidance_scale=1.0).frames, base) > 0


def test_progress_is_told(pipeline):
    told = []
    pipeline(PROMPT, steps=2, progress=lambda *report: told.append(report))
    assert told == [
        ("encoding prompt", 0, 1), ("denoising", 0, 2), ("denoising", 1, 2), ("denoising", 2, 2),
        ("decoding", 0, 1), ("decoding", 1, 1),
    ]  # fmt: skip


def test_half_precision_is_close(folder, base):
    clip = load_pipeline(str(folder), device="cpu", dtype=torch.bfloat16)(PROMPT)
    assert np.abs(clip.frames.astype(int) - base.astype(int)).mean() < 8


def test_unknown_words(pipeline):
    assert pipeline.unknown_words("A red zebra in a forest, zebra quux!") == ["zebra", "quux"]
    assert pipeline.unknown_words(PROMPT) == []


# --- against diffusers


def reference(folder, **settings):
    pipe = WanPipeline.from_pretrained(folder, dtype=torch.float32)
    pipe.set_progress_bar_config(disable=True)
    asked = {"height": 32, "width": 32, "num_frames": 5, "num_inference_steps": 3} | settings
    frames = pipe(PROMPT, **asked, output_type="np").frames[0]
    return (frames * 255).round().astype(np.uint8)


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_equals_diffusers(pipeline, folder, scale):
    latents = noise(1, 6, 2, 4, 4, seed=7)
    expected = reference(folder, guidance_scale=scale, latents=latents)
    assert expected.std() > 5
    assert differ(pipeline(PROMPT, guidance_scale=scale, seed=7).frames, expected) <= 2


def test_a_seed_is_the_same_in_diffusers(pipeline, folder):
    expected = reference(
        folder, guidance_scale=3.0, generator=torch.Generator().manual_seed(11),
        negative_prompt="a blue cat", height=48,
    )  # fmt: skip
    clip = pipeline(PROMPT, seed=11, negative_prompt="a blue cat", height=48)
    assert differ(clip.frames, expected) <= 2


def test_diffusers_image_to_video_takes_the_same_parts(folder):
    parts = WanPipeline.from_pretrained(folder, dtype=torch.float32).components
    parts.pop("transformer_2", None)
    pipe = WanImageToVideoPipeline(**parts, expand_timesteps=True)
    pipe.set_progress_bar_config(disable=True)
    frames = pipe(
        Image.fromarray(picture()), PROMPT, height=32, width=32, num_frames=5,
        num_inference_steps=1, output_type="np",
    ).frames  # fmt: skip
    assert frames.shape == (1, 5, 32, 32, 3)
    assert np.isfinite(frames).all()


# --- emotion


def test_neutral_changes_no_bit(pipeline, base):
    assert np.array_equal(pipeline(PROMPT, emotion=NEUTRAL).frames, base)
    assert np.array_equal(pipeline(PROMPT, emotion=NEUTRAL, emotion_guidance_scale=9).frames, base)


def test_emotions_differ(pipeline, base):
    sad, awed = (pipeline(PROMPT, emotion=emotion).frames for emotion in (SADNESS, RISING))
    assert differ(sad, base) > 5
    assert differ(awed, base) > 5
    assert differ(sad, awed) > 5


def test_emotion_without_its_guidance_is_the_base(pipeline, base):
    assert differ(pipeline(PROMPT, emotion=SADNESS, emotion_guidance_scale=0).frames, base) <= 1


def test_emotion_guidance_pushes_further(pipeline, base):
    weak, strong = (
        pipeline(PROMPT, emotion=SADNESS, emotion_guidance_scale=scale).frames.astype(int)
        for scale in (0.5, 3.0)
    )
    assert np.abs(strong - base).mean() > 1.5 * np.abs(weak - base).mean()


@pytest.mark.parametrize("emotion", [SADNESS, RISING], ids=["constant", "curve"])
def test_folded_guidance_equals_three_passes(pipeline, emotion):
    two, three = (
        pipeline(PROMPT, emotion=emotion, guidance_scale=3.0, emotion_guidance_scale=scale).frames
        for scale in (3.0, 3.0 + 1e-6)
    )
    assert differ(two, three) <= 2


def test_an_adapter_can_be_given(folder, tmp_path):
    pipe = load_pipeline(str(folder), adapter=str(folder / "emotion_adapter"), dtype=torch.float32)
    assert pipe.parts.adapter is not None


# --- a first frame


def test_the_first_frame_is_kept(pipeline):
    image = picture()
    clip = pipeline(PROMPT, image=image)
    vae = pipeline.parts.vae
    with torch.no_grad():
        video = torch.from_numpy(image).permute(2, 0, 1)[None, :, None] / 127.5 - 1
        kept = decode_clip(vae, encode_clip(vae, video))[0, :, 0].permute(1, 2, 0)
    assert differ(clip.frames[0], ((kept + 1) * 127.5).round().byte().numpy()) <= 1
    assert differ(clip.frames[4], clip.frames[0]) > 5


def test_the_first_frame_shapes_the_rest(pipeline, base):
    shown, white = (pipeline(PROMPT, image=image).frames for image in (picture(), picture() | 128))
    assert differ(shown[4], base[4]) > 2
    assert differ(shown[4], white[4]) > 2


def test_a_first_frame_can_feel(pipeline):
    plain, sad = (pipeline(PROMPT, image=picture(), emotion=e).frames for e in (None, SADNESS))
    assert np.array_equal(plain[0], sad[0])
    assert differ(plain[4], sad[4]) > 5


# --- what is refused


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"num_frames": 6}, "expected 4k\\+1 frames, got 6; use 5 or 9"),
        ({"num_frames": 0}, "expected 4k\\+1 frames, got 0; use 1 or 5"),
        ({"num_frames": -3}, "expected 4k\\+1 frames, got -3; use 1 or 5"),
        ({"width": 40}, "expected a width that is a multiple of 16, got 40"),
        ({"width": 0}, "expected a width that is a multiple of 16, got 0"),
        ({"height": -16}, "expected a height that is a multiple of 16, got -16"),
        ({"steps": 0}, "expected at least 1 step, got 0"),
        ({"steps": -2}, "expected at least 1 step, got -2"),
        ({"fps": 0}, "fps"),
        ({"fps": float("nan")}, "fps"),
        ({"guidance_scale": float("nan")}, "guidance_scale"),
        ({"emotion_guidance_scale": float("inf")}, "emotion_guidance_scale"),
        ({"seed": 2**64}, "expected a seed of at most 64 bits"),
        ({"image": picture(48, 32)}, "expected a first frame of 32x32 RGB in uint8, got shape"),
        ({"image": picture()[..., 0]}, "expected a first frame of 32x32 RGB in uint8, got shape"),
        ({"image": picture() / 255.0}, "uint8"),
    ],
)
def test_bad_requests(pipeline, asked, message):
    with pytest.raises(InputError, match=message):
        pipeline(PROMPT, **asked)


def test_emotion_without_an_adapter(pipeline, base):
    bare = EmotionalVideoPipeline(replace(pipeline.parts, adapter=None))
    with pytest.raises(InputError, match="has no emotion adapter"):
        bare(PROMPT, emotion=SADNESS)
    assert np.array_equal(bare(PROMPT, emotion=NEUTRAL).frames, base)

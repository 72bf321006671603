"""Picture models: zero-shot, a head on a frozen tower, a classifier of faces."""

import shutil

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import (
    AutoImageProcessor,
    AutoModelForImageClassification,
    AutoTokenizer,
    CLIPModel,
)

from emogen.emotion import CATEGORIES, MIKELS
from emogen.errors import InputError, ModelError
from emogen.evaluation.backends import EmotionHead, ImageBackend, Options, load_backend, save_head
from emogen.evaluation.backends.picture_prompts import prompts


@pytest.fixture(scope="module")
def zero_shot(clip):
    return ImageBackend.load(clip)


@pytest.fixture(scope="module")
def head():
    torch.manual_seed(1)
    return EmotionHead(24, len(MIKELS), hidden=8).eval()


def test_zero_shot_is_the_softmax_of_picture_against_sentences(zero_shot, clip, frames):
    """By hand, with transformers' own forward pass, one sentence a category at a time."""
    model, processor = CLIPModel.from_pretrained(clip).eval(), zero_shot._processor
    pixels = processor(images=[Image.fromarray(frames[0])], return_tensors="pt")["pixel_values"]
    tokenizer = AutoTokenizer.from_pretrained(clip)
    texts = []
    with torch.inference_mode():
        for lines in prompts().values():
            outs = [model(pixel_values=pixels, **tokenizer(line, return_tensors="pt"))
                    for line in lines]  # fmt: skip
            mean = torch.cat([out.text_embeds for out in outs]).mean(0)
            texts.append(mean / mean.norm())
        logits = model.logit_scale.exp() * outs[0].image_embeds @ torch.stack(texts).T
    expected = logits.softmax(-1).numpy()
    reading = zero_shot(frames[:1])
    assert reading.native["zero_shot_expressed"] == pytest.approx(expected, abs=1e-4)
    assert np.ptp(reading.emotion) > 0.01  # it tells categories apart at all


def test_a_half_second_is_the_mean_of_its_frames(zero_shot, frames):
    reading = zero_shot(frames)
    assert reading.seconds.tolist() == [0.25, 0.75, 1.25, 1.75]
    alone = [zero_shot(frame[None]).emotion[0] for frame in frames[:2]]
    assert reading.emotion[0] == pytest.approx(np.mean(alone, axis=0), abs=1e-5)
    assert reading.features.shape == (4, 24)
    assert reading.modality == "vision"
    assert reading.tier == "open"


def test_chunks_give_what_the_whole_gives(zero_shot, frames):
    times = np.arange(8) / 4
    whole = zero_shot(frames, seconds=times)
    parts = [zero_shot(frames[:4], seconds=times[:4]), zero_shot(frames[4:], seconds=times[4:])]
    assert np.concatenate([part.seconds for part in parts]).tolist() == whole.seconds.tolist()
    assert np.concatenate([part.emotion for part in parts]) == pytest.approx(whole.emotion)


def test_batches_change_nothing(clip, zero_shot, frames):
    one_by_one = ImageBackend.load(clip, options=Options(batch_size=1))
    assert one_by_one(frames).emotion == pytest.approx(zero_shot(frames).emotion, abs=1e-5)


def test_evoked_asks_something_else_than_expressed(clip, zero_shot, frames):
    evoked = ImageBackend.load(clip, options=Options(target="evoked"))
    assert evoked.target == "evoked"
    assert set(evoked(frames).native) == {"zero_shot_evoked"}
    assert np.abs(evoked(frames).emotion - zero_shot(frames).emotion).max() > 0.01


def test_blank_frames_are_nothing_to_see(zero_shot, frames):
    black = np.zeros((2, 48, 48, 3), np.uint8)
    reading = zero_shot(np.concatenate([frames[:2], black]))
    assert reading.presence.tolist() == [True, False]
    assert reading.confidence[1] == 0
    assert np.ptp(reading.emotion[1]) == pytest.approx(0, abs=1e-6)
    assert not zero_shot(black).is_present
    half = zero_shot(np.stack([frames[0], black[0]]))
    assert half.emotion[0] == pytest.approx(zero_shot(frames[:1]).emotion[0], abs=1e-5)


@pytest.mark.parametrize("size", [(48, 48), (3, 90), (120, 31), (1, 1)])
def test_takes_pictures_of_any_size(zero_shot, size):
    noise = np.random.default_rng(0).integers(0, 255, (1, *size, 3), dtype=np.uint8)
    assert zero_shot(noise).num_windows == 1


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((2, 8, 8, 4), np.uint8), np.zeros((8, 8, 3), np.uint8),
     np.zeros((1, 8, 8, 3), np.float32), np.zeros((0, 8, 8, 3), np.uint8)],
)  # fmt: skip
def test_refuses_what_is_no_clip(zero_shot, wrong):
    with pytest.raises(InputError, match=r"expected frames uint8 \[T, H, W, 3\]"):
        zero_shot(wrong)


def test_refuses_times_that_do_not_fit(zero_shot, frames):
    for times in ([0.0], [0.0, np.nan], [1.0, 0.0]):
        with pytest.raises(InputError, match="growing times"):
            zero_shot(frames[:2], seconds=np.array(times))


def test_a_head_on_a_frozen_tower(clip, head, frames, tmp_path):
    """The head lies in a folder of its own and says where its tower is."""
    folder = save_head(tmp_path / "my-head", head, labels=MIKELS, target="evoked",
                       tower=str(clip), licence="cc-by-nc-4.0")  # fmt: skip
    backend = load_backend(folder, modality="vision")
    assert backend.target == "evoked"
    assert backend.tier == "non-commercial"
    assert backend.model.startswith("my-head@")
    reading = backend(frames)
    bare = ImageBackend.load(clip)(frames)
    assert reading.features == pytest.approx(bare.features, abs=1e-5)
    one = ImageBackend.load(clip)(frames[:1]).features
    with torch.inference_mode():
        expected = head(torch.from_numpy(one)).softmax(-1).numpy()
    assert backend(frames[:1]).native["labels"] == pytest.approx(expected, abs=1e-5)
    assert (reading.emotion[:, 8] == 0).all()


def test_a_head_beside_its_tower_and_its_mistakes(clip, head, frames, tmp_path):
    folder = shutil.copytree(clip, tmp_path / "both")
    save_head(folder, head, labels=MIKELS, target="evoked", licence="mit")
    assert ImageBackend.load(folder)(frames[:1]).tier == "open"
    said = (folder / "emotion_head.json").read_text()
    (folder / "emotion_head.json").write_text(said.replace('"evoked"', '"both"'))
    with pytest.raises(ModelError, match="target one of expressed, evoked"):
        ImageBackend.load(folder)
    (folder / "emotion_head.json").write_text(said.replace('"amusement",', ""))
    with pytest.raises(ModelError, match="cannot load the model both"):
        ImageBackend.load(folder)


def test_a_classifier_keeps_its_own_labels(faces, frames):
    backend = ImageBackend.load(faces)
    reading = backend(frames[:1])
    model = AutoModelForImageClassification.from_pretrained(faces).eval()
    pixels = AutoImageProcessor.from_pretrained(faces)(
        images=[Image.fromarray(frames[0])], return_tensors="pt"
    )
    with torch.inference_mode():
        expected = model(**pixels).logits.softmax(-1).numpy()
    assert reading.native["labels"] == pytest.approx(expected, abs=1e-5)
    anger = model.config.label2id["angry"]
    assert reading.emotion[0, CATEGORIES.index("anger")] == pytest.approx(
        expected[0, anger], abs=1e-5
    )
    assert reading.confidence[0] == pytest.approx(reading.emotion[0].max())

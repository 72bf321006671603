"""The shipped judges of pictures on freshly drawn clips of identities they have never seen."""

import json
import shutil

import numpy as np
import pytest

from emogen.assets import model_dir
from emogen.data.rig.face import ACTION_UNITS
from emogen.data.synthetic import emotion_vector, split
from emogen.emotion import CATEGORIES, MIKELS
from emogen.errors import InputError, ModelError
from emogen.evaluation.recogniser.shots import FIRST_SEED, Feelings, rig_shot
from emogen.evaluation.recogniser.vision import CONFIG, WEIGHTS, VisionEncoder, sampled
from emogen.motion.expression import expression
from emogen.motion.rig import VectorPortrait

pytestmark = pytest.mark.judge("vision")

FOLDERS = {"first": "vision", "second": "second/vision"}
LIMITS = {"first": 1_200_000, "second": 600_000}
SECONDS = np.arange(4) / 4


@pytest.fixture(scope="module", params=FOLDERS)
def judge(request):
    return request.param


@pytest.fixture(scope="module")
def encoder(judge):
    folder = model_dir("judge") / FOLDERS[judge]
    if not folder.is_dir():
        pytest.skip(f"the judge's {FOLDERS[judge]} is not trained yet")
    return VisionEncoder.load(folder)


@pytest.fixture(scope="module")
def clips():
    """Every emotion at .9, in face and staging and in the face alone; identities of the test."""
    nothing = np.zeros((4, 12), np.float32)
    seed, drawn = FIRST_SEED + (1 << 49), []
    for number in range(3):
        seed += 100_000
        while split(_first(seed).identity) != "test":
            seed += 1
        for name in MIKELS:
            felt = np.tile(emotion_vector({name: 0.9}), (4, 1))
            both = rig_shot(seed, Feelings(face=felt, staging=felt, body=felt))
            face = rig_shot(seed, Feelings(face=felt, staging=nothing, body=nothing))
            drawn.append((number, name, both, face))
    return drawn


def _first(seed):
    nothing = np.zeros((1, 12), np.float32)
    return rig_shot(seed, Feelings(face=nothing, staging=nothing, body=nothing), size=16)


def top(reading):
    return CATEGORIES[int(reading.emotion.mean(0).argmax())]


def test_reads_emotions_of_unseen_identities(encoder, clips):
    hits = [top(encoder(both.frames, seconds=SECONDS)) == name for _, name, both, _ in clips]
    assert np.mean(hits) > 0.8


def test_reads_the_face_where_nothing_else_speaks(encoder, judge, clips):
    hits = [top(encoder(face.frames, seconds=SECONDS)) == name for _, name, _, face in clips]
    assert np.mean(hits) > (0.75 if judge == "first" else 0.5)


def test_reads_drawn_heads_of_characters_it_has_never_seen(encoder, judge):
    if judge == "second":
        pytest.skip("the second judge has never seen a drawn head; its card says so")
    hits = []
    for character in ("woman", "man", "fox"):
        portrait = VectorPortrait(character=character, size=(192, 192))
        for name in MIKELS:
            felt = emotion_vector({name: 0.9})
            row = expression(felt[None], posture=True)[0]
            frame = portrait.frame(row, np.append(felt[:8], 1 - felt[:8].sum()))
            hits.append(top(encoder(np.stack([frame] * 4), seconds=SECONDS)) == name)
    assert np.mean(hits) > 0.8


def test_a_reading_has_all_that_fusion_takes(encoder, clips):
    reading = encoder(clips[0][2].frames, seconds=SECONDS)
    assert reading.seconds.tolist() == [0.25, 0.75]
    assert reading.emotion.sum(1) == pytest.approx(1, abs=1e-5)
    assert reading.presence.all()
    assert reading.confidence == pytest.approx(reading.emotion.max(1))
    assert reading.native["action_units"].shape == (2, len(ACTION_UNITS))
    assert reading.native["face"].sum(1) == pytest.approx(1, abs=1e-5)
    assert reading.native["intensity"].shape == (2, 1)
    assert reading.tier == encoder.tier == "open"
    assert reading.modality == "vision"


def test_vad_is_as_felt(encoder, clips):
    signs = [
        np.sign(encoder(both.frames).vad[:, 0].mean()) == np.sign(0.5 - (name in MIKELS[4:]))
        for _, name, both, _ in clips
    ]
    assert np.mean(signs) > 0.9


def test_one_picture_is_enough_alone_or_as_a_video(encoder, clips):
    _, name, both, _ = clips[2]
    still = encoder(both.frames[:1])
    video = encoder(both.frames[:1], seconds=np.zeros(1))
    assert still.emotion.shape == video.emotion.shape == (1, 9)
    assert top(still) == top(video) == name


def test_stills_do_not_know_of_each_other(encoder, clips):
    frames = clips[3][2].frames
    both = encoder(frames)
    assert both.num_windows == 4
    assert encoder(frames[1:2]).emotion[0] == pytest.approx(both.emotion[1], abs=1e-5)


def test_the_timeline_follows_a_change(encoder):
    vectors = np.zeros((8, 12), np.float32)
    vectors[4:] = emotion_vector({"sadness": 1.0})
    shot = rig_shot(FIRST_SEED + 77, Feelings(face=vectors, staging=vectors, body=vectors))
    reading = encoder(shot.frames, seconds=np.arange(8) / 4)
    sadness = reading.emotion[:, CATEGORIES.index("sadness")]
    assert sadness[:2].max() < 0.3
    assert sadness[2:].min() > 0.6
    assert reading.native["intensity"][3, 0] > reading.native["intensity"][0, 0] + 0.4


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_an_empty_frame_is_no_guess(encoder, shade):
    reading = encoder(np.full((3, 96, 160, 3), shade, np.uint8), seconds=np.arange(3) / 2)
    assert not reading.is_present
    assert not reading.confidence.any()
    assert not reading.vad.any()
    assert reading.emotion == pytest.approx(1 / 9)


def test_noise_is_no_guess(encoder):
    noise = np.random.default_rng(0).integers(0, 256, (6, 128, 128, 3), np.uint8)
    assert encoder(noise).presence.mean() < 0.2


@pytest.mark.parametrize(
    ("frames", "seconds", "message"),
    [
        (np.zeros((2, 8, 8, 4), np.uint8), None, "expected frames uint8"),
        (np.zeros((0, 8, 8, 3), np.uint8), None, "expected frames uint8"),
        (np.zeros((2, 8, 8, 3), np.uint8), np.zeros(3), "one finite time a frame"),
        (np.zeros((2, 8, 8, 3), np.uint8), np.array([1.0, 0.0]), "times that grow"),
        (np.zeros((2, 8, 8, 3), np.uint8), np.array([0.0, np.nan]), "one finite time a frame"),
    ],
)
def test_says_what_is_wrong_with_the_input(encoder, frames, seconds, message):
    with pytest.raises(InputError, match=message):
        encoder(frames, seconds=seconds)


def test_domains_are_calibrated_apart_and_an_unknown_one_is_named(encoder, clips):
    frames = clips[0][2].frames
    first, other = encoder(frames), encoder(frames, domain="noto")
    assert (first.emotion.argmax(1) == other.emotion.argmax(1)).all()
    assert not np.array_equal(first.emotion, other.emotion)
    with pytest.raises(InputError, match="unknown domain 'moto'"):
        encoder(frames, domain="moto")


def test_slow_and_fast_videos_give_a_window_each_half_second():
    for fps in (1, 3, 4, 16, 60):
        picks, windows, centres = sampled(np.arange(3 * fps) / fps)
        assert np.allclose(np.diff(centres), 0.5)
        assert len(picks) == len(windows)
        assert windows.max() == len(centres) - 1
        assert len(picks) <= 12
    _, _, later = sampled(30 + np.arange(8) / 8)
    assert later.tolist() == [30.25, 30.75]


@pytest.mark.judge("second/vision")
def test_the_two_judges_share_no_weights_and_stay_small():
    first, second = (VisionEncoder.load(model_dir("judge") / path) for path in FOLDERS.values())
    assert type(first.network) is not type(second.network)
    assert first.model != second.model
    for name, path in FOLDERS.items():
        folder = model_dir("judge") / path
        assert (folder / WEIGHTS).stat().st_size <= LIMITS[name]
        assert json.loads((folder / CONFIG).read_text("utf-8"))["tier"] == "open"
        assert (folder / "README.md").read_text("utf-8").startswith("---\nlicense: cc-by-4.0\n")


def test_says_what_is_wrong_with_a_folder(tmp_path):
    with pytest.raises(ModelError, match="expected a vision model at"):
        VisionEncoder.load(tmp_path)
    shipped = model_dir("judge") / "vision"
    (tmp_path / CONFIG).write_text("{}", "utf-8")
    with pytest.raises(ModelError, match="cannot read"):
        VisionEncoder.load(tmp_path)
    shutil.copy(shipped / CONFIG, tmp_path)
    (tmp_path / WEIGHTS).write_bytes(b"not safetensors")
    with pytest.raises(ModelError, match="cannot read the weights"):
        VisionEncoder.load(tmp_path)
    config = json.loads((shipped / CONFIG).read_text("utf-8")) | {"architecture": "oracle"}
    (tmp_path / CONFIG).write_text(json.dumps(config), "utf-8")
    with pytest.raises(ModelError, match="expected an architecture of"):
        VisionEncoder.load(tmp_path)

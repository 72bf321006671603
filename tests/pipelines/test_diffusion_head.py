"""The diffusion engine from sound to frames, in miniature: streams in step, sizes, clear errors."""

import numpy as np
import pytest
import torch
from transformers import Wav2Vec2Config, Wav2Vec2Model

from emogen.emotion import parse
from emogen.errors import InputError, ModelError
from emogen.motion import schema
from emogen.motion.a2m import AudioToMotion, MotionSettings
from emogen.motion.ear import Ear, EarShape
from emogen.motion.flow import CHANNELS, Flow, FlowShape
from emogen.motion.rig.vector import VectorPortrait
from emogen.motion.weights import Speaker
from emogen.pipelines.diffusion_head import DiffusionHead, enlarged
from emogen.pipelines.talking_head import load_talking_head
from tests.tiny import save_tiny_model
from tests.tiny_heads import save_tiny_head

WAV2VEC2 = {
    "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16,
    "conv_dim": (8, 8), "conv_stride": (16, 20), "conv_kernel": (20, 20),
    "num_feat_extract_layers": 2, "num_conv_pos_embeddings": 8, "num_conv_pos_embedding_groups": 2,
}  # fmt: skip
EAR = EarShape(width=16, dilations=(1,))


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    torch.manual_seed(0)
    ear = Ear(EAR).eval()
    flow = Flow(FlowShape(width=16, layers=1, heads=2)).eval()
    many = len(CHANNELS)
    speaker = Speaker(
        ear=ear, flow=flow, mean=torch.zeros(many), spread=torch.full((many,), 0.1), config={}
    )
    folder = save_tiny_head(
        save_tiny_model(tmp_path_factory.mktemp("diffusion") / "m"), audio_width=128,
        parts={"ear": ear.state_dict()}, ear={"width": EAR.width, "dilations": [1]},
        num_frames=33, steps=1, width=64, height=64,
    )  # fmt: skip
    return AudioToMotion(speaker), load_talking_head(folder, device="cpu", dtype=torch.float32)


@pytest.fixture
def head(parts):
    a2m, pipeline = parts
    return DiffusionHead(VectorPortrait(character="fox"), pipeline=pipeline, a2m=a2m)


def sound(seconds, seed=0):
    rng = np.random.default_rng(seed)
    return (0.1 * rng.standard_normal(round(16_000 * seconds))).astype(np.float32)


@pytest.mark.parametrize("seconds", [0.1, 1.32, 2.02])
def test_there_is_a_frame_for_each_40_milliseconds(head, seconds):
    frames = list(head.stream([sound(seconds)]))
    assert len(frames) == int(np.ceil(seconds * 25 - 1e-6))
    assert {frame.shape for frame in frames} == {(64, 64, 3)}


def test_sound_in_pieces_makes_the_same_frames(head):
    samples, emotion = sound(2), parse("awe:1@0s -> fear:1@2s")
    whole = np.stack(list(head.stream([samples], emotion=emotion)))
    pieces = np.split(samples, [100, 20_000, 20_001])
    assert np.array_equal(np.stack(list(head.stream(pieces, emotion=emotion))), whole)


def test_frames_come_while_the_sound_arrives(head):
    taken = []

    def blocks():
        for _ in range(30):
            taken.append(1)
            yield sound(1)

    next(head.stream(blocks()))
    assert len(taken) <= 8


def test_the_motion_is_watched_and_its_seed_heeded(head):
    seen = []
    first = list(head.stream([sound(2)], watch=seen.append))
    assert sum(map(len, seen)) == len(first) == 50
    other = list(head.stream([sound(2)], settings=MotionSettings(seed=5)))
    assert not np.array_equal(first, other)


def test_larger_frames_are_scaled_up(parts):
    a2m, pipeline = parts
    head = DiffusionHead(
        VectorPortrait(character="fox"), pipeline=pipeline, a2m=a2m, size=(144, 96)
    )
    assert next(head.stream([sound(1)])).shape == (96, 144, 3)


def test_enlarging_keeps_the_middle():
    frame = np.zeros((32, 32, 3), np.uint8)
    frame[12:20, 12:20] = 255
    large = enlarged(frame, (64, 128)).mean(axis=2)
    rows, columns = (np.flatnonzero(large.max(axis=axis) > 127) for axis in (1, 0))
    assert (rows[0], rows[-1]) == (48, 79)
    assert (columns[0], columns[-1]) == (16, 47)
    with pytest.raises(InputError, match="at least one pixel"):
        enlarged(frame, (0, 4))


def test_the_reference_is_the_portrait_at_rest_seen_from_near(head):
    rest = head.face.frame(schema.rest(1)[0])
    assert rest.shape == (64, 64, 3)
    assert head.face.portrait.size[0] > 64


def test_a_head_that_hears_with_a_wav2vec2(parts, tmp_path):
    torch.manual_seed(0)
    Wav2Vec2Model(Wav2Vec2Config(**WAV2VEC2)).save_pretrained(tmp_path / "wav2vec2")
    folder = save_tiny_head(save_tiny_model(tmp_path / "m"), steps=1, width=64, height=64)
    pipeline = load_talking_head(
        folder, wav2vec=tmp_path / "wav2vec2", device="cpu", dtype=torch.float32
    )
    head = DiffusionHead(VectorPortrait(character="fox"), pipeline=pipeline, a2m=parts[0])
    assert len(list(head.stream(np.split(sound(1.5), [300, 9000])))) == 38
    Wav2Vec2Model(Wav2Vec2Config(**WAV2VEC2 | {"hidden_size": 16})).save_pretrained(tmp_path / "w")
    with pytest.raises(ModelError, match=r"expected a wav2vec2 of 2 layers of 8, got .* 2 of 16"):
        load_talking_head(folder, wav2vec=tmp_path / "w", device="cpu")


def test_a_head_of_another_encoder_and_no_sound_are_refused(parts, head):
    a2m, pipeline = parts
    bare = type(pipeline)(pipeline.parts, pipeline.head, settings=pipeline.settings)
    deaf = DiffusionHead(VectorPortrait(character="fox"), pipeline=bare, a2m=a2m)
    with pytest.raises(ModelError, match="audio features of a wav2vec2; name it"):
        next(deaf.stream([sound(1)]))
    with pytest.raises(InputError, match="expected sound to"):
        list(head.stream([]))

"""Speech to text with a tiny random Whisper of the real architecture, saved to disk."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers.pre_tokenizers import ByteLevel

from emogen.encoders.transcribe import LONGEST, SHORTEST, Transcriber, pieces, quietest
from emogen.errors import InputError, ModelError
from tests.encoders.voices import RATE, babble, silence

SPECIAL = ("<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|transcribe|>", "<|translate|>",
           "<|notimestamps|>")  # fmt: skip


@pytest.fixture(scope="session")
def whisper(tmp_path_factory):
    from transformers import (
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
        WhisperProcessor,
        WhisperTokenizer,
    )

    folder = tmp_path_factory.mktemp("whisper")
    vocabulary = {sign: row for row, sign in enumerate((*sorted(ByteLevel.alphabet()), *SPECIAL))}
    tokenizer = WhisperTokenizer(vocab=vocabulary, merges=[])
    tokenizer.add_special_tokens({"additional_special_tokens": list(SPECIAL[1:])})
    end = vocabulary["<|endoftext|>"]
    torch.manual_seed(0)
    model = WhisperForConditionalGeneration(WhisperConfig(
        vocab_size=len(vocabulary), num_mel_bins=20, d_model=16, encoder_layers=1,
        decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=16,
        decoder_ffn_dim=16, max_target_positions=32, pad_token_id=end, bos_token_id=end,
        eos_token_id=end, decoder_start_token_id=vocabulary["<|startoftranscript|>"],
        suppress_tokens=[], begin_suppress_tokens=[],
    ))
    WhisperProcessor(WhisperFeatureExtractor(feature_size=20), tokenizer).save_pretrained(folder)
    model.save_pretrained(folder)
    return folder


def test_a_model_on_disk_writes_timed_lines(whisper):
    recogniser = Transcriber.load(whisper)
    lines = recogniser.read([babble(3.0)])
    assert lines == recogniser.read(np.split(babble(3.0), [5000, 5001]))
    assert all(0 <= start < end <= 3.0 and text for start, end, text in lines)
    assert isinstance(recogniser.text(babble(1.0)), str)


def test_silence_is_not_transcribed(whisper):
    assert Transcriber.load(whisper).read([silence(3.0)]) == []


def test_sources_use_it_for_want_of_a_transcript(whisper):
    from emogen.encoders import read_sources

    sound = babble(2.0)
    fusion = read_sources(sound, asr=whisper)
    assert not any("no speech recogniser" in note for note in fusion.notes["words"])
    with pytest.raises(InputError, match="pass once"):
        read_sources(iter([sound]), asr=whisper)


@pytest.mark.parametrize("name", ["/no/such/folder", ""])
def test_no_model_is_one_clear_line(name):
    with pytest.raises(ModelError, match="expected a Whisper-class speech model") as raised:
        Transcriber.load(name, local_files_only=True)
    assert "\n" not in str(raised.value)


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(ModelError, match="expected a Whisper-class"):
        Transcriber.load(tmp_path)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 30 * RATE), min_size=1, max_size=5), st.integers(0, 9))
def test_pieces_cover_the_sound_and_are_short_enough(lengths, seed):
    rng = np.random.default_rng(seed)
    blocks = [rng.standard_normal(length).astype(np.float32) for length in lengths]
    found = list(pieces(iter(blocks)))
    assert np.array_equal(np.concatenate([piece for _, piece in found]), np.concatenate(blocks))
    assert all(len(piece) <= LONGEST * RATE for _, piece in found)
    assert all(len(piece) >= SHORTEST * RATE for _, piece in found[:-1])
    starts = np.cumsum([0, *[len(piece) for _, piece in found[:-1]]]) / RATE
    assert np.allclose([start for start, _ in found], starts)


def test_a_piece_ends_where_it_is_quiet():
    sound = babble(28.0, seed=1)
    sound[20 * RATE : 20 * RATE + 4800] = 0
    assert 20 * RATE <= quietest(sound, start=14 * RATE) <= 20 * RATE + 4800

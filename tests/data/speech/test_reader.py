"""Tiny corpora written here with a real encoder, and the true ones where they are."""

import csv
import zipfile
from io import BytesIO, StringIO

import av
import numpy as np
import pytest

from emogen.data.speech import ARCHIVES, SPEECH_LABELS, SpeechCorpus, speaker_folds
from emogen.data.speech.reader import decode_samples
from emogen.emotion import LABELS, VAD
from emogen.errors import CorpusError, InputError

ROWS = {
    "ravdess": [
        {"file": f"03-01-0{label}-01-01-01-{actor}.flac", "emotion": emotion,
         "intensity": intensity, "statement": "Kids.", "actor": actor, "sex": sex}
        for actor, sex in (("01", "male"), ("02", "female"), ("03", "male"), ("04", "female"))
        for label, emotion, intensity in ((1, "neutral", "normal"), (5, "angry", "strong"))
    ],
    "nemo": [{"file": "AB0_fear_1.ogg", "emotion": "fear", "text": "Mój teść.",
              "speaker": "AB0", "gender": "female", "age": "30"}],
}  # fmt: skip


def sound(rate=16_000, *, seconds=0.5, hertz=440.0, channels=1):
    t = np.arange(round(rate * seconds)) / rate
    pcm = (0.5 * np.sin(2 * np.pi * hertz * t) * 32767).astype(np.int16)
    layout = "mono" if channels == 1 else "stereo"
    buffer = BytesIO()
    with av.open(buffer, "w", format="flac") as container:
        stream = container.add_stream("flac", rate=rate, layout=layout)
        frame = av.AudioFrame.from_ndarray(np.repeat(pcm, channels)[None], "s16", layout)
        frame.sample_rate = rate
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


@pytest.fixture
def write(tmp_path):
    def write(name, *, rows=None, content=None, table=True):
        rows = ROWS[name] if rows is None else rows
        text = StringIO()
        writer = csv.DictWriter(text, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
        path = tmp_path / ARCHIVES[name]
        with zipfile.ZipFile(path, "w") as archive:
            if table:
                archive.writestr("labels.csv", text.getvalue())
            for row in rows:
                archive.writestr(row["file"], sound() if content is None else content)
        return path

    return write


def test_reads_what_labels_say(write):
    corpus = SpeechCorpus("ravdess", write("ravdess"))
    assert [item.file for item in corpus] == sorted(row["file"] for row in ROWS["ravdess"])
    neutral, angry = corpus.utterances[0], corpus.utterances[-1]
    assert (neutral.label, neutral.strong, neutral.label_index) == ("neutral", None, 0)
    assert (angry.label, angry.strong, angry.label_index) == ("angry", True, 4)
    assert (angry.speaker, angry.sex, angry.text) == ("ravdess-04", "female", "Kids.")
    assert "8 utterances" in repr(corpus)
    [polish] = SpeechCorpus("nemo", write("nemo"))
    assert (polish.speaker, polish.text, polish.strong) == ("nemo-AB0", "Mój teść.", None)


def test_decodes_any_rate_and_channels_to_16_khz_mono(write):
    corpus = SpeechCorpus("nemo", write("nemo", content=sound(48_000, channels=2)))
    samples = corpus.samples(corpus.utterances[0])
    assert samples.dtype == np.float32
    assert len(samples) == pytest.approx(8000, abs=40)
    spectrum = np.abs(np.fft.rfft(samples))
    hertz = np.fft.rfftfreq(len(samples), 1 / 16_000)
    assert hertz[spectrum.argmax()] == pytest.approx(440, abs=3)
    assert np.abs(samples).max() == pytest.approx(0.5, abs=0.02)
    assert len(decode_samples(sound())) == 8000


def test_every_label_is_an_emotion_with_an_anchor():
    for labels in SPEECH_LABELS.values():
        assert set(labels) <= set(LABELS)
        assert set(labels) <= set(VAD)


def test_says_what_is_wrong(write, tmp_path, monkeypatch):
    monkeypatch.delenv("EMOGEN_DATA", raising=False)
    with pytest.raises(CorpusError, match="EMOGEN_DATA"):
        SpeechCorpus("ravdess")
    with pytest.raises(CorpusError, match="expected a corpus of ravdess, nemo, got 'iemocap'"):
        SpeechCorpus("iemocap")
    with pytest.raises(CorpusError, match="expected a zip of speech"):
        SpeechCorpus("ravdess", tmp_path / "none.zip")
    with pytest.raises(CorpusError, match=r"expected labels\.csv"):
        SpeechCorpus("nemo", write("nemo", table=False))
    with pytest.raises(CorpusError, match="expected a column 'gender'"):
        SpeechCorpus("nemo", write("nemo", rows=[
            {key: value for key, value in ROWS["nemo"][0].items() if key != "gender"}]))
    with pytest.raises(CorpusError, match="expected a label of anger"):
        SpeechCorpus("nemo", write("nemo", rows=[ROWS["nemo"][0] | {"emotion": "boredom"}]))
    corpus = SpeechCorpus("nemo", write("nemo", content=b"no sound at all"))
    with pytest.raises(CorpusError, match=r"expected the recording AB0_fear_1\.ogg"):
        corpus.samples(corpus.utterances[0])


def test_folds_part_speakers_and_keep_both_sexes(write):
    utterances = SpeechCorpus("ravdess", write("ravdess")).utterances
    folds = speaker_folds(utterances, folds=2)
    assert sorted(speaker for fold in folds for speaker in fold) == [
        f"ravdess-0{number}" for number in (1, 2, 3, 4)
    ]
    sexes = {item.speaker: item.sex for item in utterances}
    assert [sorted(sexes[speaker] for speaker in fold) for fold in folds] == [
        ["female", "male"], ["female", "male"],
    ]  # fmt: skip
    assert speaker_folds(utterances, folds=2) == folds
    assert any(speaker_folds(utterances, folds=2, seed=seed) != folds for seed in range(1, 9))
    for count in (1, 5):
        with pytest.raises(InputError, match="expected 2 to 4 folds"):
            speaker_folds(utterances, folds=count)


@pytest.mark.corpus
def test_the_true_corpora():
    ravdess, nemo = SpeechCorpus("ravdess"), SpeechCorpus("nemo")
    assert (len(ravdess), len(nemo)) == (1440, 4481)
    assert len({item.speaker for item in ravdess}) == 24
    assert len({item.speaker for item in nemo}) == 9
    assert {item.label for item in ravdess} == set(SPEECH_LABELS["ravdess"])
    assert {item.label for item in nemo} == set(SPEECH_LABELS["nemo"])
    for corpus in (ravdess, nemo):
        samples = corpus.samples(corpus.utterances[7])
        assert 1.0 < len(samples) / 16_000 < 6.0
        assert 0.005 < np.abs(samples).max() <= 1.0

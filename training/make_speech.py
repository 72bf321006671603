"""Launch: python training/make_speech.py [--data DIR] [--out cache/speech] [--hours 3] [--seed 0].

Makes the speech that the audio-to-motion model hears while it learns: hours of English by
espeak-ng (an external tool: install it with the system's package manager) in many voices, rates and
pitches, with the time of every phone as the synthesiser made it, and the phone sequences of the
real corpora (LJSpeech, RAVDESS, nEMO), whose times `train_a2m.py` finds by alignment. Writes one
.npz a corpus: mel frames, pitch, levels, phones. Noise, rooms and telephones are added in training.
"""
# ruff: noqa: RUF001 (the names of IPA look like Latin letters)

import argparse
import csv
import ctypes
import io
import json
import sys
import zipfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from emogen.data.speech import SpeechCorpus
from emogen.data.speech.reader import decode_samples
from emogen.data.texts import read_emobank
from emogen.errors import EmogenError, ResourceError
from emogen.motion.features import SAMPLE_RATE, hear
from emogen.motion.phones import INDEX, PHONES, SILENCE

LANGUAGES = ("en-us", "en", "en-029", "en-gb-scotland", "en-gb-x-gbclan", "en-gb-x-gbcwmd",
             "en-us-nyc")  # fmt: skip
VARIANTS = ("", "m1", "m2", "m3", "m4", "m6", "m7", "m8", "f1", "f2", "f3", "f5", "klatt",
            "klatt2", "klatt4", "klatt6", "Andy", "Annie", "Gene", "Jacky", "Lee", "Marco",
            "Michael", "Alicia", "Andrea", "adam", "anika", "belinda", "benjamin", "boris", "david",
            "ed", "edward", "linda", "steph", "travis", "victor", "grandma", "grandpa", "aunty",
            "whisper")  # fmt: skip
HELD_OUT_LANGUAGE = "en-gb-x-rp"
HELD_OUT_VARIANTS = ("m5", "f4", "klatt3", "Mike", "steph2", "edward2", "robert", "Hugo")
"""Voices that nothing learns from; the benchmark measures on them."""

IPA = {
    "eɪ": "EY", "ei": "EY", "eː": "EY", "aɪ": "AY", "əɪ": "AY", "aʊ": "AW", "æʊ": "AW",
    "ɔɪ": "OY", "oʊ": "OW", "əʊ": "OW", "əu": "OW", "ʌʊ": "OW", "ʌʉ": "OW", "oː": "OW", "o": "OW",
    "iə": "IH AH", "eə": "EH AH", "ɛə": "EH AH", "ʊə": "UH AH", "ɔə": "AO AH", "oə": "AO AH",
    "ɑə": "AA AH", "aɪə": "AY AH", "aɪɚ": "AY ER", "ɑːɹ": "AA R", "ɔːɹ": "AO R", "oːɹ": "AO R",
    "ʊɹ": "UH R", "ɛɹ": "EH R", "ɪɹ": "IH R", "ʌɹ": "ER", "əɹ": "ER", "ɜː": "ER", "ɜ": "ER",
    "ɚ": "ER", "əl": "AH L", "n̩": "N", "ɾ": "D", "r": "R", "ɹ": "R", "x": "HH", "ç": "HH",
    "ɣ": "HH", "h": "HH", "t̪": "T", "t": "T", "ʔ": "T", "ʍ": "W", "w": "W", "a": "AE", "æ": "AE",
    "aa": "AA", "aː": "AA", "a:": "AA", "ɑː": "AA", "ɒ": "AA", "ʉː": "UW", "ʉ": "UW", "uː": "UW",
    "u": "UW", "ᵻ": "IH", "ɪ": "IH", "ɨ": "IH", "ɐ": "AH", "ə": "AH", "ʌ": "AH", "i": "IY",
    "iː": "IY", "ʊ": "UH", "ɔ": "AO", "ɔː": "AO", "ɛ": "EH", "e": "EH", "ɔ̃": "AO N", "ɛ̃": "EH N",
    "ɕ": "SH", "ʃ": "SH", "ʑ": "ZH", "ʒ": "ZH", "tɕ": "CH", "tʃ": "CH", "dʑ": "JH", "dʒ": "JH",
    "ts": "T S", "dz": "D Z", "dʲ": "D", "ɲ": "N", "n": "N", "ŋ": "NG", "m": "M", "b": "B",
    "p": "P", "d": "D", "k": "K", "ɡ": "G", "f": "F", "v": "V", "θ": "TH", "ð": "DH", "s": "S",
    "z": "Z", "l": "L", "j": "Y",
}  # fmt: skip
"""espeak-ng's IPA names as CMUdict's phones."""
POLISH = {"a": "AA"}
STOPS = {"P", "B", "T", "D", "K", "G", "CH", "JH"}
_WORD, _PHONE = 1, 7


class _Name(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("text", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int), ("identifier", ctypes.c_uint), ("text_position", ctypes.c_int),
        ("length", ctypes.c_int), ("milliseconds", ctypes.c_int), ("sample", ctypes.c_int),
        ("user", ctypes.c_void_p), ("id", _Name),
    ]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """Synthetic speech: samples float32 [S] at a rate, and (kind, milliseconds, IPA) events."""

    samples: np.ndarray
    sample_rate: int
    events: list[tuple[int, int, str]]


class Espeak:
    """The synthesiser, through its C library; one in a process."""

    def __init__(self) -> None:
        try:
            self._library = ctypes.CDLL("libespeak-ng.so.1")
        except OSError as error:
            raise ResourceError(
                "expected the library of espeak-ng, found none; install it, for instance with"
                " apt-get install espeak-ng"
            ) from error
        self.sample_rate = self._library.espeak_Initialize(2, 0, None, 3)
        kind = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
        )
        self._callback = kind(self._take)
        self._library.espeak_SetSynthCallback(self._callback)
        self._waves: list[np.ndarray] = []
        self._events: list[tuple[int, int, str]] = []

    def _take(self, wave: ctypes.POINTER, count: int, events: ctypes.POINTER) -> int:
        if wave and count > 0:
            self._waves.append(np.ctypeslib.as_array(wave, (count,)).copy())
        for event in events:
            if event.type == 0:
                return 0
            if event.type in (_WORD, _PHONE):
                name = bytes(event.id.text).decode() if event.type == _PHONE else ""
                self._events.append((event.type, event.milliseconds, name))
        return 0

    def say(self, text: str, voice: str, *, rate: int = 175, pitch: int = 50) -> Spoken:
        """Speak a text at so many words a minute, pitch 0 to 99."""
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ResourceError(f"expected the espeak-ng voice {voice!r}, found none")
        self._waves, self._events = [], []
        self._library.espeak_SetParameter(1, rate, 0)
        self._library.espeak_SetParameter(3, pitch, 0)
        content = text.encode()
        self._library.espeak_Synth(content, len(content) + 1, 0, 1, 0, 1, None, None)
        samples = np.concatenate(self._waves).astype(np.float32) / 32768
        return Spoken(samples=samples, sample_rate=self.sample_rate, events=self._events)


def timed_phones(spoken: Spoken) -> list[tuple[str, float, float]]:
    """Return (phone, start, end) in seconds of synthetic speech.

    espeak-ng counts the gap of a stop to the sound before it; here it belongs to the stop.
    """
    marks = [(time / 1000, name) for kind, time, name in spoken.events if kind == _PHONE]
    ends = [time for time, _ in marks[1:]] + [len(spoken.samples) / spoken.sample_rate]
    spans: list[tuple[str, float, float]] = []
    for (start, name), end in zip(marks, ends, strict=True):
        phones = IPA.get(name, "").split() or [SILENCE]
        if phones == [SILENCE] and spans and end - start < 0.06:
            spans[-1] = (spans[-1][0], spans[-1][1], end)
            continue
        edges = np.linspace(start, end, len(phones) + 1)
        for phone, first, last in zip(phones, edges[:-1], edges[1:], strict=True):
            gap = _gap_before(spoken, spans[-1], first) if phone in STOPS and spans else 0.0
            if gap:
                spans[-1] = (spans[-1][0], spans[-1][1], float(first - gap))
            spans.append((phone, float(first - gap), float(last)))
    return [span for span in spans if span[2] > span[1]]


def _gap_before(spoken: Spoken, span: tuple[str, float, float], end: float) -> float:
    """Return how long it was quiet before ``end``, seconds, at most 0.12 (0.08 in a pause)."""
    phone, start, _ = span
    longest = min(0.08 if phone == SILENCE else 0.12, end - start - 0.02)
    step = round(0.005 * spoken.sample_rate)
    last = round(end * spoken.sample_rate)
    peak = np.abs(spoken.samples).max() + 1e-9
    steps = 0
    while (steps + 1) * 0.005 <= longest:
        piece = spoken.samples[max(0, last - (steps + 1) * step) : last - steps * step]
        if not len(piece) or np.abs(piece).mean() > 0.005 * peak:
            break
        steps += 1
    return steps * 0.005


def resized(samples: np.ndarray, count: int) -> np.ndarray:
    """Return samples squeezed or stretched to so many, band limited (by Fourier transform)."""
    spectrum = np.fft.rfft(samples)[: count // 2 + 1]
    return np.fft.irfft(spectrum, count).astype(np.float32) * (count / len(samples))


@dataclass
class Shelf:
    """A corpus in the making: mel, pitch, level, and phones by utterance."""

    mel: list[np.ndarray] = field(default_factory=list)
    pitch: list[np.ndarray] = field(default_factory=list)
    level: list[np.ndarray] = field(default_factory=list)
    spans: list[tuple[int, int, float, float]] = field(default_factory=list)
    about: list[dict] = field(default_factory=list)
    sound: list[np.ndarray] = field(default_factory=list)
    """The samples themselves, kept of the test set."""

    def add(self, samples: np.ndarray, spans: list[tuple[str, float, float]], about: dict) -> None:
        """Put one utterance on the shelf; mel frames are made even in number."""
        samples = np.pad(samples, (0, -len(samples) % 320))
        mel, pitch, level = hear(samples)
        place = len(self.about)
        self.mel.append(mel.astype(np.float16))
        self.pitch.append(pitch.astype(np.float16))
        self.level.append(level.astype(np.float16))
        self.spans += [(place, INDEX[phone], start, end) for phone, start, end in spans]
        self.about.append(about)

    def extend(self, other: "Shelf") -> None:
        """Take over another shelf."""
        place = len(self.about)
        self.spans += [(place + utterance, *rest) for utterance, *rest in other.spans]
        for name in ("mel", "pitch", "level", "about"):
            getattr(self, name).extend(getattr(other, name))

    def save(self, path: Path) -> None:
        """Write everything as one .npz."""
        path.parent.mkdir(parents=True, exist_ok=True)
        bounds = np.cumsum([0, *map(len, self.mel)])
        np.savez(
            path, mel=np.concatenate(self.mel), pitch=np.concatenate(self.pitch),
            level=np.concatenate(self.level), bounds=bounds,
            spans=np.array(self.spans, np.float32).reshape(-1, 4),
            about=np.array(json.dumps(self.about)),
            sound=np.concatenate([*self.sound, np.zeros(0, np.int16)]),
            sound_bounds=np.cumsum([0, *map(len, self.sound)]),
        )  # fmt: skip
        print(f"{path}: {len(self.about)} utterances, {bounds[-1] / 360_000:.2f} h")


def sentences(data: Path | None, rng: np.random.Generator) -> Iterator[str]:
    """Yield sentences of EmoBank and lists of dictionary words, for ever."""
    read = [text for text in read_emobank("train", data=data).texts if 15 < len(text) < 220]
    root = data if data is not None else Path()
    archive = zipfile.ZipFile(root / "cmudict.zip")
    lines = archive.read("cmudict.dict").decode().splitlines()
    words = [line.split()[0] for line in lines if line[0].isalpha() and "(" not in line]
    while True:
        yield read[rng.integers(len(read))]
        if rng.random() < 0.35:
            yield " ".join(rng.choice(words, rng.integers(4, 12)))


def synthetic(data: Path, seconds: float, seed: int, *, held_out: bool) -> Shelf:
    """Make speech in voices of the training or of the test set."""
    rng = np.random.default_rng([seed, int(held_out)])
    espeak, shelf, made = Espeak(), Shelf(), 0.0
    for text in sentences(data, rng):
        if made >= seconds:
            return shelf
        language = HELD_OUT_LANGUAGE if held_out else str(rng.choice(LANGUAGES))
        variant = str(rng.choice(HELD_OUT_VARIANTS if held_out else VARIANTS))
        voice = f"{language}+{variant}" if variant else language
        rate, pitch = int(rng.integers(115, 265)), int(rng.integers(10, 95))
        spoken = espeak.say(text, voice, rate=rate, pitch=pitch)
        spans = timed_phones(spoken)
        size = float(rng.uniform(0.85, 1.2))  # a longer or shorter throat speaks lower and slower
        count = round(len(spoken.samples) * SAMPLE_RATE / spoken.sample_rate * size)
        gain = 10 ** (rng.uniform(-20, 0) / 20)
        samples = resized(spoken.samples, count) * gain
        spans = [(phone, start * size, end * size) for phone, start, end in spans]
        if held_out:
            shelf.sound.append((samples * 32767).astype(np.int16))
        shelf.add(samples, spans, {"text": text, "voice": voice, "rate": rate, "pitch": pitch})
        made += count / SAMPLE_RATE
    return shelf


def polish_words(espeak: Espeak, text: str) -> list[list[str]]:
    """Return the phones of a Polish sentence, one list a word, by espeak-ng's rules."""
    words: list[list[str]] = [[]]
    for kind, _, name in espeak.say(text, "pl").events:
        if kind == _WORD:
            words.append([])
        else:
            words[-1] += (POLISH.get(name) or IPA.get(name, "")).split()
    return [word for word in words if word]


def acted(name: str, data: Path) -> Shelf:
    """Hear a corpus of acted speech; its phones have no times yet."""
    corpus = SpeechCorpus(name, data / f"{name}{'_speech' if name == 'ravdess' else ''}_16k.zip")
    espeak, shelf, spelled = Espeak(), Shelf(), {}
    for utterance in corpus:
        about = {"text": utterance.text, "voice": utterance.speaker, "label": utterance.label}
        if name == "nemo":
            if utterance.text not in spelled:
                spelled[utterance.text] = polish_words(espeak, utterance.text)
            about["words"] = spelled[utterance.text]
        shelf.add(corpus.samples(utterance), [], about)
    return shelf


def read_sentences(data: Path) -> Shelf:
    """Hear LJSpeech's sentences; their phones have no times yet."""
    archive, shelf = zipfile.ZipFile(data / "ljspeech_16k.zip"), Shelf()
    table = next(name for name in archive.namelist() if name.endswith("metadata.csv"))
    rows = csv.reader(io.TextIOWrapper(archive.open(table), "utf-8"), delimiter="|",
                      quoting=csv.QUOTE_NONE)
    names = {Path(name).stem: name for name in archive.namelist() if name.endswith(".flac")}
    for identifier, _, text in rows:
        if identifier in names:
            samples = decode_samples(archive.read(names[identifier]))
            shelf.add(samples, [], {"text": text, "voice": "ljspeech", "name": identifier})
    return shelf


def main() -> None:
    """Make every corpus that is not there yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the corpora's zips")
    parser.add_argument("--out", type=Path, default=Path("cache/speech"))
    parser.add_argument("--hours", type=float, default=3.0, help="of synthetic speech")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    print(f"{len(PHONES)} phones")
    if not (options.out / "test.npz").exists():
        synthetic(options.data, 600, options.seed, held_out=True).save(options.out / "test.npz")
    with ProcessPoolExecutor(options.workers) as pool:
        waiting = {}
        if not (options.out / "synthetic.npz").exists():
            share = options.hours * 3600 / (2 * options.workers)
            waiting["synthetic"] = [
                pool.submit(synthetic, options.data, share, options.seed + part, held_out=False)
                for part in range(2 * options.workers)
            ]
        for name in ("ravdess", "nemo"):
            if not (options.out / f"{name}.npz").exists():
                waiting[name] = [pool.submit(acted, name, options.data)]
        if not (options.out / "ljspeech.npz").exists():
            waiting["ljspeech"] = [pool.submit(read_sentences, options.data)]
        for name, parts in waiting.items():
            shelf = Shelf()
            for part in parts:
                shelf.extend(part.result())
            shelf.save(options.out / f"{name}.npz")


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        sys.exit(f"{error}")

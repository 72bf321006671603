"""The recogniser: a file, clip or text in, what it expresses, when, how sure and who says so out.

Encoders are loaded when their sense is first needed. Files are read in segments, so an hour takes
the memory of a minute; only readings, a few hundred bytes per half second, are kept.

Shapes: N windows, C categories.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np

from emogen.errors import InputError, suggest
from emogen.evaluation.recogniser.alignment import Rows, nearest, spoken
from emogen.evaluation.recogniser.answer import Heard, answer
from emogen.evaluation.recogniser.fusion import Fusion
from emogen.evaluation.recogniser.judges import Encoder, Judge, encoder_loaders, fusion_of
from emogen.evaluation.recogniser.reading import (
    MODALITIES,
    Modality,
    ModalityReading,
    concatenate,
)
from emogen.evaluation.recogniser.recognition import Recognition
from emogen.evaluation.recogniser.segments import (
    Segment,
    clip_segments,
    file_segments,
    kind_of,
    windows,
)
from emogen.evaluation.recogniser.transcript import (
    TEXT_SUFFIXES,
    Line,
    read_text,
    read_transcript,
    sentences,
)
from emogen.media import Clip, probe

ABSTAIN_BELOW = 0.4
"""The judge says "unsure" below this confidence, unless its weights or the caller say otherwise."""


class Recogniser:
    """Runs the encoders that a source calls for and joins what they say.

    Args:
        encoders: by sense, each a function that loads the encoder, called once at first need.
        fusion: joins the readings.
        abstain_below: confidence in [0, 1] below which the answer is "unsure"; None takes the
            fusion's own.
        domains: the domain, by sense, whose calibration is used, such as ``{"voice": "nemo"}``;
            each encoder's default otherwise.
        notes: said with every answer, by sense, where that sense is read.
    """

    def __init__(
        self, encoders: Mapping[Modality, Callable[[], Encoder]], fusion: Fusion, *,
        abstain_below: float | None = None, domains: Mapping[Modality, str] | None = None,
        notes: Mapping[Modality, str] | None = None,
    ) -> None:
        self._notes = dict(notes or {})
        self._options = {name: {"domain": domain} for name, domain in (domains or {}).items()}
        self._loaders = dict(encoders)
        self._loaded: dict[Modality, Encoder] = {}
        self.fusion = fusion
        if abstain_below is None:
            abstain_below = float(fusion.config.get("abstain_below", ABSTAIN_BELOW))
        self.abstain_below = _checked_share(abstain_below)

    @classmethod
    def load(
        cls, *, judge: Judge = "main", faces: bool = False, abstain_below: float | None = None,
        domains: Mapping[Modality, str] | None = None,
        backends: Mapping[Modality, str | Path] | None = None,
    ) -> Self:
        """Return a shipped recogniser.

        Args:
            judge: the main one, or the second, which shares no weights, features or training
                split with it and is there for cross-checking.
            faces: use the research-only vision weights, which also read photographed faces.
            abstain_below: see the class.
            domains: see the class.
            backends: models that read a sense instead of the judge's own encoder, by name or
                folder; see `emogen.evaluation.backends`. Their confidence is not calibrated here.

        Raises:
            InputError: no such judge, or it has no research-only weights.
            ModelError: weights are missing or damaged.
        """
        loaders = encoder_loaders(judge, faces=faces) | {
            sense: partial(_backend, name, sense) for sense, name in (backends or {}).items()
        }
        notes = {sense: f"{sense}: read by {name}, whose confidence is not calibrated here"
                 for sense, name in (backends or {}).items()}
        return cls(loaders, fusion_of(judge), abstain_below=abstain_below, domains=domains,
                   notes=notes)

    def recognise(
        self,
        source: Path | Clip | str,
        *,
        transcript: Path | str | Sequence[Line] | None = None,
        modalities: Iterable[Modality] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Recognition:
        """Say what a source expresses.

        Args:
            source: a `Path` is a video, sound, picture or text file; a `Clip` is a clip in memory;
                a `str` is a text itself.
            transcript: what is said in it: a text or subtitle file, the words themselves, or timed
                lines. Without it words are not read: there is no speech-to-text here.
            modalities: the senses to use; None for all that the source allows.
            progress: called with the seconds of a clip that are read and its length.

        Raises:
            InputError: the source holds nothing for the senses asked for.
            MediaError: a file is missing, damaged or of another kind.
            ModelError: weights are missing or damaged.
        """
        wanted = _wanted(modalities)
        is_text = isinstance(source, str) or (
            isinstance(source, Path) and kind_of(source) == "text"
        )
        if not is_text:
            heard = self._read_media(source, transcript, wanted, progress or _quietly)
        elif transcript is not None or "words" not in wanted:
            raise InputError("a text has no transcript and nothing but words; leave both out")
        elif isinstance(source, str):
            heard = self._read_words(_as_text(source), source="text")
        else:
            heard = self._read_words(read_text(source), source=source.name)
        return answer(heard, self.fusion, abstain_below=self.abstain_below)

    def encoder(self, modality: Modality) -> Encoder:
        """Return the encoder of a sense, loaded once."""
        if modality not in self._loaded:
            if modality not in self._loaders:
                raise InputError(f"this judge has no encoder for {modality}; leave it out")
            self._loaded[modality] = self._loaders[modality]()
        return self._loaded[modality]

    def _read_words(self, text: str, *, source: str) -> Heard:
        lines = sentences(text)
        if not lines:
            raise InputError("expected a text with words in it, got none")
        notes = [self._notes[sense] for sense in ("words",) if sense in self._notes]
        reading = self._words(lines, notes)
        return Heard(
            source=source, unit="sentences", duration=float(len(lines)),
            seconds=np.array([(start + end) / 2 for start, end, _ in lines]),
            readings={"words": reading}, rows={"words": np.arange(len(lines))}, notes=notes,
        )

    def _read_media(
        self, source: Path | Clip, transcript: Path | str | Sequence[Line] | None,
        wanted: tuple[Modality, ...], progress: Callable[[int, int], None],
    ) -> Heard:
        name = source.name if isinstance(source, Path) else "clip"
        pieces, notes = _segments(source, wanted)
        parts: dict[Modality, list[ModalityReading]] = {"voice": [], "vision": []}
        stated = _length(source)
        duration = stated if wanted == ("words",) else 0.0
        for segment in pieces:
            duration = max(duration, segment.end)
            progress(round(segment.start), max(round(stated), round(duration)))
            if len(segment.frames):
                parts["vision"].append(self._look(segment))
            if len(segment.samples):
                parts["voice"].append(self._listen(segment))
        readings = {name: concatenate(found) for name, found in parts.items() if found}
        lines = _lines(transcript, duration) if "words" in wanted else []
        grid = windows(0.0, duration)
        rows: Rows = {name: nearest(grid, reading) for name, reading in readings.items()}
        if lines:
            readings["words"] = self._words(lines, notes)
            rows["words"] = spoken(grid, lines)
        notes += [note for sense, note in self._notes.items() if sense in readings]
        if not readings:
            raise InputError(
                f"nothing for {' or '.join(wanted)} in {name}: "
                f"{'; '.join(notes) or 'it holds none of that'}"
            )
        return Heard(
            source=name, unit="seconds", duration=duration, seconds=grid, readings=readings,
            rows=rows, notes=notes,
        )

    def _look(self, segment: Segment) -> ModalityReading:
        return self.encoder("vision")(
            segment.frames, seconds=segment.frame_seconds, **self._options.get("vision", {})
        )

    def _listen(self, segment: Segment) -> ModalityReading:
        centres = windows(segment.start, max(segment.end, segment.start))
        reading = self.encoder("voice")(
            segment.samples, seconds=centres - segment.samples_start,
            **self._options.get("voice", {}),
        )
        return replace(reading, seconds=reading.seconds + segment.samples_start)

    def _words(self, lines: Sequence[Line], notes: list[str]) -> ModalityReading:
        encoder = self.encoder("words")
        reading = encoder(lines, **self._options.get("words", {}))
        unread = np.flatnonzero(~reading.presence)
        if len(unread):
            refusal = getattr(encoder, "refusal", lambda line: "there is nothing to read in it")
            reason = refusal(lines[unread[0]][2])
            which = "the text is" if len(lines) == 1 else f"{len(unread)} of {len(lines)} lines are"
            notes.append(f"words: {which} not read: {reason}")
        return reading


def _backend(name: str | Path, sense: Modality) -> Encoder:
    """Load a big model that reads a sense."""
    from emogen.evaluation.backends import load_backend  # transformers takes seconds to import

    return load_backend(name, modality=sense)


def _segments(
    source: Path | Clip, wanted: tuple[Modality, ...]
) -> tuple[Iterable[Segment], list[str]]:
    """Return the segments of a source and what is to be said about it."""
    look, listen = "vision" in wanted, "voice" in wanted
    if not look and not listen:
        return [], []
    if isinstance(source, Clip):
        notes = ["voice: the clip is silent"] if listen and source.audio is None else []
        return clip_segments(source, pictures=look, sound=listen), notes
    kind = kind_of(source)
    notes = []
    if kind == "image" and look:
        notes.append("vision: one picture, so there is no timeline")
    if kind == "video" and listen and probe(source).audio is None:
        notes.append("voice: the video has no sound")
    return file_segments(source, pictures=look, sound=listen), notes


def _quietly(done: int, total: int) -> None:
    del done, total


def _length(source: Path | Clip) -> float:
    """Return how many seconds a source lasts without decoding it."""
    if isinstance(source, Clip):
        return source.duration
    return 0.0 if kind_of(source) == "image" else probe(source).duration


def _wanted(modalities: Iterable[Modality] | None) -> tuple[Modality, ...]:
    if modalities is None:
        return MODALITIES
    chosen = tuple(dict.fromkeys(modalities))
    for name in chosen:
        if name not in MODALITIES:
            hint = suggest(str(name), MODALITIES) or "."
            raise InputError(f"unknown modality {name!r}{hint} Known: {', '.join(MODALITIES)}")
    if not chosen:
        raise InputError(f"expected at least one modality of {', '.join(MODALITIES)}, got none")
    return chosen


def _as_text(source: str) -> str:
    """Return a text, unless it looks like the name of a file."""
    looks_like_a_file = " " not in source.strip() and Path(source[:200]).suffix.lower() in {
        *TEXT_SUFFIXES, ".mp4", ".webm", ".mov", ".mkv", ".gif", ".webp", ".png", ".jpg", ".jpeg",
        ".wav", ".flac", ".mp3", ".m4a", ".ogg", ".opus",
    }  # fmt: skip
    if looks_like_a_file:
        raise InputError(f"expected a text, got what looks like a file: {source!r}; use Path(...)")
    return source


def _lines(transcript: Path | str | Sequence[Line] | None, duration: float) -> list[Line]:
    if transcript is None:
        return []
    if isinstance(transcript, Path):
        return read_transcript(transcript, seconds=duration)
    if isinstance(transcript, str):
        return [(0.0, max(duration, 0.1), transcript)] if transcript.strip() else []
    return sorted(transcript)


def _checked_share(value: float) -> float:
    if not 0 <= value <= 1:
        raise InputError(f"expected a confidence of 0 to 1, got {value}; 0 never abstains")
    return value

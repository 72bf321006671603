"""Audio to motion: sound in blocks of any length in, a face's motion at 25 frames a second out.

    samples -> HearingStream -> mel, pitch -> Ear -> phones (-> sharpened by a transcript)
            -> conditions -> Flow, window by window -> rules, blinks, gaze -> MotionTrack

Windows are two seconds long and are handed ten frames of the one before, so memory is that of a few
seconds however long the sound is. Everything is drawn from the seed and lies at fixed places of the
sound: the same samples give the same track in one piece or in many.
"""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from emogen.emotion import Trajectory
from emogen.errors import InputError
from emogen.media.stream import checked_sound, iterate_samples
from emogen.motion import schema
from emogen.motion.alignment import Alignment, align
from emogen.motion.flow import NEW, Guidance
from emogen.motion.hearing import Hearing
from emogen.motion.idle import IdleSettings
from emogen.motion.lexicon import transcribed
from emogen.motion.phones import PhoneSpan
from emogen.motion.track import MotionTrack, join
from emogen.motion.weights import Speaker, load_speaker
from emogen.motion.windows import WindowMaker, vectors_of


@dataclass(frozen=True, kw_only=True)
class MotionSettings:
    """How a face moves.

    Attributes:
        seed: decides everything that is drawn.
        guidance: how the flow is sampled.
        idle: blinks, gaze and breath.
        head: factor of the head's motion, 0 (still) to 2.
        mouth: factor of the mouth's opening, 0.3 to 1.7.
    """

    seed: int = 0
    guidance: Guidance = field(default_factory=Guidance)
    idle: IdleSettings = field(default_factory=IdleSettings)
    head: float = 1.0
    mouth: float = 1.0

    def __post_init__(self) -> None:
        """Check the factors."""
        if not 0 <= self.head <= 2 or not 0.3 <= self.mouth <= 1.7:
            raise InputError(
                f"expected a head factor in [0, 2] and a mouth factor in [0.3, 1.7],"
                f" got {self.head:g} and {self.mouth:g}"
            )


class AudioToMotion:
    """Moves a face to speech.

    Args:
        speaker: trained networks; by default the shipped ones.
    """

    def __init__(self, speaker: Speaker | None = None) -> None:
        self.speaker = speaker or load_speaker()

    def stream(
        self,
        blocks: Iterable[np.ndarray],
        *,
        emotion: Trajectory | np.ndarray | None = None,
        spans: Sequence[PhoneSpan] = (),
        settings: MotionSettings | None = None,
    ) -> Iterator[MotionTrack]:
        """Yield the motion of a sound, about two seconds at a time, while it arrives.

        A stretch comes out once the sound is about four seconds ahead of its beginning.

        Args:
            blocks: float32 [S], mono, 16 kHz, of any lengths.
            emotion: a curve, or vectors [T, 12]; what lasts too short stays at its end.
            spans: phones with their times, such as `align` finds; they sharpen the mouth.
            settings: seed, guidance and how lively.

        Raises:
            InputError: a block is no sound, or there is none at all.
        """
        settings = settings or MotionSettings()
        vectors = vectors_of(emotion)
        maker = WindowMaker(self.speaker, seed=settings.seed, guidance=settings.guidance,
                            idle=settings.idle, spans=spans, vectors=vectors)  # fmt: skip
        hearing = Hearing(maker.reach)
        for block in blocks:
            hearing.push(checked_sound(block))
            while hearing.reaches((maker.count + 1) * NEW):
                yield self._track(maker, hearing, settings)
        if not hearing.num_samples:
            raise InputError("expected sound to move to, got no samples; the file may be empty")
        hearing.finish()
        while maker.count * NEW < hearing.num_frames:
            yield self._track(maker, hearing, settings)

    def animate(
        self,
        sound: str | Path | np.ndarray,
        *,
        emotion: Trajectory | np.ndarray | None = None,
        transcript: str | None = None,
        settings: MotionSettings | None = None,
    ) -> MotionTrack:
        """Return the motion of a whole sound.

        Args:
            sound: any file with sound that FFmpeg reads, or float32 [S], mono, 16 kHz.
            emotion: see `stream`.
            transcript: the English words that are spoken; they sharpen the mouth. One that does
                not fit the sound is not used, which is warned of and kept in the provenance.
            settings: see `stream`.

        Raises:
            MediaError: the file cannot be read.
            InputError: the samples are no sound, or the transcript has no words.
        """
        settings = settings or MotionSettings()
        found = None if transcript is None else self.align(sound, transcript)
        spans = found.spans if found is not None and found.plausible else ()
        if found is not None and not found.plausible:
            warnings.warn(
                f"the transcript does not fit the sound (score {found.score:.1f}); its words are"
                " not used",
                stacklevel=2,
            )
        tracks = self.stream(_blocks(sound), emotion=emotion, spans=spans, settings=settings)
        track = join(list(tracks))
        if found is not None:
            about = {"transcript": "used" if spans else "refused", "score": round(found.score, 3)}
            track = replace(track, provenance=track.provenance | about)
        return track

    def align(self, sound: str | Path | np.ndarray, transcript: str) -> Alignment:
        """Return when the phones of a transcript sound; 8 kB of memory a second are needed.

        Raises:
            InputError: the transcript has no English words, or too many for the sound.
        """
        words = transcribed(transcript)
        if not words:
            raise InputError(
                "expected a transcript with English words, got none; leave the transcript out"
            )
        return align(self.posteriors(_blocks(sound)), words)

    def posteriors(self, blocks: Iterable[np.ndarray]) -> np.ndarray:
        """Return how likely each phone is, float32 [J, P], 50 frames a second, of a whole sound."""
        maker = WindowMaker(self.speaker)
        hearing = Hearing(maker.reach)
        pieces = []
        for block in blocks:
            hearing.push(checked_sound(block))
            while hearing.reaches((len(pieces) + 1) * NEW):
                pieces.append(maker.phones(hearing, len(pieces)))
        hearing.finish()
        while len(pieces) * NEW < hearing.num_frames:
            pieces.append(maker.phones(hearing, len(pieces)))
        if not pieces:
            raise InputError("expected sound to listen to, got no samples")
        return np.concatenate(pieces)[: 2 * hearing.num_frames]

    def _track(
        self, maker: WindowMaker, hearing: Hearing, settings: MotionSettings
    ) -> MotionTrack:
        first = maker.count * NEW
        values, vectors = maker.make(hearing)
        if hearing.ended:
            values, vectors = (rows[: hearing.num_frames - first] for rows in (values, vectors))
        head = schema.columns("head")
        opening = [schema.index("AU25"), schema.index("AU26")]
        values[:, head] *= settings.head
        values[:, opening] *= settings.mouth
        neutral = 1 - vectors[:, :8].sum(1, keepdims=True)
        emotion = np.concatenate([vectors[:, :8], neutral], axis=1)
        about = {"maker": "emogen a2m", "seed": settings.seed, "steps": settings.guidance.steps}
        return MotionTrack(values=schema.clamp(values), emotion=emotion, provenance=about)


def _blocks(sound: str | Path | np.ndarray) -> Iterable[np.ndarray]:
    return [sound] if isinstance(sound, np.ndarray) else iterate_samples(sound)

"""What is asked for in a campaign: a protocol file (YAML) in, a list of clip requests out.

A protocol has parts; a part crosses prompts with emotions, strengths and seeds and says what its
clips measure. Seeds differ from prompt to prompt and are the same for all emotions of a prompt, so
that within a prompt only the request differs. Everything that is wrong in a file is told at once,
each with its line.
"""

import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from emogen.emotion import MIKELS, Trajectory, parse
from emogen.errors import InputError

Measure = Literal["category", "intensity", "curve", "neutral"]
MAX_REQUESTS = 20_000
_ANY_SECONDS = 2.0
"""A length at which curves without times can be read, to check them."""


class Strict(BaseModel):
    """A model that takes no key it does not know and no number that is none."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _as_prompt(value: object) -> object:
    return {"text": value} if isinstance(value, str) else value


class Prompt(Strict):
    """What is seen.

    Attributes:
        text: the prompt without a word about emotion.
        type: group that is also reported by itself, for example ``sticker``.
        draw: kind that the built-in renderer draws for the ceiling, for example ``cat``.
    """

    text: Annotated[str, Field(min_length=1, max_length=2000)]
    type: Annotated[str, Field(min_length=1, max_length=60)] | None = None
    draw: Annotated[str, Field(min_length=1, max_length=60)] | None = None


class ClipSettings(Strict):
    """How clips are made; what is not given takes the model's default."""

    width: Annotated[int, Field(ge=16, le=4096, multiple_of=16)] | None = None
    height: Annotated[int, Field(ge=16, le=4096, multiple_of=16)] | None = None
    num_frames: Annotated[int, Field(ge=5, le=1025)] | None = None
    fps: Annotated[float, Field(ge=1, le=120)] | None = None
    steps: Annotated[int, Field(ge=1, le=200)] | None = None
    guidance_scale: Annotated[float, Field(ge=0, le=30)] | None = None
    emotion_guidance_scale: Annotated[float, Field(ge=0, le=30)] | None = None

    @field_validator("num_frames")
    @classmethod
    def _four_and_one(cls, value: int | None) -> int | None:
        if value is not None and value % 4 != 1:
            raise ValueError(f"expected 4k+1 frames, use {value // 4 * 4 + 1}")
        return value

    def given(self) -> dict[str, int | float]:
        """Return the settings that were given."""
        return self.model_dump(exclude_none=True)


class Part(Strict):
    """Requests of one kind.

    Attributes:
        name: how the part is called in rows.
        measures: ``category``: one of Mikels' eight is asked, EA-8 and EA-2 count it; ``intensity``
            the same in several strengths; ``curve``: the emotion changes; ``neutral``: none asked.
        prompts: what is seen, a text or a mapping.
        emotions: names of Mikels' eight or, for curves, the notation (``sadness:0.9 -> awe:0.9``).
        intensities: strengths in (0, 1] of the emotions; curves write their own.
        seeds_per_prompt: clips of each request, with different noise.
        first_seed: seed of the first prompt; the following prompts take the following seeds.
        combine: ``cross`` every prompt with every emotion, or ``zip`` the first with the first.
        thin: keep one of so many combinations, along diagonals, so that every prompt and every
            emotion stays; all strengths and seeds of a kept one stay.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    measures: Measure
    prompts: Annotated[
        tuple[Annotated[Prompt, BeforeValidator(_as_prompt)], ...], Field(min_length=1)
    ]
    emotions: tuple[str, ...] = ()
    intensities: Annotated[
        tuple[Annotated[float, Field(gt=0, le=1)], ...], Field(min_length=1)
    ] = (0.9,)
    seeds_per_prompt: Annotated[int, Field(ge=1, le=1000)] = 1
    first_seed: Annotated[int, Field(ge=0, lt=2**62)] = 0
    combine: Literal["cross", "zip"] = "cross"
    thin: Annotated[int, Field(ge=1, le=100)] = 1

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.measures == "neutral":
            if self.emotions:
                raise ValueError("expected no emotions in a neutral part; remove them")
        elif not self.emotions:
            raise ValueError(f"expected emotions in a part that measures {self.measures}")
        if self.measures == "intensity" and len(set(self.intensities)) < 2:
            raise ValueError("expected at least two intensities to compare, such as [0.3, 0.9]")
        if self.combine == "zip" and len(self.prompts) != len(self.emotions):
            raise ValueError(
                f"expected as many prompts as emotions to zip, got {len(self.prompts)} and "
                f"{len(self.emotions)}"
            )
        for name in self.emotions:
            _check_emotion(name, self.measures)
        return self

    def requests(self) -> list["ClipRequest"]:
        """Return the requests of this part, prompt by prompt."""
        found = []
        for row, prompt in enumerate(self.prompts):
            seed = self.first_seed + row * self.seeds_per_prompt
            seeds = range(seed, seed + self.seeds_per_prompt)
            for emotion in self._emotions_of(row):
                found += [
                    self._request(prompt, emotion, strength, seed)
                    for strength in self._strengths() for seed in seeds
                ]
        return found

    def _strengths(self) -> tuple[float | None, ...]:
        return self.intensities if self.measures in {"category", "intensity"} else (None,)

    def _emotions_of(self, row: int) -> list[str]:
        emotions = self.emotions or ("neutral",)
        if self.combine == "zip":
            return [emotions[row]] if row % self.thin == 0 else []
        return [name for place, name in enumerate(emotions) if (row + place) % self.thin == 0]

    def _request(
        self, prompt: Prompt, emotion: str, strength: float | None, seed: int
    ) -> "ClipRequest":
        return ClipRequest(
            part=self.name, measures=self.measures, prompt=prompt.text, type=prompt.type,
            draw=prompt.draw, emotion=emotion if strength is None else f"{emotion}:{strength:g}",
            intensity=strength, seed=seed,
        )


def _check_emotion(name: str, measures: Measure) -> None:
    if measures == "curve":
        if len(parse(name, seconds=_ANY_SECONDS).keyframes) < 2:
            raise ValueError(f"expected a curve such as 'fear:0.9 -> awe:0.9', got {name!r}")
    elif name not in MIKELS:
        raise ValueError(f"expected one of {', '.join(MIKELS)}, got {name!r}")


@dataclass(frozen=True, kw_only=True)
class ClipRequest:
    """One clip that is asked for.

    Attributes:
        part: name of the part of the protocol.
        measures: which figures it serves.
        prompt: what is seen.
        emotion: what is felt, in the notation; ``neutral`` for none.
        seed: of the noise; None where clips were made elsewhere without one.
        intensity: strength of a category, None for curves and neutral.
        type: group of the prompt, or None.
        draw: kind that the renderer draws, or None.
    """

    part: str
    measures: Measure
    prompt: str
    emotion: str
    seed: int | None
    intensity: float | None = None
    type: str | None = None
    draw: str | None = None

    @property
    def asked(self) -> str | None:
        """The category asked for, None for curves and neutral."""
        if self.measures in {"category", "intensity"}:
            return self.emotion.partition(":")[0]
        return None

    @property
    def key(self) -> str:
        """A file name without suffix, different for every request of a protocol.

        >>> ClipRequest(part="grid", measures="category", prompt="A red cat", emotion="fear:0.9",
        ...             seed=7, intensity=0.9).key
        'a-red-cat-fear-0-9-7-7ca3c9'
        """
        identity = repr((self.part, self.prompt, self.emotion, self.seed)).encode()
        prompt, emotion = _slug(self.prompt)[:32].strip("-"), _slug(self.emotion)[:32].strip("-")
        words = f"{prompt}-{emotion}-{self.seed}"
        return f"{words}-{hashlib.sha256(identity).hexdigest()[:6]}"

    @property
    def pair(self) -> tuple[str, str, str, int | None]:
        """What a clip of another system must share to be compared with this one."""
        return self.measures, self.prompt, self.emotion, self.seed

    def trajectory(self, seconds: float) -> Trajectory:
        """Return the emotion over a clip of this length."""
        return parse(self.emotion, seconds=seconds)


def _slug(text: str) -> str:
    return re.sub(r"[\W_]+", "-", text.lower()).strip("-")


class Protocol(Strict):
    """A protocol file.

    Attributes:
        name: what it is called.
        description: what it measures and why.
        clip: how clips are made.
        parts: requests of each kind.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    description: Annotated[str, Field(max_length=2000)] = ""
    clip: ClipSettings = ClipSettings()
    parts: Annotated[tuple[Part, ...], Field(min_length=1)]

    def requests(self) -> list[ClipRequest]:
        """Return every request in the order of the file.

        Raises:
            InputError: two are the same, or there are more than anybody can render.
        """
        found = [request for part in self.parts for request in part.requests()]
        counts = Counter(request.key for request in found)
        twice = [key for key, count in counts.items() if count > 1]
        if twice:
            raise InputError(
                f"expected different requests, got {twice[0]} twice in the protocol {self.name};"
                " change a seed"
            )
        if not 0 < len(found) <= MAX_REQUESTS:
            raise InputError(
                f"expected 1 to {MAX_REQUESTS} clips in the protocol {self.name}, got {len(found)}"
            )
        return found

    def document(self) -> dict[str, Any]:
        """Return the protocol as plain JSON values, with every default spelled out."""
        return self.model_dump(mode="json")


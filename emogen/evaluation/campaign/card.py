"""The run card: every version, hash, seed and the command of a campaign, beside its rows."""

import hashlib
import json
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError

import emogen
from emogen.errors import InputError
from emogen.evaluation.campaign.plan import ClipRequest, Protocol, Strict
from emogen.evaluation.tables import machine, write_result

CARD = "run.json"
LIBRARIES = ("torch", "numpy", "diffusers", "transformers", "av", "pillow")


class Generator(Strict):
    """Who made the clips.

    Attributes:
        kind: a model, or a folder of clips made before.
        name: without its path.
        sha256: of the model's weights and settings, None for a folder.
        settings: how clips were sampled, all defaults filled in.
    """

    kind: Literal["model", "folder"]
    name: str
    sha256: str | None = None
    settings: dict[str, float | int | str | None] = Field(default_factory=dict)


class RunCard(Strict):
    """What a campaign was made with.

    Attributes:
        command: the words that were typed.
        protocol: name, hash and number of clips.
        protocol_document: the protocol with every default, None where clips said what was asked.
        seeds: smallest and largest seed of the noise, None where none is known.
        ceiling: what the ceiling is made of, None where there is none.
        reference: name of the folder of real clips for the Frechet distance, or None.
    """

    schema_version: Literal[1] = 1
    emogen: str
    libraries: dict[str, str]
    python: str
    machine: dict[str, str | int]
    command: tuple[str, ...]
    started: str
    finished: str | None = None
    protocol: dict[str, str | int]
    protocol_document: dict[str, Any] | None
    generator: Generator
    seeds: tuple[int, int] | None
    ceiling: str | None = None
    reference: str | None = None

    def done(self) -> Self:
        """Return the card with the time at which the run ended."""
        return self.model_copy(update={"finished": now()})


def new_card(
    *,
    protocol: Protocol | None,
    requests: list[ClipRequest],
    generator: Generator,
    command: list[str],
    ceiling: str | None = None,
    reference: str | None = None,
) -> RunCard:
    """Return the card of a run that begins now."""
    document = None if protocol is None else protocol.document()
    seeds = [request.seed for request in requests if request.seed is not None]
    return RunCard(
        emogen=emogen.__version__,
        libraries={name: found for name in LIBRARIES if (found := _version(name))},
        python=f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        machine=machine(),
        command=tuple(command),
        started=now(),
        protocol={
            "name": "clips" if protocol is None else protocol.name,
            "sha256": requests_hash(requests),
            "clips": len(requests),
        },
        protocol_document=document,
        generator=generator,
        seeds=(min(seeds), max(seeds)) if seeds else None,
        ceiling=ceiling,
        reference=reference,
    )


def requests_hash(requests: list[ClipRequest]) -> str:
    """Return the SHA-256 of what is asked for: the same for the same requests in any spelling."""
    return hashlib.sha256("\n".join(repr(request) for request in requests).encode()).hexdigest()


def now() -> str:
    """Return the time in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def write_card(folder: str | Path, card: RunCard) -> Path:
    """Write the card of a campaign, whole or not at all."""
    return write_result(Path(folder) / CARD, card.model_dump(mode="json"))


def read_card(folder: str | Path) -> RunCard | None:
    """Return the card of a campaign, None where there is none.

    Raises:
        InputError: the file is no run card.
    """
    path = Path(folder) / CARD
    if not path.is_file():
        return None
    try:
        return RunCard.model_validate(json.loads(path.read_bytes()))
    except (ValidationError, ValueError, RecursionError) as error:
        raise InputError(f"expected a run card in {path}, got something else; remove it") from error


def check_same(before: RunCard | None, card: RunCard, folder: str | Path) -> None:
    """Raise an InputError where a folder holds another campaign than the one that begins."""
    if before is None:
        return
    differs = [
        name
        for name, old, new in (
            ("protocol", before.protocol["sha256"], card.protocol["sha256"]),
            ("model", before.generator.sha256, card.generator.sha256),
            ("settings", before.generator.settings, card.generator.settings),
        )
        if old != new
    ]
    if differs:
        raise InputError(
            f"{str(folder)!r} holds a run with another {' and '.join(differs)}; name another folder"
            " with -o, or remove that one"
        )


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None

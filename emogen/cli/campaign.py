"""One campaign from the command line: options in, a checked plan, then clips and rows out."""

import os
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from emogen.cli.checks import check_adapter, locate_model
from emogen.cli.progress import Stages
from emogen.cli.record import folder_record
from emogen.errors import EmogenError, InputError
from emogen.evaluation.campaign import (
    ClipRequest,
    Generator,
    Judge,
    Protocol,
    Row,
    RunCard,
    check_same,
    drawable,
    drawn_source,
    find_clips,
    folder_source,
    load_protocol,
    new_card,
    path_source,
    read_card,
    requests_of,
    run_campaign,
    write_card,
)
from emogen.evaluation.campaign.run import Source
from emogen.evaluation.campaign.sources import SUFFIXES
from emogen.evaluation.campaign.summary import CEILING, REFERENCE
from emogen.media import Clip

if TYPE_CHECKING:
    from emogen.pipelines import EmotionalVideoPipeline

OUTPUTS = Path("outputs")
LARGEST_DRAWN = 256
Numbers = dict[str, float | int | None]


@dataclass(frozen=True, kw_only=True)
class Campaigning:
    """A campaign that was checked and can begin.

    Attributes:
        folder: where it goes.
        requests: what is asked for.
        source: gets the clip of a request.
        card: how it is run.
        ceiling: ``drawn``, a folder, or None.
        reference: a folder of real clips, or None.
        protocol: the protocol, None where clips say what is asked.
    """

    folder: Path
    requests: list[ClipRequest]
    source: Source
    card: RunCard
    ceiling: str | None
    reference: Path | None
    protocol: Protocol | None

    @classmethod
    def plan(  # noqa: PLR0913 - one argument an option
        cls, name: str | None, *, clips: Path | None, model: str, adapter: Path | None,
        output: Path | None, ceiling: str, reference: Path | None, settings: Numbers,
    ) -> Self:
        """Check everything that can be checked before a model is loaded.

        Raises:
            InputError: an option cannot be used, with a remedy.
        """
        if name is None and clips is None:
            raise InputError("expected a protocol (quick, full, emovid or a file) or --clips DIR")
        protocol = None if name is None else load_protocol(name)
        if clips is None:
            requests, source = protocol.requests(), None
            generator = _model(model, adapter, protocol, settings)
        else:
            requests, source = _of_folder(clips, protocol)
            generator = Generator(kind="folder", name=clips.resolve().name)
        chosen = _ceiling(ceiling, requests)
        if reference is not None:
            _check_folder(reference, "--reference")
        card = new_card(
            protocol=protocol, requests=requests, generator=generator,
            command=["emogen", *sys.argv[1:]],
            ceiling=chosen if chosen in {None, "drawn"} else Path(chosen).resolve().name,
            reference=None if reference is None else reference.resolve().name,
        )
        made_by = Path(generator.name).name
        folder = output or OUTPUTS / f"{card.protocol['name']}-{made_by}"
        _check_output(folder, card)
        return cls(
            folder=folder, requests=requests, card=card, ceiling=chosen, reference=reference,
            protocol=protocol, source=source or _generating(model, adapter, generator),
        )

    def run(self, *, rejudge: bool = False) -> list[Row]:
        """Make or read all clips, judge them, and return their rows.

        Raises:
            EmogenError: not a single clip could be made and judged.
        """
        judges = load_judges()
        with Stages() as stages:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_card(self.folder, self.card)
            rows = run_campaign(
                self.requests, source=self.source, judges=judges, folder=self.folder,
                rejudge=rejudge, progress=_telling(stages, "clips"),
            )
            finished = [row for row in rows if row.is_finished]
            if not finished:
                raise EmogenError(f"all {len(rows)} clips failed, the first: {rows[0].error}")
            self._beside(finished[0], judges, stages, rejudge=rejudge)
        write_card(self.folder, self.card.done())
        return rows

    def _beside(
        self, example: Row, judges: dict[str, Judge], stages: Stages, *, rejudge: bool
    ) -> None:
        """Judge the ceiling and the reference, drawn in the size and length of an example."""
        options = {"judges": judges, "rejudge": rejudge}
        if self.ceiling == "drawn":
            picture = example.picture
            source = drawn_source(
                num_frames=max(picture.num_frames // 4 * 4 + 1, 5) if picture.num_frames % 4 != 1
                else picture.num_frames,
                fps=picture.fps, size=min(LARGEST_DRAWN, max(64, picture.height // 2 * 2)),
            )
            run_campaign(
                drawable(self.requests), source=source, folder=self.folder / CEILING,
                progress=_telling(stages, "ceiling"), **options,
            )
        elif self.ceiling is not None:
            pairs = requests_of(find_clips(self.ceiling))
            run_campaign(
                [request for request, _ in pairs], source=path_source(pairs),
                folder=self.folder / CEILING, progress=_telling(stages, "ceiling"), **options,
            )
        if self.reference is not None:
            pairs = _unlabelled(self.reference)
            run_campaign(
                [request for request, _ in pairs], source=path_source(pairs),
                folder=self.folder / REFERENCE, progress=_telling(stages, "reference"), **options,
            )


def load_judges() -> dict[str, Judge]:
    """Return the two shipped judges."""
    from emogen.evaluation.campaign.shipped import shipped_judges

    return shipped_judges()


def _of_folder(
    clips: Path, protocol: Protocol | None
) -> tuple[list[ClipRequest], Source]:
    found = find_clips(clips)
    if protocol is not None:
        return protocol.requests(), folder_source(found, folder=clips)
    pairs = requests_of(found)
    return [request for request, _ in pairs], path_source(pairs)


def _unlabelled(folder: Path) -> list[tuple[ClipRequest, Path]]:
    """Return real clips as requests that ask for nothing; numbers keep them apart."""
    found = find_clips(folder, labelled=False)
    return [
        (ClipRequest(part="reference", measures="neutral", prompt=clip.prompt, emotion="neutral",
                     seed=index), clip.path)
        for index, clip in enumerate(found)
    ]


def _model(
    model: str, adapter: Path | None, protocol: Protocol, settings: Numbers
) -> Generator:
    folder = locate_model(model)
    if adapter is not None:
        check_adapter(adapter)
    elif not (folder / "emotion_adapter").is_dir():
        raise InputError(f"the model {model!r} has no emotion adapter; give one with --adapter")
    from emogen.pipelines.loading import read_defaults  # late: what is above needs no diffusers

    given = {name: value for name, value in settings.items() if value is not None}
    resolved = asdict(read_defaults(folder)) | protocol.clip.given() | given
    if adapter is not None:
        resolved["adapter"] = folder_record(adapter, name=adapter.name).sha256
    name = model if folder.name == model else folder.resolve().name
    return Generator(
        kind="model", name=name, sha256=folder_record(folder, name=name).sha256, settings=resolved
    )


def _ceiling(chosen: str, requests: list[ClipRequest]) -> str | None:
    can_draw = bool(drawable(requests))
    if chosen == "auto":
        return "drawn" if can_draw else None
    if chosen == "none":
        return None
    if chosen == "drawn":
        if not can_draw:
            raise InputError("nothing to draw: no prompt of the protocol has 'draw'; use none")
        return chosen
    _check_folder(Path(chosen), "--ceiling")
    return chosen


def _check_folder(folder: Path, option: str) -> None:
    if not folder.is_dir():
        raise InputError(f"no folder {str(folder)!r} for {option}; name one that holds clips")
    if not any(path.suffix.lower() in SUFFIXES for path in folder.rglob("*")):
        raise InputError(f"expected clips in {str(folder)!r} for {option}, got none")


def _check_output(folder: Path, card: RunCard) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError(f"expected a folder for -o, got the file {str(folder)!r}")
    before = read_card(folder)
    if before is None and folder.is_dir() and any(folder.iterdir()):
        raise InputError(f"{str(folder)!r} holds something else than a run; name another with -o")
    check_same(before, card, folder)


def _generating(model: str, adapter: Path | None, generator: Generator) -> Source:
    """Return a source that loads the model when the first clip is to be made."""
    loaded: list[EmotionalVideoPipeline] = []
    names = ("width", "height", "num_frames", "fps", "steps", "guidance_scale",
             "emotion_guidance_scale")
    options = {name: generator.settings[name] for name in names}

    def generate(request: ClipRequest) -> Clip:
        if not loaded:
            loaded.append(_load(model, adapter))
        trajectory = request.trajectory((options["num_frames"] - 1) / options["fps"])
        return loaded[0](request.prompt, emotion=trajectory, seed=request.seed, **options)

    return generate


def _load(model: str, adapter: Path | None) -> "EmotionalVideoPipeline":
    for name in ("TRANSFORMERS_VERBOSITY", "DIFFUSERS_VERBOSITY"):
        os.environ.setdefault(name, "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    from emogen.pipelines import load_pipeline

    return load_pipeline(model, adapter=None if adapter is None else str(adapter))


def _telling(stages: Stages, name: str) -> Callable[[str, int, int], None]:
    stages(name)
    return lambda _, done, total: stages(name, done, total)

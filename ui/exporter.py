"""`python -m ui.exporter KIND CLIP TARGET`: a clip of ours in; a GIF, WebP or sticker out.

A process of its own, so that encoding neither slows nor fells the studio.
"""

import sys
from pathlib import Path

SUFFIXES = {"gif": ".gif", "webp": ".webp", "telegram": ".webm", "whatsapp": ".webp"}


def main() -> int:
    """Export one clip; exit code 2 and one line on stderr where that is not possible."""
    from emogen.errors import EmogenError

    kind, source, target = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    try:
        export(source, target, kind=kind)
    except (EmogenError, MemoryError) as error:
        print(" ".join(str(error).split()) or "out of memory", file=sys.stderr)  # noqa: T201
        return 2
    return 0


def export(source: Path, target: Path, *, kind: str) -> None:
    """Write a clip as another kind of file, its marks and parameters with it.

    Raises:
        EmogenError: the clip does not fit the kind.
    """
    from emogen.media import export_sticker, read_parameters, read_video, write_video
    from emogen.provenance import sealed

    parameters = read_parameters(source)
    if parameters is None and source.with_suffix(".json").is_file():
        from emogen.media import read_sidecar

        parameters = read_sidecar(source)
    parameters = parameters or {}
    clip = read_video(source)
    if kind in {"telegram", "whatsapp"}:
        export_sticker(clip, target, target=kind)
        sealed(target, parameters)
        return
    write_video(
        clip.muted(), target, parameters=parameters,
        finish=lambda written: sealed(written, parameters, kind=SUFFIXES[kind]) and None,
    )


if __name__ == "__main__":
    sys.exit(main())

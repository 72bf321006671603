"""`python -m ui.inspector KIND FILE [PICTURE]`: an untrusted file in; what it holds, as JSON, out.

It runs in a process of its own with little memory and little time, which its parent may kill: what
decodes hostile bytes must be nothing that anybody would miss. A picture's or clip's first frame is
written to PICTURE as a small PNG, so that the browser and the renderer meet pixels only.
"""

import json
import resource
import sys
from pathlib import Path
from typing import Any

MEMORY_BYTES = 3 << 30
CPU_S = 30
THUMBNAIL = 512


def main() -> int:
    """Inspect one file; exit code 2 and one line on stderr where it is not what it should be."""
    for what, most in ((resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CPU, CPU_S),
                       (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(what, (most, most))
    from emogen.errors import EmogenError

    kind, source = sys.argv[1], Path(sys.argv[2])
    picture = Path(sys.argv[3]) if len(sys.argv) > 3 else None
    try:
        found = INSPECTIONS[kind](source, picture)
    except (EmogenError, MemoryError) as error:
        reason = str(error).replace(str(source), "the file") or "it asks for too much memory"
        print(" ".join(reason.split()), file=sys.stderr)  # noqa: T201 - its answer
        return 2
    print(json.dumps(found, allow_nan=False))  # noqa: T201 - its answer
    return 0


def inspect_image(source: Path, picture: Path | None) -> dict[str, Any]:
    """Return the size of a picture, and write it upright and plain."""
    from emogen.media import read_image, save_image

    image = read_image(source)
    if picture is not None:
        save_image(image, picture)
    return {"width": image.shape[1], "height": image.shape[0], "seconds": 0.0}


def inspect_clip(source: Path, picture: Path | None) -> dict[str, Any]:
    """Return what a video or sound holds and how it says it was made."""
    from itertools import islice

    from emogen.errors import MediaError
    from emogen.media import image_to_frame, iterate_frames, probe, read_parameters, save_image

    info = probe(source)
    video = info.video
    seconds = max(stream.seconds for stream in (video, info.audio) if stream is not None)
    found = {
        "width": video.width if video else 0, "height": video.height if video else 0,
        "seconds": round(seconds, 3), "has_sound": info.audio is not None,
        "fps": round(video.fps, 3) if video else 0.0,
    }
    if picture is not None and video is not None:
        frame = next(iter(islice(iterate_frames(source), 1)))
        scale = min(1.0, THUMBNAIL / max(frame.shape[:2]))
        size = tuple(max(1, round(side * scale)) for side in frame.shape[1::-1])
        save_image(image_to_frame(frame[..., :3], size), picture)
    try:
        parameters = read_parameters(source)
    except MediaError:
        parameters = None
    return {**found, "parameters": parameters}


def inspect_last(source: Path, picture: Path | None) -> dict[str, Any]:
    """Write the last frame of a clip."""
    from collections import deque

    from emogen.media import iterate_frames, save_image

    frame = deque(iterate_frames(source), maxlen=1).pop()
    save_image(frame, picture)
    return {"width": frame.shape[1], "height": frame.shape[0], "seconds": 0.0}


INSPECTIONS = {"image": inspect_image, "clip": inspect_clip, "last": inspect_last}

if __name__ == "__main__":
    sys.exit(main())

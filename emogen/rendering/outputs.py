"""What clips are called: a template and a job in, a path inside the output folder out."""

import re

from emogen.errors import suggest
from emogen.rendering.job import Job

FIELDS = ("emotion", "id", "index", "kind", "name", "prompt", "seed")
_FIELD = re.compile(r"\{([^{}]*)\}")


def slug(text: str) -> str:
    """Return a short file name for a text.

    >>> slug("A red robot, in a forest!"), slug("?!")
    ('a-red-robot-in-a-forest', 'clip')
    """
    words = re.sub(r"[\W_]+", "-", text.lower()).strip("-")
    return words[:40].strip("-") or "clip"


def output_of(job: Job, *, identity: str, index: int) -> str:
    """Return the path of a job's clip inside the output folder.

    Args:
        job: its output is a template, None is "{id}".
        identity: the job's id.
        index: the job's place in its manifest, from 0.

    Raises:
        ValueError: the template names something unknown.

    >>> output_of(Job(prompt="A cat", output="{prompt}/{seed}.gif"), identity="1f", index=0)
    'a-cat/0.gif'
    """
    if job.output is None:
        return f"{identity}.json" if job.kind == "evaluate" else f"{identity}.mp4"
    if "{" not in job.output:
        return job.output
    prompt = job.prompt or " ".join(shot.prompt for shot in job.shots) or job.kind
    values = {
        "id": identity, "index": str(index), "kind": job.kind, "seed": str(job.seed),
        "prompt": slug(prompt), "name": slug(job.name or prompt),
        "emotion": slug(job.emotion or "no emotion"),
    }

    def fill(match: re.Match[str]) -> str:
        if match[1] not in values:
            hint = suggest(match[1], FIELDS) or f"; known: {', '.join(FIELDS)}"
            raise ValueError(f"unknown field {{{match[1]}}}{hint}")
        return values[match[1]]

    return _FIELD.sub(fill, job.output)

"""Which clip a job makes: its parameters and what its inputs hold in, a name no other clip has out.

The id is a hash of everything that changes pixels and of nothing else: paths do not count, what
the files hold does.
"""

import hashlib
import json
from collections.abc import Mapping

from emogen.rendering.job import Job

VERSION = 1
LENGTH = 20
"""Letters of an id: 80 bits, so among a million jobs two meet once in 10^12 times."""
INPUTS = ("image", "audio", "transcript", "portrait", "clip")
"""Settings that name a file, whose content takes the place of its name in an id."""
_OUTSIDE = {"output", "priority", "name", "score", "model", "adapter", *INPUTS}
_BINNED = (
    "kind", "model", "adapter", "size", "frames", "fps", "steps", "guidance", "emotion_guidance",
    "label", "best_of", "engine",
)


def job_id(job: Job, *, revisions: Mapping[str, str]) -> str:
    """Return the id of a job, 20 hexadecimal letters.

    Args:
        job: with the model's defaults filled in, so that saying one does not change the id.
        revisions: hash of what each named input holds, by the name of the setting: model, adapter,
            image, audio, transcript, portrait, clip; for kind evaluate also judge.

    >>> first = job_id(Job(prompt="a cat", output="a.mp4"), revisions={"model": "1f"})
    >>> first == job_id(Job(prompt=" a cat", priority=3), revisions={"model": "1f"})
    True
    >>> first == job_id(Job(prompt="a cat", seed=1), revisions={"model": "1f"})
    False
    """
    values = job.model_dump(mode="json", exclude=_OUTSIDE)
    text = json.dumps(
        {"version": VERSION, "job": values, "revisions": dict(revisions)},
        sort_keys=True, separators=(",", ":"),
    )
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


def bin_of(job: Job) -> str:
    """Return the bin of a job: jobs of one bin may share a forward.

    >>> bin_of(Job(prompt="a cat")) == bin_of(Job(prompt="a dog", seed=3, emotion="fear"))
    True
    >>> bin_of(Job(prompt="a cat")) == bin_of(Job(prompt="a cat", steps=4))
    False
    """
    shape = [getattr(job, name) for name in _BINNED]
    shape += [job.image is None, [shot.frames or shot.seconds for shot in job.shots]]
    return hashlib.sha256(json.dumps(shape).encode()).hexdigest()[:12]

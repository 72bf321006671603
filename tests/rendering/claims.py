"""Claims for tests without a store: a job in, a claim on it out."""

from emogen.rendering.ladder import Measures
from emogen.rendering.store import Claim


def claim_of(entry, *, token="00c0ffee00c0ffee", attempt=1, **measures):
    name, job = entry
    return Claim(
        id=name, job=job, token=token, attempt=attempt, worker="test", bin="bin",
        output=job.output, measures=Measures(**measures),
    )

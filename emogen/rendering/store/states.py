"""The states of a job, and those that a person can bring it into."""

from typing import Literal, get_args

State = Literal["queued", "running", "done", "failed", "quarantined", "cancelled"]
STATES: tuple[State, ...] = get_args(State)
ENDED: tuple[State, ...] = ("done", "failed", "quarantined", "cancelled")
"""States that a job leaves only where a person asks for it."""
RETRIED: tuple[State, ...] = ("failed", "quarantined")
"""What `retry` puts back into the queue where nothing else is said."""

ASKED: dict[State, frozenset[State]] = {
    "queued": frozenset({"cancelled"}),
    "running": frozenset({"cancelled"}),
    "done": frozenset({"queued", "cancelled"}),
    "failed": frozenset({"queued", "cancelled"}),
    "quarantined": frozenset({"queued", "cancelled"}),
    "cancelled": frozenset({"queued"}),
}
"""Where a person can bring a job from each state, by `retry` and `cancel`."""

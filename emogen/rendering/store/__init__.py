"""Which clip stands where: jobs in; claims, states and history out."""

from emogen.rendering.store.records import (
    Added,
    Claim,
    HistoryEntry,
    JobRecord,
    LeaseLostError,
    Running,
)
from emogen.rendering.store.states import ENDED, STATES, State
from emogen.rendering.store.store import Store, store_path

__all__ = [
    "ENDED",
    "STATES",
    "Added",
    "Claim",
    "HistoryEntry",
    "JobRecord",
    "LeaseLostError",
    "Running",
    "State",
    "Store",
    "store_path",
]

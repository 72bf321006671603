"""Numbers for people: times, sizes and plans in, words out."""

from collections.abc import Mapping
from typing import Any


def seconds_shown(seconds: float) -> str:
    """Return a time as people say it.

    >>> seconds_shown(0.4), seconds_shown(75), seconds_shown(7300)
    ('1 s', '1 min 15 s', '2 h 1 min')
    """
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def bytes_shown(count: float) -> str:
    """Return a size.

    >>> bytes_shown(3 << 20), bytes_shown(2.5 * 2**30)
    ('3 MB', '2.5 GB')
    """
    mebi = count / 2**20
    return f"{mebi:.0f} MB" if mebi < 1000 else f"{mebi / 1024:.1f} GB"


def estimate(plan: Mapping[str, Any], *, waiting_s: float = 0.0) -> str:
    """Return what a plan takes, in one line.

    Args:
        plan: as `emogen.rendering.plan.Plan.to_dict` returns it.
        waiting_s: seconds until the queue is free.
    """
    if not plan["ahead"]:
        return "This clip is there already."
    if plan["basis"].get("unknown"):
        parts = ["Time unknown: no clip of this model and size was made here yet"]
    else:
        parts = [f"About {seconds_shown(plan['seconds'])}"]
        if plan["rates_of"]:
            parts.append("by another machine's pace")
        if plan["basis"].get("scaled"):
            parts.append("scaled from another size, perhaps more")
    if plan["memory_bytes"]:
        parts.append(f"{bytes_shown(plan['memory_bytes'])} of memory")
    if plan["disk_bytes"] > plan["free_bytes"]:
        parts.append("the disk has no room for it")
    if waiting_s > 1:
        parts.append(f"{seconds_shown(waiting_s)} of others ahead")
    return "; ".join(parts) + "."

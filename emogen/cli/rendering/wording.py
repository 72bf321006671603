"""Counts, times and sizes for people: numbers in, words out."""


def counted(count: int, noun: str) -> str:
    """Return a number with its noun.

    >>> counted(1, "job"), counted(1200, "job")
    ('1 job', '1,200 jobs')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def shown_seconds(seconds: float) -> str:
    """Return a time in the two largest units that it fills.

    >>> shown_seconds(7.4), shown_seconds(95), shown_seconds(7300), shown_seconds(200000)
    ('7 s', '1 min 35 s', '2 h 1 min', '2 d 7 h')
    """
    whole = round(seconds)
    for unit, size, below, part in (("d", 86400, "h", 3600), ("h", 3600, "min", 60),
                                    ("min", 60, "s", 1)):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // part} {below}"
    return f"{whole} s"


def shown_bytes(count: float) -> str:
    """Return a size.

    >>> shown_bytes(512), shown_bytes(3 << 20)
    ('512 B', '3.0 MiB')
    """
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"

"""Learning rate over training: progress in, a factor in [0, 1] out."""


def trapezoid(
    step: int, progress: float, *, warmup: int = 100, decay: float = 0.4, floor: float = 0.02
) -> float:
    """Rise over ``warmup`` steps, hold, and fall linearly over the last ``decay`` of the progress.

    Holding keeps a run extendable: only its last part knows that it ends (Hu et al. 2024,
    arXiv 2404.06395, "warmup-stable-decay").

    Args:
        step: Steps done.
        progress: Part of the run done, in [0, 1].
        warmup: Steps of linear rise.
        decay: Part of the run that falls.
        floor: Smallest factor of the fall.

    >>> trapezoid(50, 0.1), trapezoid(500, 0.5), trapezoid(900, 1.0)
    (0.51, 1.0, 0.02)
    """
    rise = min(1.0, (step + 1) / max(warmup, 1))
    fall = min(1.0, (1 - progress) / decay) if decay > 0 else 1.0
    return min(rise, max(fall, floor))

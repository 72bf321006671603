"""How far two sets of clips lie apart: their features in, the Frechet distance out.

    d^2 = |m1 - m2|^2 + tr S1 + tr S2 - 2 tr (S1 S2)^(1/2)

between Gaussians of the features' means and covariances (Dowson and Landau 1982). With image
features it is the FID (Heusel et al. 2017, arXiv 1706.08500), with video features the FVD
(Unterthiner et al. 2018, arXiv 1812.01717).

The last trace is the sum of the square roots of the eigenvalues of S1 S2. With S = A A^T those
roots are the singular values of A1^T A2, and so no matrix root is taken, nothing turns complex and
fewer rows than D do no harm: A is the centred features over sqrt(N - 1) themselves.

Shapes: N rows of one set, M of the other, D width of features, T frames, H/W pixels.
"""

from collections.abc import Callable, Iterable

import numpy as np

from emogen.errors import InputError

VideoFeatures = Callable[[np.ndarray], np.ndarray]
"""A clip uint8 [T, H, W, 3] to its features (D,)."""


def frechet_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Return the squared Frechet distance of two sets of features, from 0 up, lower is closer.

    Covariances divide by N - 1. Few rows make it larger: compare figures of like N and M only, and
    state them (Chong and Forsyth 2020, arXiv 1911.07023).

    Args:
        first: (N, D), at least two rows.
        second: (M, D), at least two rows.

    Raises:
        InputError: other shapes, one row only, or numbers that are not finite.

    >>> round(frechet_distance([[0.0], [2.0]], [[3.0], [5.0]]), 6)
    9.0
    """
    one, other = _rows(first), _rows(second)
    if one.shape[1] != other.shape[1]:
        raise InputError(
            f"expected features of one width, got {one.shape[1]} and {other.shape[1]}; "
            "use one extractor for both sets"
        )
    return _distance(
        one.mean(axis=0), _factor(one), other.mean(axis=0), _factor(other),
    )


def frechet_distance_of_moments(
    first: tuple[np.ndarray, np.ndarray], second: tuple[np.ndarray, np.ndarray]
) -> float:
    """Return the squared Frechet distance of two Gaussians, each a mean (D,) and covariance (D, D).

    For statistics that were stored; from features `frechet_distance` is more exact. Eigenvalues
    that rounding made negative count as 0.

    >>> round(frechet_distance_of_moments((np.zeros(2), np.eye(2)), (np.ones(2), 4 * np.eye(2))), 6)
    4.0
    """
    (mean, covariance), (other_mean, other_covariance) = _moments(*first), _moments(*second)
    if mean.shape != other_mean.shape:
        raise InputError(f"expected one width, got {len(mean)} and {len(other_mean)}")
    return _distance(mean, _root(covariance), other_mean, _root(other_covariance))


def frechet_video_distance(
    first: Iterable[np.ndarray], second: Iterable[np.ndarray], *, features: VideoFeatures
) -> float:
    """Return the squared Frechet distance of two sets of clips on whatever features are given.

    Only with the I3D features of its paper is this the published FVD; name the features beside the
    figure. Clips are taken one at a time.

    Args:
        first: clips uint8 [T, H, W, 3], at least two.
        second: the same of the other set.
        features: a clip to (D,).

    >>> dark, light = np.zeros((2, 1, 4, 4, 3), np.uint8), np.full((2, 1, 4, 4, 3), 255, np.uint8)
    >>> frechet_video_distance(dark, light, features=lambda clip: clip.mean((0, 1, 2)) / 255)
    3.0
    """
    one, other = ([np.ravel(features(clip)) for clip in clips] for clips in (first, second))
    if len({len(row) for row in one + other}) > 1:
        raise InputError("expected features of one width for every clip, got several; pool over T")
    return frechet_distance(np.array(one), np.array(other))


def _distance(
    mean: np.ndarray, factor: np.ndarray, other_mean: np.ndarray, other_factor: np.ndarray
) -> float:
    """Return the distance of Gaussians whose covariances are factor^T factor, (R, D) each."""
    apart = ((mean - other_mean) ** 2).sum()
    shared = np.linalg.svd(factor @ other_factor.T, compute_uv=False).sum()
    return float(max(apart + (factor**2).sum() + (other_factor**2).sum() - 2 * shared, 0.0))


def _factor(rows: np.ndarray) -> np.ndarray:
    """Return R (R, D) with R^T R the covariance; at most D rows."""
    centred = (rows - rows.mean(axis=0)) / np.sqrt(len(rows) - 1)
    return np.linalg.qr(centred, mode="r") if len(rows) > rows.shape[1] else centred


def _root(covariance: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(covariance)
    return np.sqrt(values.clip(0))[:, None] * vectors.T


def _rows(features: np.ndarray) -> np.ndarray:
    rows = np.asarray(features, dtype=np.float64)
    if rows.ndim != 2 or len(rows) < 2 or not rows.size or not np.isfinite(rows).all():
        raise InputError(
            f"expected finite features [N, D] of at least two clips, got {list(rows.shape)}; "
            "a set of one has no covariance"
        )
    return rows


def _moments(mean: np.ndarray, covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    centre = np.asarray(mean, dtype=np.float64)
    spread = np.asarray(covariance, dtype=np.float64)
    if centre.ndim != 1 or spread.shape != 2 * centre.shape or not np.allclose(spread, spread.T):
        raise InputError(
            f"expected a mean [D] and a symmetric covariance [D, D], got {list(centre.shape)} and "
            f"{list(spread.shape)}"
        )
    return centre, spread

"""What is measured of a clip, a set of clips or a judge: arrays in, numbers out; numpy only.

Every function is pure. ``docs/metrics.md`` lists them with range, direction and source; intervals
are in `emogen.evaluation.statistics`, comparisons of systems in `emogen.evaluation.comparison`.
"""

from emogen.data.attributes import colour_attributes
from emogen.evaluation.metrics.accuracy import (
    best_thresholds,
    confusion_matrix,
    emotion_accuracy,
    emotion_hits,
    label_f1,
    macro_f1,
    multilabel_f1,
    unweighted_average_recall,
)
from emogen.evaluation.metrics.agreement import (
    CrossModalAgreement,
    PairAgreement,
    cohen_kappa,
    concordance,
    cross_modal_agreement,
    jensen_shannon,
    modality_conflict,
)
from emogen.evaluation.metrics.calibration import (
    ReliabilityBin,
    apply_temperature,
    brier_score,
    confidence_brier,
    expected_calibration_error,
    fit_temperature,
    negative_log_likelihood,
    reliability_bins,
)
from emogen.evaluation.metrics.curves import (
    CurveLag,
    Monotonicity,
    TimelineEvents,
    curve_correlation,
    curve_lag,
    emotion_drift,
    intensity_monotonicity,
    timeline_events,
)
from emogen.evaluation.metrics.frechet import (
    frechet_distance,
    frechet_distance_of_moments,
    frechet_video_distance,
)
from emogen.evaluation.metrics.preference import Strengths, bootstrap_strengths, bradley_terry
from emogen.evaluation.metrics.selective import (
    RiskCoverage,
    SelectiveAccuracy,
    accuracy_by_confidence,
    auroc,
    risk_coverage,
)
from emogen.evaluation.metrics.video import (
    Flicker,
    Identity,
    colour_difference,
    flicker,
    identity,
    neutral_drift,
)

__all__ = [
    "CrossModalAgreement",
    "CurveLag",
    "Flicker",
    "Identity",
    "Monotonicity",
    "PairAgreement",
    "ReliabilityBin",
    "RiskCoverage",
    "SelectiveAccuracy",
    "Strengths",
    "TimelineEvents",
    "accuracy_by_confidence",
    "apply_temperature",
    "auroc",
    "best_thresholds",
    "bootstrap_strengths",
    "bradley_terry",
    "brier_score",
    "cohen_kappa",
    "colour_attributes",
    "colour_difference",
    "concordance",
    "confidence_brier",
    "confusion_matrix",
    "cross_modal_agreement",
    "curve_correlation",
    "curve_lag",
    "emotion_accuracy",
    "emotion_drift",
    "emotion_hits",
    "expected_calibration_error",
    "fit_temperature",
    "flicker",
    "frechet_distance",
    "frechet_distance_of_moments",
    "frechet_video_distance",
    "identity",
    "intensity_monotonicity",
    "jensen_shannon",
    "label_f1",
    "macro_f1",
    "modality_conflict",
    "multilabel_f1",
    "negative_log_likelihood",
    "neutral_drift",
    "reliability_bins",
    "risk_coverage",
    "timeline_events",
    "unweighted_average_recall",
]

"""Did it come out as asked: clips in, what they show and how sure that is out.

Nothing here shares weights or features with a generator.
"""

from emogen.evaluation.probe import Probe, ProbeReading
from emogen.evaluation.recogniser.recogniser import Recogniser
from emogen.evaluation.recogniser.recognition import Recognition
from emogen.evaluation.statistics import (
    Estimate,
    bootstrap_mean,
    bootstrap_spearman,
    pearson,
    spearman,
    wilson,
)

__all__ = [
    "Estimate",
    "Probe",
    "ProbeReading",
    "Recogniser",
    "Recognition",
    "bootstrap_mean",
    "bootstrap_spearman",
    "pearson",
    "spearman",
    "wilson",
]

"""The same question put to people: two campaigns in, a blind page out; answers in, a result out."""

from emogen.evaluation.study.agreement import krippendorff_alpha
from emogen.evaluation.study.answers import read_study
from emogen.evaluation.study.export import Exported, export_study
from emogen.evaluation.study.pairs import Trial, choose_trials, degraded
from emogen.evaluation.study.result import Rater, StudyResult

__all__ = [
    "Exported",
    "Rater",
    "StudyResult",
    "Trial",
    "choose_trials",
    "degraded",
    "export_study",
    "krippendorff_alpha",
    "read_study",
]

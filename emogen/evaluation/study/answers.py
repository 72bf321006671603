"""Answers read back: files of raters and the key in, who wins and how sure that is out."""

import json
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from emogen.errors import InputError
from emogen.evaluation.comparison import mcnemar
from emogen.evaluation.metrics import bootstrap_strengths, bradley_terry
from emogen.evaluation.statistics import Estimate, bootstrap, bootstrap_mean, wilson
from emogen.evaluation.study.agreement import by_trial, krippendorff_alpha
from emogen.evaluation.study.result import Rater, StudyResult, percent

MAX_BYTES = 1 << 22
_PRIOR = 0.5


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Answer(_Strict):
    """One answer of a rater."""

    trial: str
    choice: Literal["left", "right", "tie"]
    seconds: Annotated[float, Field(ge=0)] = 0.0
    order: int = 0


class AnswerFile(_Strict):
    """What the page saves."""

    study: str
    rater: Annotated[str, Field(min_length=1, max_length=60)]
    started: str | None = None
    finished: str | None = None
    answers: tuple[Answer, ...]


class KeyTrial(_Strict):
    """What a trial was."""

    catch: bool
    left: Literal["A", "B", "intact", "degraded"]
    right: Literal["A", "B", "intact", "degraded"]
    prompt: str
    emotion: str
    seed: int | None


class Key(_Strict):
    """The key of a study."""

    study: str
    seed: int
    systems: dict[str, dict[str, str | None]]
    trials: dict[str, KeyTrial]


_Model = TypeVar("_Model", bound=_Strict)


def read_study(paths: Sequence[str | Path], *, key: str | Path) -> StudyResult:
    """Read answers of raters back.

    Raters who miss more than a quarter of the catch trials are dropped. Intervals resample raters
    whole where there are several, else pairs.

    Raises:
        InputError: a file is none of this study, a rater comes twice, or nobody passes.
    """
    known = _read(Path(key), Key)
    files = [_checked(_read(Path(path), AnswerFile), known, Path(path)) for path in paths]
    names = [file.rater for file in files]
    twice = [name for name in names if names.count(name) > 1]
    if not files or twice:
        raise InputError(
            f"expected one file a rater, got two by {twice[0]!r}; leave one out" if twice
            else "expected files with answers, got none"
        )
    raters = [_rater(file, known) for file in files]
    kept = [file for file, rater in zip(files, raters, strict=True) if rater.passes]
    votes = [
        (file.rater, answer.trial, _chosen(answer, known), answer.choice)
        for file in kept for answer in file.answers if not known.trials[answer.trial].catch
    ]
    if not votes:
        told = ", ".join(f"{rater.name} {rater.caught} of {rater.catch}" for rater in raters)
        raise InputError(
            f"no answers left: every rater missed too many catch trials ({told}); ask others"
        )
    return _result(votes, raters, known)


def _read(path: Path, model: type[_Model]) -> _Model:
    if not path.is_file():
        raise InputError(f"no such file: {path}")
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"expected a file of at most {MAX_BYTES >> 20} MiB, got {path}")
    what = "the key of a study" if model is Key else "answers that the page of a study saved"
    try:
        return model.model_validate(json.loads(path.read_bytes()))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        raise InputError(f"expected {what} in {path}, got a wrong {where!r} ({first['msg']})"
                         ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"expected {what} in {path}, got no JSON") from error


def _checked(file: AnswerFile, key: Key, path: Path) -> AnswerFile:
    if file.study != key.study:
        raise InputError(f"{path} answers the study {file.study}, the key is of {key.study}")
    named = [answer.trial for answer in file.answers]
    unknown = sorted(set(named) - set(key.trials))
    if unknown or len(set(named)) < len(named):
        raise InputError(f"expected each trial of the study once in {path}, got"
                         f" {unknown[0] if unknown else 'one twice'}")
    return file


def _chosen(answer: Answer, key: Key) -> str:
    if answer.choice == "tie":
        return "tie"
    trial = key.trials[answer.trial]
    return trial.left if answer.choice == "left" else trial.right


def _rater(file: AnswerFile, key: Key) -> Rater:
    catch = [answer for answer in file.answers if key.trials[answer.trial].catch]
    return Rater(
        name=file.rater, answered=len(file.answers) - len(catch), catch=len(catch),
        caught=sum(_chosen(answer, key) == "intact" for answer in catch),
    )


def _result(
    votes: list[tuple[str, str, str, str]], raters: list[Rater], key: Key
) -> StudyResult:
    people, trials, chosen, sides = zip(*votes, strict=True)
    notes: list[str] = []
    clusters = people if len(set(people)) > 1 else trials
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        shares = {
            name: bootstrap_mean([float(vote == name) for vote in chosen], clusters)
            for name in ("A", "B", "tie")
        }
        alpha = _alpha(trials, chosen)
    notes += dict.fromkeys(str(entry.message) for entry in caught)
    won = _trials_won(trials, chosen)
    taken = [side for side in sides if side != "tie"]
    left = wilson(taken.count("left"), len(taken)) if taken else None
    if left is not None and not left.low <= 0.5 <= left.high:
        notes.append(f"the left side was chosen in {percent(left)}: raters lean to a side")
    incomplete = sum(rater.answered < sum(not t.catch for t in key.trials.values())
                     for rater in raters)
    if incomplete:
        notes.append(f"{incomplete} raters left questions out")
    wins = [1] * won[0] + [0] * won[1], [0] * won[0] + [1] * won[1]
    return StudyResult(
        systems=(key.systems["A"]["name"] or "A", key.systems["B"]["name"] or "B"), raters=raters,
        shares=shares, preference=_preference(chosen, clusters, notes), trials_won=won,
        sign_test=mcnemar(*wins).p_value if any(won) else 1.0, alpha=alpha, left=left, notes=notes,
    )


def _preference(
    chosen: Sequence[str], clusters: Sequence[str], notes: list[str]
) -> Estimate:
    """Return P(B over A) with the wider of its Wald and its cluster bootstrap interval."""
    scores = {"A": 0.0, "B": 1.0, "tie": 0.5}
    answers = [("B", "A", scores[name]) for name in chosen]
    try:
        single = bradley_terry(answers).preference("B", "A")
    except InputError:
        notes.append("one system never wins: half a preference was added to each side")
        single = bradley_terry(answers, prior=_PRIOR).preference("B", "A")
    if len(set(clusters)) < 2:
        return single
    strength = bootstrap_strengths(answers, clusters, prior=_PRIOR, resamples=500)["B"]
    low, high = (float(1 / (1 + np.exp(-2 * end))) for end in (strength.low, strength.high))
    grouped = replace(single, low=min(low, single.value), high=max(high, single.value))
    return max(single, grouped, key=lambda found: found.high - found.low)


def _trials_won(trials: Sequence[str], chosen: Sequence[str]) -> tuple[int, int]:
    won = {"A": 0, "B": 0}
    for votes in by_trial(list(zip(trials, chosen, strict=True))).values():
        lead = votes.count("B") - votes.count("A")
        if lead:
            won["B" if lead > 0 else "A"] += 1
    return won["A"], won["B"]


def _alpha(trials: Sequence[str], chosen: Sequence[str]) -> Estimate | None:
    """Return agreement with an interval over trials, None where it is not defined."""
    groups = [votes for votes in by_trial(list(zip(trials, chosen, strict=True))).values()
              if len(votes) > 1]
    if len(groups) < 2 or not np.isfinite(krippendorff_alpha(groups)):
        return None
    places = np.arange(len(groups))
    return bootstrap(
        lambda picks: krippendorff_alpha([groups[place] for place in picks]), places, resamples=500
    )

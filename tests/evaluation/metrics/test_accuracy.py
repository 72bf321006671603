"""Accuracies and F1 against scikit-learn, and EmoVid's two by hand."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as theirs

from emogen.emotion import CATEGORIES, MIKELS
from emogen.emotion.anchors import MIKELS_VAD
from emogen.errors import InputError
from emogen.evaluation.metrics import (
    best_thresholds,
    confusion_matrix,
    emotion_accuracy,
    emotion_hits,
    label_f1,
    macro_f1,
    multilabel_f1,
    unweighted_average_recall,
)

CLASSES = 6


@pytest.fixture(params=range(4))
def labels(request):
    """Labels of which class 5 never occurs and, for odd seeds, is not predicted either."""
    rng = np.random.default_rng(request.param)
    truth = rng.integers(5, size=80)
    predicted = np.where(rng.random(80) < 0.5, truth, rng.integers(6 - request.param % 2, size=80))
    return truth, predicted


def test_confusion_agrees_with_sklearn(labels):
    expected = theirs.confusion_matrix(*labels, labels=range(CLASSES))
    np.testing.assert_array_equal(confusion_matrix(*labels, num_classes=CLASSES), expected)


def test_uar_agrees_with_sklearn(labels):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sklearn dislikes classes that were only predicted
        expected = theirs.balanced_accuracy_score(*labels)
    assert unweighted_average_recall(*labels, num_classes=CLASSES) == pytest.approx(expected)


@pytest.mark.parametrize("over", ["all", "present"])
def test_macro_f1_agrees_with_sklearn(labels, over):
    named = range(CLASSES) if over == "all" else np.unique(labels[0])
    expected = theirs.f1_score(*labels, labels=named, average="macro", zero_division=0)
    assert macro_f1(*labels, num_classes=CLASSES, over=over) == pytest.approx(expected)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30),
       st.permutations(range(4)))
def test_renaming_classes_changes_nothing(pairs, names):
    truth, predicted = np.array(pairs).T
    renamed = np.array(names)[truth], np.array(names)[predicted]
    for metric in (unweighted_average_recall, macro_f1):
        value = metric(truth, predicted, num_classes=4)
        assert 0 <= value <= 1
        assert metric(*renamed, num_classes=4) == pytest.approx(value)
    present = macro_f1(truth, predicted, num_classes=4, over="present")
    assert present >= macro_f1(truth, predicted, num_classes=4) - 1e-12


def test_all_right_is_one_and_one_class_for_all_is_chance():
    truth = np.arange(40) % 8
    assert unweighted_average_recall(truth, truth, num_classes=8) == 1
    assert macro_f1(truth, truth, num_classes=8) == 1
    assert unweighted_average_recall(truth, np.zeros_like(truth), num_classes=8) == 1 / 8


@pytest.mark.parametrize(("truth", "predicted"), [([], []), ([0, 9], [0, 0]), ([0.5], [0]),
                                                  ([0, 1], [0]), ([-1], [0])])
def test_labels_outside_the_classes_are_refused(truth, predicted):
    with pytest.raises(InputError, match="expected"):
        confusion_matrix(truth, predicted, num_classes=3)


def test_ea_is_the_top_of_eight_and_its_side_of_valence():
    asked = ["amusement", "sadness", "fear", "awe"]
    read = np.zeros((4, 9))
    read[0, MIKELS.index("amusement")] = 0.3
    read[1, MIKELS.index("fear")] = 0.4  # wrong, but on the same side
    read[2, MIKELS.index("excitement")] = 0.4  # wrong side
    read[3, MIKELS.index("awe")] = 0.2
    read[:, CATEGORIES.index("neutral")] = 1 - read.sum(axis=1)  # the strongest, does not compete
    assert emotion_hits(asked, read).tolist() == [True, False, False, True]
    assert emotion_hits(asked, read, classes=2).tolist() == [True, True, False, True]
    assert (emotion_accuracy(asked, read), emotion_accuracy(asked, read, classes=2)) == (0.5, 0.75)
    np.testing.assert_array_equal(emotion_hits(asked, read[:, :8]), emotion_hits(asked, read))


def test_the_sides_of_valence_are_those_of_the_anchors():
    sides = np.sign(MIKELS_VAD[:, 0])
    hits = [emotion_hits([name] * 8, np.eye(8), classes=2) for name in MIKELS]
    np.testing.assert_array_equal(hits, np.equal.outer(sides, sides))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(MIKELS), min_size=1, max_size=12), st.integers(0, 99))
def test_a_hit_of_eight_is_a_hit_of_two_and_scale_does_not_matter(asked, seed):
    read = np.random.default_rng(seed).dirichlet(np.ones(9), size=len(asked))
    eight, two = emotion_hits(asked, read), emotion_hits(asked, read, classes=2)
    assert (eight <= two).all()
    np.testing.assert_array_equal(emotion_hits(asked, 7 * read), eight)


def test_ea_refuses_unknown_names_and_missing_readings():
    with pytest.raises(InputError, match="did you mean 'sadness'"):
        emotion_hits(["sadnes"], np.ones((1, 8)))
    with pytest.raises(InputError, match="8 or 9"):
        emotion_hits(["fear"], np.ones((1, 7)))
    for missing in (np.full((1, 8), np.nan), np.eye(9)[[8]]):
        with pytest.raises(InputError, match="finite reading"):
            emotion_hits(["fear"], missing)


@pytest.fixture
def multilabel():
    rng = np.random.default_rng(5)
    truth = rng.random((120, 7)) < [0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0]
    scores = np.round(np.clip(0.4 * truth + 0.6 * rng.random((120, 7)), 0, 1), 2)  # with ties
    return truth, scores


@pytest.mark.parametrize("thresholds", [0.5, np.linspace(0.2, 0.8, 7)])
def test_multilabel_f1_agrees_with_sklearn(multilabel, thresholds):
    truth, scores = multilabel
    for average in ("macro", "micro"):
        expected = theirs.f1_score(truth, scores >= thresholds, average=average, zero_division=0)
        found = multilabel_f1(truth, scores, thresholds=thresholds, average=average)
        assert found == pytest.approx(expected)


def test_best_thresholds_are_the_best_of_all(multilabel):
    truth, scores = multilabel
    cuts = best_thresholds(truth, scores)
    found = label_f1(truth, scores, thresholds=cuts)
    grid = [label_f1(truth, scores, thresholds=cut) for cut in np.unique(scores)]
    np.testing.assert_allclose(found, np.max(grid, axis=0))
    for label in range(6):
        precision, recall, _ = theirs.precision_recall_curve(truth[:, label], scores[:, label])
        curve = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
        assert found[label] == pytest.approx(curve.max())
    assert not (scores[:, 6] >= cuts[6]).any()  # the label that never occurs


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.floats(-1, 1)), min_size=1, max_size=12))
def test_no_threshold_beats_the_best(rows):
    truth, scores = np.array([[[a], [b]] for a, b in rows]).transpose(1, 0, 2)
    best = label_f1(truth, scores, thresholds=best_thresholds(truth, scores))
    assert all(best >= label_f1(truth, scores, thresholds=cut) for cut in np.unique(scores))


def test_multilabel_refuses_other_shapes():
    with pytest.raises(InputError, match="truth of 0 and 1"):
        label_f1(np.ones((2, 3)), np.ones((3, 2)))
    with pytest.raises(InputError, match="one threshold or 3"):
        label_f1(np.ones((2, 3)), np.ones((2, 3)), thresholds=np.ones(2))

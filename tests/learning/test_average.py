"""The moving average of weights against the formula."""

import torch
from torch import nn
from torch.testing import assert_close

from emogen.learning.average import WeightAverage


def named(value):
    return [("w", nn.Parameter(torch.tensor([value])))]


def test_each_update_is_the_formula():
    average, expected = WeightAverage(named(0.0), limit=0.5), 0.0
    for count, value in enumerate((1.0, 5.0, -2.0, 8.0, 8.0, 8.0, 1.0, 1.0, 1.0, 3.0), start=1):
        average.update(named(value))
        decay = min(0.5, (1 + count) / (10 + count))
        expected = decay * expected + (1 - decay) * value
    assert_close(average.shadow["w"], torch.tensor([expected]))


def test_constant_weights_stay():
    average = WeightAverage(named(3.0))
    for _ in range(5):
        average.update(named(3.0))
    assert average.shadow["w"] == 3.0


def test_the_average_is_apart_from_the_weights():
    weights = named(1.0)
    average = WeightAverage(weights)
    weights[0][1].data += 1
    assert average.shadow["w"] == 1.0
    average.copy_to(weights)
    assert weights[0][1].item() == 1.0
    assert weights[0][1].requires_grad


def test_half_precision_weights_are_averaged_in_float32():
    weights = [("w", nn.Parameter(torch.ones(2, dtype=torch.bfloat16)))]
    average = WeightAverage(weights)
    assert average.shadow["w"].dtype == torch.float32
    average.copy_to(weights)
    assert weights[0][1].dtype == torch.bfloat16


def test_state_goes_there_and_back():
    average, other = WeightAverage(named(0.0)), WeightAverage(named(9.0))
    average.update(named(4.0))
    other.load_state_dict(average.state_dict())
    average.update(named(2.0))
    other.update(named(2.0))
    assert other.updates == 2
    assert torch.equal(other.shadow["w"], average.shadow["w"])

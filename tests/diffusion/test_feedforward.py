"""The fused feed-forward against diffusers' own module."""

import pytest
import torch
from diffusers.models.attention import FeedForward
from torch import nn
from torch.testing import assert_close

from emogen.diffusion.feedforward import feed_forward


@pytest.fixture
def module():
    torch.manual_seed(0)
    return FeedForward(32, inner_dim=128, activation_fn="gelu-approximate")


@torch.no_grad()
def test_equals_the_module(module):
    x = 3 * torch.randn(2, 9, 32)
    assert_close(feed_forward(module, x), module(x), atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_half_precision_rounds_no_worse_than_the_module(module):
    x = 3 * torch.randn(2, 64, 32)
    exact, half = module(x), module.bfloat16()
    theirs = (half(x.bfloat16()).float() - exact).abs().mean()
    ours = (feed_forward(half, x.bfloat16()).float() - exact).abs().mean()
    assert 0 < ours < 1.2 * theirs


def test_gradients_flow(module):
    x = torch.randn(1, 4, 32, requires_grad=True)
    feed_forward(module, x).sum().backward()
    assert x.grad.abs().sum() > 0


@torch.no_grad()
def test_a_wrapped_layer_is_called(module):
    class Doubled(nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def forward(self, x):
            return 2 * self.inner(x)

    x = torch.randn(1, 4, 32)
    plain = feed_forward(module, x)
    module.net[0].proj = Doubled(module.net[0].proj)
    assert_close(feed_forward(module, x), module(x))
    assert (feed_forward(module, x) - plain).abs().max() > 1e-3


@torch.no_grad()
def test_a_hooked_layer_is_called(module):
    x, seen = torch.randn(1, 4, 32), []
    module.net[0].proj.register_forward_hook(lambda *_: seen.append(1))
    feed_forward(module, x)
    assert seen


@torch.no_grad()
@pytest.mark.parametrize("activation", ["gelu", "geglu"])
def test_other_activations_are_called_as_they_are(activation):
    module = FeedForward(32, inner_dim=64, activation_fn=activation)
    x = torch.randn(1, 4, 32)
    assert_close(feed_forward(module, x), module(x))

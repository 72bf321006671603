"""Speech for a Wan transformer: audio features a frame in, cross-attention a latent frame out.

The projection and its alignment to the autoencoder's stride of four are those of MultiTalk (Kong et
al. 2025, arXiv 2505.22647): latent 0 reads the five frames around frame 0, every later latent the
eight frames from two before its first to two after its last. Frame k belongs to latent ceil(k / 4)
and is heard by the neighbour whose window it lies in as well.

Shapes: B batch, F frames (25 a second, 4 (L - 1) + 1), L latent frames of the clip, Y layers and
V width of the audio features, N context tokens a latent frame, W their width, S tokens a latent
frame, D transformer width, H heads, E = H * head width of the audio attention.
"""

import torch
import torch.nn.functional as F  # noqa: N812
from einops import rearrange
from torch import Tensor, nn

from emogen.diffusion.attention import attention
from emogen.errors import InputError

STRIDE = 4
"""Frames of a latent frame."""
REACH = 2
"""Frames that a window sees to either side."""
FIRST_WINDOW = 2 * REACH + 1
LATER_WINDOW = 2 * REACH + STRIDE


def audio_windows(audio: Tensor, *, latent_frames: int) -> tuple[Tensor, Tensor]:
    """Cut features into the window of the first latent frame and those of the later ones.

    Args:
        audio: [B, F, Y, V] with F = 4 (L - 1) + 1, or [B, F + 4, Y, V] where the two frames before
            and after the clip are known; without them the outer frames are repeated.
        latent_frames: L.

    Returns:
        [B, 1, 5, Y, V] and [B, L - 1, 8, Y, V].

    Raises:
        InputError: the number of frames fits neither.

    >>> first, later = audio_windows(torch.arange(9.0).view(1, 9, 1, 1), latent_frames=3)
    >>> first.flatten().tolist()
    [0.0, 0.0, 0.0, 1.0, 2.0]
    >>> later[0, 1].flatten().tolist()
    [3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 8.0, 8.0]
    """
    count, given = STRIDE * (latent_frames - 1) + 1, audio.shape[1]
    if given == count:
        edges = (audio[:, :1].expand(-1, REACH, -1, -1), audio[:, -1:].expand(-1, REACH, -1, -1))
        audio = torch.cat([edges[0], audio, edges[1]], dim=1)
    elif given != count + 2 * REACH:
        raise InputError(
            f"expected audio features of {count} frames, or of {count + 2 * REACH} with"
            f" {REACH} known before and after, for {latent_frames} latent frames, got {given}"
        )
    first = audio[:, None, :FIRST_WINDOW]
    if latent_frames == 1:
        return first, audio.new_zeros(len(audio), 0, LATER_WINDOW, *audio.shape[2:])
    later = audio[:, 1:].unfold(1, LATER_WINDOW, STRIDE)  # (B, L-1, Y, V, 8)
    return first, later.permute(0, 1, 4, 2, 3)


class AudioProjection(nn.Module):
    """Turns windows of audio features into context tokens.

    Args:
        layers: Y.
        width: V.
        hidden: Width of the two hidden layers.
        num_tokens: N.
        token_width: W.
    """

    def __init__(
        self, *, layers: int, width: int, hidden: int, num_tokens: int, token_width: int
    ) -> None:
        super().__init__()
        self.num_tokens = num_tokens
        self.first = nn.Linear(FIRST_WINDOW * layers * width, hidden)
        self.later = nn.Linear(LATER_WINDOW * layers * width, hidden)
        self.middle = nn.Linear(hidden, hidden)
        self.last = nn.Linear(hidden, num_tokens * token_width)
        self.norm = nn.LayerNorm(token_width)

    def forward(self, audio: Tensor, *, latent_frames: int) -> Tensor:
        """Return context [B, L, N, W] of features [B, F, Y, V]; see :func:`audio_windows`."""
        first, later = audio_windows(audio, latent_frames=latent_frames)
        hidden = torch.cat([self.first(first.flatten(2)), self.later(later.flatten(2))], dim=1)
        tokens = self.last(F.relu(self.middle(F.relu(hidden))))  # (B, L, N*W)
        return self.norm(tokens.unflatten(-1, (self.num_tokens, -1)))


class AudioCrossAttention(nn.Module):
    """One block's audio attention: each token reads the context of its own latent frame.

    The output is zero-initialised; a gate a head follows the noise level and starts at one.

    Args:
        model_width: D.
        token_width: W.
        heads: H.
        head_dim: Width of one head.
    """

    def __init__(self, *, model_width: int, token_width: int, heads: int, head_dim: int) -> None:
        super().__init__()
        inner = heads * head_dim
        self.heads = heads
        self.norm = nn.LayerNorm(model_width)
        self.to_q = nn.Linear(model_width, inner)
        self.to_k = nn.Linear(token_width, inner)
        self.to_v = nn.Linear(token_width, inner)
        self.norm_q = nn.RMSNorm(inner, eps=1e-6)
        self.norm_k = nn.RMSNorm(inner, eps=1e-6)
        self.gate = nn.Linear(model_width, heads)
        self.to_out = nn.Linear(inner, model_width)
        for layer in (self.gate, self.to_out):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def read(self, context: Tensor) -> tuple[Tensor, Tensor]:
        """Return keys and values [B*L, H, N, E/H] of context [B, L, N, W], once a clip."""
        keys, values = self.norm_k(self.to_k(context)), self.to_v(context)
        split = "b l n (h d) -> (b l) h n d"
        return rearrange(keys, split, h=self.heads), rearrange(values, split, h=self.heads)

    def forward(self, x: Tensor, temb: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Return what the tokens hear.

        Args:
            x: Stream of tokens [B, L*S, D].
            temb: Time embedding of each latent frame [B, L, D].
            keys: From :meth:`read`.
            values: From :meth:`read`.

        Returns:
            An addition to the stream, [B, L*S, D].
        """
        frames = temb.shape[1]
        query = self.norm_q(self.to_q(self.norm(x)))
        query = rearrange(query, "b (l s) (h d) -> (b l) h s d", l=frames, h=self.heads)
        heard = attention(query, keys.to(query.dtype), values.to(query.dtype))
        gate = 2 * torch.sigmoid(self.gate(F.silu(temb)))  # (B, L, H)
        heard = heard * rearrange(gate, "b l h -> (b l) h 1 1").to(heard.dtype)
        return self.to_out(rearrange(heard, "(b l) h s d -> b (l s) (h d)", l=frames))

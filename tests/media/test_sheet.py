"""Contact sheets: frames in their places, labels in theirs, wrong input refused."""

from dataclasses import replace

import numpy as np
import pytest

from emogen.errors import MediaError
from emogen.media import Clip, contact_sheet
from emogen.media.sheet import THEMES, _plan
from emogen.media.text import load_font, wrap_text
from tests.media.samples import moving_frames


def numbered(count=33):
    values = np.arange(count, dtype=np.uint8) * 7
    return Clip(
        frames=np.broadcast_to(values[:, None, None, None], (count, 48, 48, 3)).copy(), fps=16
    )


def test_columns_are_evenly_spaced_from_first_to_last():
    sheet = contact_sheet([numbered()], columns=5)
    layout = _plan([numbered()], 5, 144, labelled=False, titled=False)
    centres = [
        sheet[top + 72, left + 72].tolist()
        for left, top in (layout.corner(0, column) for column in range(5))
    ]
    assert centres == [[value * 7] * 3 for value in (0, 8, 16, 24, 32)]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_margins_are_paper_and_labels_are_ink(theme):
    clips = [numbered(), Clip(frames=moving_frames(), fps=16)]
    plain = contact_sheet(clips, prompts=["", ""], theme=theme)
    sheet = contact_sheet(
        clips, prompts=["a dog", "a cat"], emotions=["awe:0.6+fear:0.4", "anger"], theme=theme
    )
    assert sheet.dtype == np.uint8
    assert tuple(sheet[0, 0]) == tuple(sheet[-1, -1]) == THEMES[theme].paper
    changed = np.argwhere((plain != sheet).any(axis=-1))
    assert len(changed) > 200
    assert changed[:, 1].max() < 36 + round(144 * 1.55)  # words stay in their column


def test_transparent_clips_show_a_checkerboard(alpha_clip):
    sheet = contact_sheet([alpha_clip], columns=1)
    assert {255, 236} <= set(np.unique(sheet[40:60, -80:-40, 0]).tolist())


def test_a_look_of_ones_own():
    look = replace(THEMES["light"], paper=(1, 2, 3))
    assert tuple(contact_sheet([numbered()], theme=look, title="seed 7")[0, 0]) == (1, 2, 3)


@pytest.mark.parametrize(
    ("clips", "options", "message"),
    [
        ([], {}, "at least one clip"),
        ([numbered()], {"prompts": ["a", "b"]}, "expected 1 prompts"),
        ([numbered()], {"theme": "pink"}, "light, dark"),
        ([numbered()], {"columns": 0}, "one column"),
        ([numbered()] * 9, {"tile_height": 4000}, "fewer clips"),
        ([numbered()], {"theme": replace(THEMES["dark"], font=__file__)}, "font"),
    ],
)
def test_wrong_input_is_refused(clips, options, message):
    with pytest.raises(MediaError, match=message):
        contact_sheet(clips, **{"prompts": ["x"] * len(clips), **options})


def test_wrapping_keeps_every_word_or_says_so():
    font = load_font(16)
    text = "a rather long prompt with Donaudampfschifffahrtsgesellschaft in it"
    lines = wrap_text(text, font, 120)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert max(font.getlength(line) for line in lines) <= 120
    short = wrap_text(text, font, 120, max_lines=2)
    assert len(short) == 2
    assert short[-1].endswith("...")

"""Markup: what is text stays text."""

import xml.etree.ElementTree as ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from emogen.evaluation.report.markup import Markup, join, tag


def test_texts_are_escaped_and_markup_is_not() -> None:
    assert tag("p", {"title": '"&<'}, "<script>") == (
        '<p title="&quot;&amp;&lt;">&lt;script&gt;</p>'
    )
    assert join(["<", Markup("<b></b>"), None, [1.50, 2]]) == "&lt;<b></b>1.52"


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40))
def test_any_text_survives(text) -> None:
    element = ElementTree.fromstring(tag("p", {"title": text}, text))
    assert (element.text or "") == text
    assert element.get("title") == text

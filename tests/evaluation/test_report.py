"""The page: whole, loading nothing, and showing what it was given."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from io import BytesIO

import numpy as np
import PIL.Image
from evaluation import report
from evaluation.identity import identity
from evaluation.labels import classification

VOID = {"meta", "img", "br", "link", "path", "use"}


class Balanced(HTMLParser):
    """Fails on a tag that closes another than the one that is open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def whole() -> str:
    points = [(t, identity([0, 0, k], [0, 1, 1])) for k, t in enumerate((0.8, 0.9))]
    picture = np.zeros((300, 200, 3), np.uint8)
    picture[:, :100] = (200, 30, 30)
    sections = [
        report.Section(
            "Figures", "All of <them>.", report.table(["a"], [[0.12345], [None], ["<b>"]])
        ),
        report.Section("Cascade", "", report.bars([("true", 10), ("found", 6)])),
        report.Section("Curve", "", report.curve_plot(points, 0.85)),
        report.Section(
            "Confusion", "", report.confusion(classification([*"aab"], [1, 1, 1], [*"abb"]))
        ),
        report.Section("Worst", "", report.cases([report.WorstCase('"one" & two', (picture,))])),
    ]
    return report.page("Evaluation", "today", sections)


def test_the_page_is_well_formed_and_loads_nothing() -> None:
    page = Balanced(whole())
    for tag, attrs in page.seen:
        assert tag not in ("script", "link", "iframe", "object")
        for name in ("src", "href", "xlink:href"):
            assert (attrs.get(name) or "#").startswith(("#", "data:image/webp;base64,"))
    assert not re.search(r"url\((?!#)", whole())


def test_text_is_never_markup() -> None:
    text = whole()
    assert "All of &lt;them&gt;." in text
    assert "<b>" not in text.replace("<b>true</b>", "").replace("<b>found</b>", "")
    assert "&quot;one&quot; &amp; two" in text


def test_figures_are_shown_and_missing_ones_are_not_nought() -> None:
    assert '<td class="n">0.123</td>' in whole()
    assert '<td class="n">&ndash;</td>' in whole()
    assert "6, 4 lost here" in whole()


def test_pictures_travel_with_the_page() -> None:
    (data,) = re.findall(r"data:image/webp;base64,([^\"]+)", whole())
    picture = np.asarray(PIL.Image.open(BytesIO(base64.b64decode(data))).convert("RGB"))
    assert picture.shape == (report.CASE_PX, 120, 3)
    assert abs(picture[90, 20].astype(int) - (200, 30, 30)).max() < 12


def test_the_confusion_leaves_out_what_truth_never_holds() -> None:
    text = report.confusion(classification([*"ac"], [1, 1], [*"aa"]))
    assert text.count("<tr>") == 2  # the heads, and "a"
    assert ">c</th>" in text

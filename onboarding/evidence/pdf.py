"""The summary of an evidence pack as PDF: the same bytes for the same summary."""

import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import reportlab
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from onboarding.evidence.summary import Summary, Table

FONTS = Path(reportlab.__file__).parent / "fonts"
PLAIN, BOLD = "Vera", "VeraBd"
LONGEST_CELL = 600  # characters; a row has to fit on a page, and the HTML has all of it
MARGIN = 15 * mm
PADDING = 6  # of the frame that everything is set in
WIDTH = landscape(A4)[0] - 2 * (MARGIN + PADDING)
RULED = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.grey),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ]
)


def drawn(summary: Summary) -> bytes:
    """Return the summary as a PDF."""
    file = io.BytesIO()
    page = SimpleDocTemplate(
        file,
        pagesize=landscape(A4),
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=_covered(summary.title),
        author="Berth",
        invariant=1,  # no time and no random id in it
    )
    page.build(_story(summary))
    return file.getvalue()


def _story(summary: Summary) -> list[Flowable]:
    story: list[Flowable] = [
        _text(summary.title, _style("title", 15, BOLD)),
        Spacer(0, 3 * mm),
        _text(summary.state, _style("state", 10, BOLD)),
        Spacer(0, 3 * mm),
        _ruled([(name, value) for name, value in summary.facts], (1, 4)),
    ]
    for table in summary.tables:
        story += [Spacer(0, 5 * mm), _text(table.title, _style("head", 12, BOLD))]
        if table.left_out:
            story.append(_text(table.left_out, _style("cell", 8, PLAIN)))
        story.append(_drawn_table(table))
    story += [Spacer(0, 5 * mm), _text("What this shows and what not", _style("head", 12, BOLD))]
    story += [_text(each, _style("limits", 8, PLAIN)) for each in summary.limits]
    return story


def _drawn_table(table: Table) -> Flowable:
    if not table.lines:
        return _text(table.empty, _style("cell", 8, PLAIN))
    return _ruled([table.heads, *table.lines], (1,) * len(table.heads), heads=1)


def _ruled(lines: Sequence[Sequence[str]], shares: Sequence[int], heads: int = 0) -> Flowable:
    widths = [WIDTH * share / sum(shares) for share in shares]
    cells = [
        [_text(cell, _style("cell", 8, BOLD if number < heads else PLAIN)) for cell in line]
        for number, line in enumerate(lines)
    ]
    return LongTable(cells, colWidths=widths, repeatRows=heads, style=RULED)


def _text(text: str, style: Any) -> Flowable:
    short = text if len(text) <= LONGEST_CELL else f"{text[:LONGEST_CELL]}… (see summary.html)"
    return Paragraph(escape(_covered(short)), style)


def _covered(text: str) -> str:
    """Return the text with a question mark for what the font has no sign for; the HTML has all."""
    known = _fonts().face.charToGlyph
    return "".join(each if ord(each) in known or each.isspace() else "?" for each in text)


def _style(name: str, size: int, font: str) -> Any:
    _fonts()
    # long words, such as digests, break anywhere
    return ParagraphStyle(
        name, fontName=font, fontSize=size, leading=size * 1.3, splitLongWords=1, spaceAfter=2
    )


@cache
def _fonts() -> Any:
    """Name the fonts that come with the library, once; return the plain one."""
    for name in (PLAIN, BOLD):
        pdfmetrics.registerFont(TTFont(name, FONTS / f"{name}.ttf"))
    return pdfmetrics.getFont(PLAIN)

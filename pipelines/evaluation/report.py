"""The page people open after an evaluation: one HTML file that loads nothing from anywhere.

It may show photos that must not be published (street photos): keep it where it was written.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from matplotlib.figure import Figure

from wardrobe import images
from wardrobe.types import Crop, Image

if TYPE_CHECKING:  # every measure writes here; not all of them should load what these two need
    from evaluation.identity import Identity
    from evaluation.labels import Classification

CASE_PX = 180  # height of a picture of a worst case
STYLE = """
:root { color-scheme: light; --ink: #222; --soft: #666; --line: #ddd; --good: #1d7a46; --bad: #b3261e }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: #fff;
       max-width: 76rem; margin: 2rem auto; padding: 0 1.5rem }
h1 { font-size: 1.6rem; margin-bottom: .2rem } h2 { font-size: 1.2rem; margin-top: 2.6rem }
p { max-width: 52rem } .soft, figcaption, td.why { color: var(--soft) }
table { border-collapse: collapse; margin: .8rem 0 }
th, td { padding: .25rem .7rem; border-bottom: 1px solid var(--line); text-align: left;
         vertical-align: top }
td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
tr.group th { padding-top: 1.1rem; border-bottom: 2px solid var(--line) }
.met { color: var(--good) } .missed { color: var(--bad); font-weight: 600 }
.met, .missed { white-space: nowrap }
.wide { overflow-x: auto }
.confusion td { text-align: center; min-width: 2.2rem; border: 1px solid #fff }
.confusion th { font-weight: 500; font-size: .85rem }
.bar { display: flex; align-items: center; gap: .8rem; margin: .25rem 0 }
.bar b { flex: 0 0 14rem; font-weight: 500; text-align: right }
.bar i { height: 1.1rem; background: #4677bb; min-width: 1px } .bar i.lost { background: #e0b4ae }
.bar span { color: var(--soft); white-space: nowrap }
.bar div { display: flex; flex: 0 1 26rem }
.cases { display: flex; flex-wrap: wrap; gap: 1.2rem; margin: 1rem 0 }
.case { margin: 0; max-width: 100% } .case .strip { display: flex; flex-wrap: wrap; gap: 3px }
.case img { height: 180px; width: auto; display: block; border-radius: 3px }
figcaption { font-size: .85rem; max-width: 32rem }
svg { max-width: 100%; height: auto }
"""


@dataclass(frozen=True, slots=True, eq=False)
class WorstCase:
    """Pictures that belong together, and what is wrong with them."""

    caption: str
    pictures: tuple[Image, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, a sentence or two, and finished HTML."""

    title: str
    prose: str
    body: str


def page(title: str, about: str, sections: Iterable[Section]) -> str:
    """The whole page. ``about`` is text; bodies are trusted to be HTML."""
    parts = [
        f"<section><h2>{escape(s.title)}</h2><p>{escape(s.prose)}</p>{s.body}</section>"
        for s in sections
    ]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body><h1>{escape(title)}</h1>"
        f'<p class="soft">{escape(about)}</p>{"".join(parts)}</body></html>'
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str | float | None]]) -> str:
    """A plain table; numbers are set right with three significant places."""
    lines = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    heads = "".join(f"<th>{escape(h)}</th>" for h in head)
    return f'<div class="wide"><table><tr>{heads}</tr>{lines}</table></div>'


def _cell(value: str | float | None) -> str:
    if isinstance(value, str):
        return f"<td>{escape(value)}</td>"
    return f'<td class="n">{"&ndash;" if value is None else f"{value:.3g}"}</td>'


def bars(stages: Sequence[tuple[str, int]]) -> str:
    """How many are left after every stage, largest first; what a stage lost stands pale."""
    full = max((n for _, n in stages), default=0) or 1
    out, before = [], stages[0][1] if stages else 0
    for name, left in stages:
        lost = before - left
        said = f"{left}" + (f", {lost} lost here" if lost else "")
        out.append(
            f'<div class="bar"><b>{escape(name)}</b><div style="width:26rem">'
            f'<i style="width:{100 * left / full:.1f}%"></i>'
            f'<i class="lost" style="width:{100 * lost / full:.1f}%"></i></div>'
            f"<span>{said}</span></div>"
        )
        before = left
    return "".join(out)


def confusion(found: Classification) -> str:
    """Rows are true, columns said; shaded by the share of the row."""
    totals = found.confusion.sum(axis=1)
    heads = "".join(f"<th>{escape(n)}</th>" for n in found.names)
    lines = []
    for k, name in enumerate(found.names):
        if not totals[k]:
            continue
        cells = []
        for j, n in enumerate(found.confusion[k]):
            share = n / totals[k]
            hue = "70,119,187" if j == k else "179,38,30"
            ink = "#fff" if share > 0.6 else "inherit"
            style = f'style="background:rgba({hue},{share:.2f});color:{ink}"'
            cells.append(f"<td {style}>{n or ''}</td>")
        lines.append(
            f'<tr><th>{escape(name)}</th>{"".join(cells)}<td class="n">{totals[k]}</td></tr>'
        )
    return (
        '<div class="wide"><table class="confusion"><tr><th>true \\ said</th>'
        f"{heads}<th>all</th></tr>{''.join(lines)}</table></div>"
    )


def curve_plot(points: Sequence[tuple[float, Identity]], operating: float) -> str:
    """SVG: agreement and mistakes over the threshold, and the corrections a person would make."""
    at = [t for t, _ in points]
    lines = {
        "pairwise precision": ("#2f62b0", "-", [p.pairwise.precision for _, p in points]),
        "pairwise recall": ("#2f62b0", "--", [p.pairwise.recall for _, p in points]),
        "BCubed F1": ("#1d7a46", "-", [p.bcubed.f1 for _, p in points]),
        "over-merge rate": ("#b3261e", "-", [p.over_merge_rate for _, p in points]),
        "split rate": ("#b3261e", "--", [p.split_rate for _, p in points]),
    }
    figure = Figure(figsize=(11, 3.8), layout="constrained")
    rates, work = figure.subplots(1, 2)
    for name, (ink, dash, values) in lines.items():
        if any(v is not None for v in values):
            rates.plot(
                at, [np.nan if v is None else v for v in values], dash, color=ink, label=name
            )
    rates.set(ylim=(-0.02, 1.02), xlabel="cosine from which garments join")
    rates.legend(fontsize=8, frameon=False, loc="upper center", bbox_to_anchor=(0.5, 1.2), ncols=3)
    work.plot(
        at,
        [p.corrections_per_100 for _, p in points],
        color="#222",
        label="corrections for 100 garments",
    )
    per = [100 / p.true_items for _, p in points]
    work.plot(at, [p.splits * k for (_, p), k in zip(points, per, strict=True)], color="#b3261e",
              linewidth=1, label="of them, splits")  # fmt: skip
    work.set(ylim=(0, None), xlabel="cosine from which garments join")
    work.legend(fontsize=8, frameon=False, loc="upper center", bbox_to_anchor=(0.5, 1.2), ncols=2)
    for axes in (rates, work):
        axes.axvline(operating, color="#888", linewidth=1, linestyle=":")
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()[out.getvalue().index("<svg") :]


def cases(found: Iterable[WorstCase]) -> str:
    """Strips of pictures with their captions."""
    figures = []
    for case in found:
        strip = "".join(f'<img alt="" src="{_data_uri(p)}">' for p in case.pictures)
        figures.append(
            f'<figure class="case"><div class="strip">{strip}</div>'
            f"<figcaption>{escape(case.caption)}</figcaption></figure>"
        )
    return f'<div class="cases">{"".join(figures)}</div>' if figures else "<p>None.</p>"


def dimmed(crop: Crop) -> Image:
    """A garment in its photo, what is round it gone pale."""
    pale = crop.image // 4 + np.uint8(180)
    return np.where(crop.mask[..., None], crop.image, pale)


def _data_uri(image: Image) -> str:
    h, w = image.shape[:2]
    if h > CASE_PX:
        size = (max(round(w * CASE_PX / h), 1), CASE_PX)
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    data = base64.b64encode(images.encode_webp(image, 80)).decode()
    return f"data:image/webp;base64,{data}"


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")

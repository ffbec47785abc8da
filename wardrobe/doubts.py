"""What of a grouping is worth a person's minute: groups that might be one, and groups that might be two.

A false merge loses a garment and looks like nothing: it must be asked about too. So beside the pairs
of groups that fell short of one, the groups in question are those that look like two garments, and
those that one weak likeness holds together, however alike their sides are within themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wardrobe import modes
from wardrobe.config import ClusterSettings
from wardrobe.labels import CATEGORIES
from wardrobe.links import Links, Numbers, components_of, parts_of, spanning
from wardrobe.pile import Rows


@dataclass(frozen=True, slots=True)
class Question:
    """Are these two one garment? Asked of the likest pair of two groups, or of two members of a
    group that might be two.

    Attributes:
        a, b: garment ids, the smaller first; they may lie in one group.
        why: what makes it doubtful, as the end of a sentence.
        gain: how useful an answer is; larger first.
    """

    a: str
    b: str
    cosine: float
    why: str
    gain: float


#: What makes a pair doubtful, by number.
WHY = (
    "",
    "they look nearly the same",
    "the photos are minutes apart",
    "one of the views is unclear",
    "they look alike, but one is taken for another kind of garment",
    "they look alike, but their groups disagree",
    "they are one item, seen as two kinds of thing",
    "they are one item, in two colours",
    "they are one item, with two patterns",
    "they are one item, held together by little",
)
NEARLY, SOON, UNCLEAR, OTHER_KIND, DISAGREE, TWO_KINDS, TWO_COLOURS, TWO_PATTERNS, THIN = range(
    1, len(WHY)
)
#: Clearness from which a view has a say in whether its group looks like two.
CLEAR = 0.5


@dataclass(frozen=True, slots=True)
class Two:
    """How a group looks like two, and what to ask a person about it."""

    flag: str
    question: Question | None


def two(part: Sequence[int], rows: Rows, settings: ClusterSettings) -> list[Two]:
    """The ways in which a group looks like two garments; none where a person said that a member of
    one side and one of the other are one."""
    if len(part) < 2:
        return []
    members = np.array(part)
    clear = rows.quality[members] >= CLEAR
    kinds = rows.kinds[members]
    several = sorted({CATEGORIES[k] for k in kinds})
    ways: list[tuple[int, str, modes.Sides | None]] = []
    if len(several) > 1:
        usual = np.argmax(np.bincount(kinds))
        sides = (kinds != usual).astype(np.int8)
        ways.append((TWO_KINDS, f"seen as {' and as '.join(several)}", sides))
    if len(part) >= 2 * modes.SIDE:
        ways.append((TWO_COLOURS, "in two colours", modes.of_colours(rows.shades[members], clear)))
        words = [rows.patterns[i] for i in part]
        ways.append((TWO_PATTERNS, "with two patterns", modes.of_words(words, clear)))
    out = []
    for why, flag, sides in ways:
        if sides is not None:
            one, other = members[sides == 0], members[sides == 1]
            if not rows.word(rows.same, one[:, None], other[None]).any():
                out.append(Two(flag, inside(why, one, other, rows)))
    return out


def inside(why: int, one: Numbers, other: Numbers, rows: Rows, doubt: float = 1.2) -> Question:
    """Whether the clearest of one side and the clearest of the other are one garment.

    Args:
        doubt: in [0, 1.2]; at its highest the question is as useful as the surest one between
            groups: a wrong join loses a garment.
    """
    a, b = sorted(
        max((int(i) for i in side), key=lambda i: (rows.quality[i], -i)) for side in (one, other)
    )
    likeness = round(float(rows.vectors[a] @ rows.vectors[b]), 4)
    gain = round(float(doubt * np.log2(1 + min(len(one), len(other)))), 4)
    return Question(rows.ids[a], rows.ids[b], likeness, WHY[why], gain)


def thin(home: Numbers, links: Links, rows: Rows, settings: ClusterSettings) -> list[Question]:
    """About each group whose weakest necessary link is weaker than ``check_cosine``: is what lies on
    its two sides one garment? One question a group; the answer brings up the next weakest.

    Args:
        home: (n,) each row's group, numbered from 0.
        links: what joined them, a person's word included; those between groups don't count.
    """
    n = len(home)
    held = links.some(home[links.i] == home[links.j])
    strong = held.cosine >= settings.check_cosine
    core = components_of(n, held.some(strong))
    weak = held.some(~strong)
    weak = weak.some(core[weak.i] != core[weak.j])
    if not len(weak.i):
        return []  # strong links hold every group together
    tree = weak.some(spanning(n, core[weak.i], core[weak.j], weak.cosine))
    order = np.lexsort((tree.j, tree.i, tree.cosine, home[tree.i]))
    weakest = order[np.unique(home[tree.i][order], return_index=True)[1]]
    kept = np.ones(len(tree.i), np.bool_)
    kept[weakest] = False
    rest = tree.some(kept)
    side = components_of(n, Links(core[rest.i], core[rest.j], rest.cosine, rest.why))[core]
    members = parts_of(home)
    scale = max(settings.check_cosine - settings.same_cosine, 1e-6)
    asked = []
    for k in weakest.tolist():
        i, part = int(tree.i[k]), np.array(members[home[tree.i[k]]])
        mine = side[part] == side[i]
        thinness = min((settings.check_cosine - float(tree.cosine[k])) / scale, 1.0)
        asked.append(inside(THIN, part[mine], part[~mine], rows, 0.2 + thinness))
    return asked


def between(
    home: Numbers, doubts: Links, rows: Rows, settings: ClusterSettings
) -> tuple[Question, ...]:
    """One question for two groups that could be one, about their likest doubtful pair.

    Args:
        home: (n,) each row's group, numbered from 0.
        doubts: pairs that are not quite alike enough, or whose groups would disagree.
    """
    n, parts = len(home), parts_of(home)
    sizes = np.array([len(part) for part in parts], float)

    def pair_of(i: Numbers, j: Numbers) -> Numbers:
        ends: Numbers = np.stack([home[i], home[j]])
        return np.asarray(ends.min(0) * n + ends.max(0), np.intp)

    apart = pair_of(*np.divmod(rows.different, max(n, 1)))
    open_ = (home[doubts.i] != home[doubts.j]) & ~np.isin(pair_of(doubts.i, doubts.j), apart)
    doubts = doubts.some(open_)
    doubts = doubts.some(np.lexsort((doubts.j, doubts.i, -doubts.cosine)))
    doubts = doubts.some(np.sort(np.unique(pair_of(doubts.i, doubts.j), return_index=True)[1]))
    sure = (doubts.cosine - settings.ask_cosine) / max(1 - settings.ask_cosine, 1e-6)
    smaller = np.minimum(sizes[home[doubts.i]], sizes[home[doubts.j]])
    gain = (0.2 + sure) * np.log2(1 + smaller)
    asked: list[Question] = []
    for k in np.argsort(-gain, kind="stable"):
        i, j = int(doubts.i[k]), int(doubts.j[k])
        if len(asked) == settings.max_questions:
            break
        if not {*rows.photos[parts[home[i]]]} & {*rows.photos[parts[home[j]]]}:
            likeness, use = round(float(doubts.cosine[k]), 4), round(float(gain[k]), 4)
            asked.append(Question(rows.ids[i], rows.ids[j], likeness, WHY[doubts.why[k]], use))
    return tuple(asked)

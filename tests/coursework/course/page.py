"""One HTML page about a class. It needs no network and runs no script.

All words of students are escaped, and the page's own rules forbid scripts and addresses anyway.
Colours are told apart by everybody, and each has a number beside it.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median

from tests.coursework.course.graded import Graded, count_of, number_text, report_of
from tests.coursework.grading import Assignment
from tests.coursework.model import Check, Outcome
from tests.coursework.similarity import TOO_LITTLE, Pair

_STYLE = Path(__file__).with_name("page.css")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_BINS = 10
_SHOWN_CHECKS = 12
_SHOWN_PAIRS = 50

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<a class="skip" href="#students">To the students</a>
<header>
<h1>{title}</h1>
<p>{summary}</p>
<nav aria-label="On this page"><ul>
{links}
</ul></nav>
</header>
<main>
{sections}
</main>
</body>
</html>
"""


def text_of(rows: Sequence[Graded], pairs: Sequence[Pair], assignment: Assignment) -> str:
    """Return the page."""
    anchors = {row.name: f"s{number}" for number, row in enumerate(rows, 1)}
    sections = {
        "points": ("Points", _points(rows, assignment)),
        "checks": ("Checks that fail most", _checks(rows, assignment)),
        "problems": ("Problems", _problems(rows, anchors)),
        "same": ("Same as", _pairs(pairs, anchors)),
        "students": ("Students", "\n".join(_student(row, anchors, assignment) for row in rows)),
    }
    return _PAGE.format(
        policy=_POLICY,
        title=f"Coursework of {count_of(len(rows), 'student')}",
        style=_STYLE.read_text("utf-8"),
        summary=_summary(rows, assignment),
        links="\n".join(
            f'<li><a href="#{name}">{title}</a></li>' for name, (title, _) in sections.items()
        ),
        sections="\n".join(
            f'<section id="{name}"><h2>{title}</h2>\n{content}\n</section>'
            for name, (title, content) in sections.items()
        ),
    )


def clean(text: str) -> str:
    """Return a student's words so that they are nothing but text on the page."""
    plain = (c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)
    return html.escape("".join(plain))


def _summary(rows: Sequence[Graded], assignment: Assignment) -> str:
    if not rows:
        return "Nobody has handed in anything."
    points = [row.points for row in rows if not row.is_ungraded]
    left_out = len(rows) - len(points)
    not_graded = f" {count_of(left_out, 'student')} could not be graded." if left_out else ""
    if not points:
        return not_graded.strip()
    full = sum(each == assignment.points for each in points)
    whole = count_of(full, "student") if full else "Nobody"
    of_whom = f" of the {len(points)} who could be graded" if left_out else ""
    return (
        f"Of {assignment.points} points, the mean{of_whom} is {sum(points) / len(points):.1f} and "
        f"the median {number_text(median(points))}. {whole} got all."
        f"{not_graded}"
    )


def _table(head: Iterable[str], rows: Iterable[str], kind: str = "") -> str:
    """Return a table; `kind` says what it looks like on a narrow screen."""
    cells = "".join(head)
    body = "\n".join(f"<tr>{row}</tr>" for row in rows)
    opening = f'<table class="{kind}">' if kind else "<table>"
    return f"{opening}\n<thead><tr>{cells}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def _bar(parts: Iterable[tuple[str, int]], whole: int) -> str:
    spans = (
        f'<span class="{kind}" style="width:{100 * number / max(1, whole):.1f}%"></span>'
        for kind, number in parts
        if number
    )
    return f'<div class="bar" aria-hidden="true">{"".join(spans)}</div>'


# The sections ------------------------------------------------------------------------------------


def _points(rows: Sequence[Graded], assignment: Assignment) -> str:
    """Return the distribution: how many students have about as many points."""
    most, graded = assignment.points, [row.points for row in rows if not row.is_ungraded]
    edges = sorted({number * (most + 1) // _BINS for number in range(_BINS + 1)})
    bins = [
        (f"{low} to {high - 1}", sum(low <= points < high for points in graded))
        for low, high in pairwise(edges)
    ]
    if len(graded) < len(rows):
        bins.append(("not graded", len(rows) - len(graded)))
    highest = max((number for _, number in bins), default=0)
    head = ['<th class="range">points</th>', '<th class="number">students</th>', "<th></th>"]
    return _table(
        head,
        (
            f'<th class="range" scope="row">{range_}</th><td class="number">{number}</td>'
            f"<td>{_bar([('good', number)], highest)}</td>"
            for range_, number in bins
        ),
    )


def _checks(rows: Sequence[Graded], assignment: Assignment) -> str:
    """Return the checks that fail most, and how often they passed and were not reached."""
    counts = {check: dict.fromkeys(Outcome, 0) for check in assignment.checks}
    for row in rows:
        for result in row.results:
            counts[result.check][result.outcome] += 1
    failing = [check for check in counts if counts[check][Outcome.FAILED]]
    failing.sort(key=lambda check: -counts[check][Outcome.FAILED])
    if not failing:
        return "<p>No check failed.</p>"
    legend = (
        '<p class="legend"><span><i class="key bad"></i>failed</span>'
        '<span><i class="key good"></i>passed</span>'
        '<span><i class="key none"></i>not reached</span></p>'
    )
    head = ["<th>check</th>", '<th class="number">failed</th>']
    head += [f'<th class="number roomy">{each}</th>' for each in ("passed", "not reached")]
    head += ['<th class="wide"></th>']
    shown = failing[:_SHOWN_CHECKS]
    table = _table(head, (_check_row(check, counts[check]) for check in shown), "barred")
    more = len(failing) - len(shown)
    rest = (
        f'<p class="soft">{count_of(more, "other check")} failed, none more often than these.</p>'
        if more
        else ""
    )
    return legend + table + rest


def _check_row(check: Check, counts: dict[Outcome, int]) -> str:
    order = {Outcome.FAILED: "bad", Outcome.PASSED: "good", Outcome.NOT_REACHED: "none"}
    numbers = "".join(
        f'<td class="number{" roomy" * (outcome is not Outcome.FAILED)}">{counts[outcome]}</td>'
        for outcome in order
    )
    bar = _bar([(order[each], counts[each]) for each in order], sum(counts.values()))
    return (
        f'<th scope="row"><code>{check.id}</code><span class="title">{clean(check.title)}</span>'
        f'</th>{numbers}<td class="wide">{bar}</td>'
    )


def _problems(rows: Sequence[Graded], anchors: dict[str, str]) -> str:
    broken = [row for row in rows if row.problem]
    if not broken:
        return "<p>Everything could be graded.</p>"
    return _table(
        ["<th>student</th>", "<th>problem</th>"],
        (
            f'<th scope="row">{_link(row.name, anchors)}</th><td>{clean(row.problem)}</td>'
            for row in broken
        ),
        "stacked",
    )


def _link(name: str, anchors: dict[str, str]) -> str:
    if name not in anchors:
        return clean(name)
    return f'<a href="#{anchors[name]}">{clean(name)}</a>'


def _pairs(pairs: Sequence[Pair], anchors: dict[str, str]) -> str:
    if not pairs:
        return "<p>No two submissions are much alike.</p>"
    note = (
        "<p>Names and layout do not count. A high percentage is a reason to read both. It is no "
        "proof, and it costs no points.</p>"
    )
    more = len(pairs) - _SHOWN_PAIRS
    words = "pair is" if more == 1 else "pairs are"
    rest = f'<p class="soft">{more} other {words} no more alike.</p>' if more > 0 else ""
    table = _table(
        ["<th>student</th>", "<th>same as</th>", '<th class="number">in both</th>'],
        (
            f"<td>{_link(pair.left, anchors)}</td><td>{_link(pair.right, anchors)}</td>"
            f'<td class="number">{pair.share:.0%}</td>'
            for pair in pairs[:_SHOWN_PAIRS]
        ),
    )
    return note + table + rest


def _same_as(words: str) -> str:
    return f"same as {words}" if words and words != TOO_LITTLE else words


_Tag = Callable[[Graded], str]
_TAGS: dict[str, _Tag] = {
    "not graded": lambda row: "not graded" if row.is_ungraded else row.problem,
    "late": lambda row: f"late: {row.lateness}" if row.late else row.remark,
    "same": lambda row: _same_as(row.same_as),
}


def _student(row: Graded, anchors: dict[str, str], assignment: Assignment) -> str:
    tags = "".join(f'<span class="tag">{clean(text)}</span>' for tag in _TAGS.values()
                   if (text := tag(row)))  # fmt: skip
    left = f", {number_text(row.counts)} count" if row.late else ""
    return (
        f'<details id="{anchors[row.name]}"><summary>{clean(row.name)}'
        f'<span class="points">{row.points} of {assignment.points}{left}</span>{tags}</summary>\n'
        f'<pre tabindex="0">{clean(report_of(row))}</pre></details>'
    )

"""How the notebooks are written: what each promises to hold, read without running it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html import escape
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from tests.notebooks import pictures, plumbing, timing
from tests.notebooks.books import FOLDER, NAMES, PATHS, read, tagged, tags

PROSE_LINES = 12
PAGE_COLUMNS = 80
"""What a page of 800 pixels shows of code, in a cell or on a card, without scrolling."""

LARGEST = 500_000
"""Bytes of a notebook: it is read in a browser, sent and versioned."""

NEAR = 5
"""Minutes between the estimate of a notebook's length and what the pages say."""

LINE_OF_PROSE = 110
"""Characters of running text in one line of a wide page."""

each_notebook = pytest.mark.parametrize("name", NAMES)


@pytest.fixture
def notebook(name: str) -> NotebookNode:
    return read(name)


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def headings() -> Iterator[str]:
    for name in NAMES:
        for cell in read(name).cells:
            if cell.cell_type == "markdown":
                yield from re.findall(r"^## (.*)$", cell.source, re.MULTILINE)


def weaknesses() -> list[str]:
    """Return what the headings number, L1 for example, in the order of the pages."""
    return [label for text in headings() for label in re.findall(r"^([LM]\d+) · ", text)]


def test_there_are_five_in_reading_order() -> None:
    assert [name[:2] for name in NAMES] == ["1_", "2_", "3_", "4_", "5_"]


def test_each_weakness_has_its_heading_once() -> None:
    assert weaknesses()
    assert [label for label, times in Counter(weaknesses()).items() if times > 1] == []


@each_notebook
def test_it_is_a_valid_notebook_with_stable_ids(notebook: NotebookNode) -> None:
    nbformat.validate(notebook)
    ids = [cell.id for cell in notebook.cells]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z][a-z0-9-]*", cell_id) for cell_id in ids)


@each_notebook
def test_it_begins_with_the_same_setup(notebook: NotebookNode) -> None:
    first = code_cells(notebook)[0]
    assert tagged(notebook, "setup") == [first]
    assert first.source == code_cells(read(NAMES[0]))[0].source


@each_notebook
def test_at_most_a_fifth_of_the_code_is_plumbing(notebook: NotebookNode) -> None:
    serving, total = plumbing.count(notebook)
    assert serving <= total / 5


@each_notebook
def test_a_check_is_one_call_and_says_nothing_of_the_answer(notebook: NotebookNode) -> None:
    for cell in tagged(notebook, "check"):
        assert re.fullmatch(r'check\("[\w.]+"(, \w+)+\)', cell.source), cell.id


@each_notebook
def test_it_is_committed_as_run_from_top_to_bottom(notebook: NotebookNode) -> None:
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))


@each_notebook
def test_no_output_is_an_error_or_a_warning(notebook: NotebookNode) -> None:
    for cell in code_cells(notebook):
        assert not [o for o in cell.outputs if o.output_type == "error"], cell.id
        assert not [o for o in cell.outputs if o.get("name") == "stderr"], cell.id


@each_notebook
def test_every_picture_says_in_words_what_it_shows(notebook: NotebookNode) -> None:
    shown = pictures.figures_of(notebook)
    assert shown
    for cell_id, data in shown:
        alt = data["text/plain"]
        assert len(alt) > 40, cell_id
        assert f'<img alt="{escape(alt)}"' in data["text/html"], cell_id


@each_notebook
def test_a_drawing_is_one_call_and_its_words_stand_elsewhere(notebook: NotebookNode) -> None:
    for cell_id, data in pictures.figures_of(notebook):
        (cell,) = [cell for cell in notebook.cells if cell.id == cell_id]
        assert "figures." in cell.source, cell_id
        assert data["text/plain"][:40] not in " ".join(cell.source.split()), cell_id


@each_notebook
def test_no_picture_is_of_pixels_alone(notebook: NotebookNode) -> None:
    for cell in code_cells(notebook):
        for output in cell.outputs:
            assert not [kind for kind in output.get("data", {}) if kind.startswith("image/")]


@each_notebook
def test_every_experiment_asserts_its_claim(notebook: NotebookNode) -> None:
    for cell in tagged(notebook, "experiment"):
        assert re.search(r"^ *assert ", cell.source, re.MULTILINE), cell.id


@each_notebook
def test_every_weakness_has_the_whole_lesson(notebook: NotebookNode) -> None:
    """Predict, experiment, exercise, check and solution, in that order, under each id."""
    lessons: dict[str, list[str]] = {}
    current: list[str] = []
    for cell in notebook.cells:
        heading = re.match(r"## (.*)", cell.source) if cell.cell_type == "markdown" else None
        if heading:
            current = lessons.setdefault(heading[1].split(" ")[0], [])
        current.extend(tags(cell) & {"predict", "experiment", "exercise", "check", "solution"})
    for weakness in set(lessons) & set(weaknesses()):
        steps = list(dict.fromkeys(lessons[weakness]))
        assert steps == ["predict", "experiment", "exercise", "check", "solution"], weakness


@each_notebook
def test_answers_and_solutions_are_folded(notebook: NotebookNode) -> None:
    for tag, summary in (("predict", "Answer"), ("solution", "Solution")):
        for cell in tagged(notebook, tag):
            folded = f"<details><summary>{summary}</summary>\n\n"
            assert cell.source.count(folded) == 1, cell.id
            assert cell.source.endswith("\n\n</details>"), cell.id


@each_notebook
def test_an_exercise_is_followed_by_its_check_and_solution(notebook: NotebookNode) -> None:
    kinds = [
        kind
        for cell in notebook.cells
        for kind in ("exercise", "check", "solution")
        if kind in tags(cell)
    ]
    assert kinds == ["exercise", "check", "solution"] * (len(kinds) // 3)
    assert kinds
    for cell in tagged(notebook, "exercise"):
        assert "..." in cell.source, cell.id


@each_notebook
def test_there_is_no_wall_of_text(notebook: NotebookNode) -> None:
    """Under twelve lines of running text without code, a figure or a question; tables aside."""
    lines = 0
    for cell in notebook.cells:
        if cell.cell_type == "code" or tags(cell) & {"predict", "solution"}:
            lines = 0
            continue
        lines += count_lines(cell.source)
        assert lines < PROSE_LINES, cell.id


def count_lines(markdown: str) -> int:
    text = re.sub(r"<details>.*?</details>", "", markdown, flags=re.DOTALL)
    running = [line for line in text.split("\n") if line and not re.match(r"[|#<]", line)]
    return sum(-(-len(line) // LINE_OF_PROSE) for line in running)


@each_notebook
def test_code_fits_the_page(notebook: NotebookNode) -> None:
    for cell in code_cells(notebook):
        for line in cell.source.split("\n"):
            assert len(line) <= PAGE_COLUMNS, (cell.id, line)


@each_notebook
def test_source_that_is_shown_fits_the_page(notebook: NotebookNode) -> None:
    for cell in code_cells(notebook):
        if "lab.show_source(" in cell.source:
            for line in cell.outputs[0].data["text/plain"].split("\n"):
                assert len(line) <= PAGE_COLUMNS, (cell.id, line)


@each_notebook
def test_the_time_is_the_same_on_each_page_and_near_the_estimate(
    name: str, notebook: NotebookNode
) -> None:
    (stated,) = re.findall(r"\*\*About (\d+) minutes", notebook.cells[0].source)
    teachers = (FOLDER / "README.md").read_text(encoding="utf-8")
    students = (FOLDER / "for_students.md").read_text(encoding="utf-8")
    assert re.search(rf"\({name}\.ipynb\) \|.*\| {stated} minutes", teachers)
    assert re.search(rf"`{name}\.ipynb`.*\({stated} minutes\)", students)
    rows = dict(re.findall(r"^\| ([a-zA-Z ,]+) ((?:\| \d+ )+)\|$", teachers, re.MULTILINE))
    work = timing.total(timing.sections(notebook))
    for student, speed in timing.STUDENTS.items():
        said = int(rows[student].split("|")[NAMES.index(name) + 1])
        assert abs(said - speed.minutes(work)) <= NEAR, student
    assert int(stated) == int(rows["second year"].split("|")[NAMES.index(name) + 1])


@pytest.mark.parametrize("path", PATHS, ids=NAMES)
def test_it_is_small_enough_to_hand_around(path: Path) -> None:
    assert path.stat().st_size < LARGEST


GIVEN_AWAY = [("l3", "passphrase_fits"), ("l9", "recover_secret"), ("l9", "fill")]


@pytest.mark.parametrize(("lesson", "function"), GIVEN_AWAY)
def test_what_an_exercise_asks_for_is_not_shown_before_its_check(
    lesson: str, function: str
) -> None:
    cells = read("2_breaking_it").cells
    check = [cell.id for cell in cells].index(f"{lesson}-check")
    before = [text for cell in cells[:check] for text in shown_by(cell)]
    assert any("def transplant_clock(" in text for text in before) == (lesson == "l9")
    assert not [text for text in before if f"def {function}(" in text]


def shown_by(cell: NotebookNode) -> list[str]:
    return [output.get("data", {}).get("text/plain", "") for output in cell.get("outputs", ())]


@pytest.mark.parametrize("path", PATHS, ids=NAMES)
def test_nothing_of_the_machine_it_ran_on_is_left(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"/(home|tmp|root|Users)/|C:\\\\Users", text)
    assert str(FOLDER.parent) not in text


@pytest.mark.parametrize(("picture", "name", "cell_id"), pictures.OF_README)
def test_the_pictures_of_the_readme_are_those_of_the_notebooks(
    picture: str, name: str, cell_id: str
) -> None:
    """`python -m tests.notebooks.pictures` takes over pictures that changed."""
    assert (FOLDER / picture).read_text(encoding="utf-8") == pictures.svg_of(name, cell_id)

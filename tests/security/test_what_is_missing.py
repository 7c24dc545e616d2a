"""An old Python, a library that is not there or not the right one, few open files: one line.

Every day, one process for each broken installation opens all programs. `-m soak` gives each program
a process of its own, as users do.
"""

from __future__ import annotations

import ast
import errno
import importlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from compat.doors import DOORS
from legacy import chat
from legacy import start as legacy_start
from modern import missing, start
from tests import rarely
from tests.programs import KEYS, ROOT, TIMEOUT, Program, environment, one_line, run
from tests.soak.figures import figures  # noqa: F401 - a fixture

SCRIPTS = (
    "legacy/Server.py",
    "legacy/Client.py",
    "modern/p2p_encryption.py",
    "compat/Server.py",
    "compat/Client.py",
)
ARGUMENTS = {
    "modern/p2p_encryption.py": ("--server", "--port", "0", *KEYS),
    "modern": ("--server", "--port", "0", *KEYS),
    "modern.hardened": ("--server", "--port", "0"),
    "compat.wiretap": ("--listen", "127.0.0.1:0", "--forward", "127.0.0.1:1"),
    "compat.bridge": ("--legacy", "listen:0", "--modern", "listen:0", "--passphrase", "x", *KEYS),
    "compat.identify": ("README.md", *KEYS),
    "tests.coursework": ("check", "tests/coursework/starter"),
}
PROGRAMS = {
    name: (*(() if name in SCRIPTS else ("-m",)), name, *ARGUMENTS.get(name, ()))
    for name in (*SCRIPTS, *(door.module for door in DOORS))
}
LEGACY = {name for name in PROGRAMS if name.startswith("legacy")}
ALONE = {"notebooks.handout"}  # it needs no library
NEEDS = {
    "pyaes": {name for name in PROGRAMS if not name.startswith("modern")} - ALONE,
    "rich": {"compat", "compat.wiretap"},
    "pytest": {"tests.coursework"},
    "Crypto": set(PROGRAMS) - LEGACY - ALONE,
}
HIDING = """
import sys

class Hiding:
    def find_spec(self, name, path, target=None):
        if name in {hidden!r}:
            raise ModuleNotFoundError("No module named %r" % name, name=name)

sys.meta_path.insert(0, Hiding())
"""
OPEN_ALL = """
import contextlib, io, json, runpy, sys

found = {}
for name, words in json.loads(sys.argv[1]).items():
    for module in list(sys.modules):  # each program loads all of its own, as in its own process
        if module.partition(".")[0] in ("legacy", "modern", "compat", "tests", "Crypto"):
            del sys.modules[module]
    is_module = words[0] == "-m"
    sys.argv, told = words[is_module:], io.StringIO()
    with contextlib.redirect_stderr(told), contextlib.redirect_stdout(told):
        try:
            if is_module:
                runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
            else:
                runpy.run_path(sys.argv[0], run_name="__main__")
        except SystemExit as end:
            if isinstance(end.code, str):
                print(end.code)
            found[name] = [1 if isinstance(end.code, str) else end.code, told.getvalue()]
print(json.dumps(found))
"""


# Broken installations ------------------------------------------------------------------------


def hide(folder: Path, *names: str) -> None:
    (folder / "sitecustomize.py").write_text(HIDING.format(hidden=names))


def put(folder: Path, name: str, text: str = "") -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def copy_pycryptodome(folder: Path, compiled: bytes | None) -> None:
    """Copy the installed package; its compiled files become `compiled`, or are left out."""
    (here,) = importlib.util.find_spec("Crypto").submodule_search_locations
    left_out = shutil.ignore_patterns("*.so", "*.pyd", "SelfTest", "__pycache__")
    shutil.copytree(here, folder / "Crypto", ignore=left_out)
    for path in Path(here).rglob("*"):
        if compiled is not None and path.suffix in (".so", ".pyd"):
            (folder / "Crypto" / path.relative_to(here)).write_bytes(compiled)


def pycrypto(folder: Path) -> None:
    """Put what `pip install pycrypto` gives, as far as we look: an old version, no padding."""
    put(folder, "Crypto/__init__.py", "version_info = (2, 6, 1, 'final', 0)")
    put(folder, "Crypto/Cipher/__init__.py")
    put(folder, "Crypto/Cipher/AES.py", "block_size, MODE_ECB, MODE_CBC = 16, 1, 2")
    put(folder, "Crypto/Util/__init__.py")


def crypto(folder: Path) -> None:
    hide(folder, "Crypto")
    put(folder, "crypto/__init__.py")


def pycryptodomex(folder: Path) -> None:
    hide(folder, "Crypto")
    put(folder, "Cryptodome/__init__.py")


INSTALL = r'type "\S+ -m pip install {}"; see README\.md, Troubleshooting'
AGAIN = INSTALL.format("--force-reinstall pycryptodome")
UNINSTALL = r'type "\S+ -m pip uninstall -y crypto pycrypto", then '
ACTIVATE = r"No module named '{}' for \S+: activate the environment, or "
BROKEN = {
    "no pyaes": (
        lambda folder: hide(folder, "pyaes"),
        "pyaes",
        ACTIVATE.format("pyaes") + INSTALL.format("pyaes"),
    ),
    "no rich": (
        lambda folder: hide(folder, "rich"),
        "rich",
        ACTIVATE.format("rich") + INSTALL.format("rich"),
    ),
    "no pytest": (
        lambda folder: hide(folder, "pytest"),
        "pytest",
        ACTIVATE.format("pytest") + INSTALL.format("pytest pytest-timeout"),
    ),
    "no pycryptodome": (
        lambda folder: hide(folder, "Crypto", "Cryptodome"),
        "Crypto",
        ACTIVATE.format("Crypto") + INSTALL.format("pycryptodome"),
    ),
    "pycrypto": (
        pycrypto,
        "Crypto",
        rf"[^()]+ \(here is pycrypto, which is too old\): {UNINSTALL}{AGAIN}",
    ),
    "crypto": (
        crypto,
        "Crypto",
        rf"No module named 'Crypto' \(here is crypto, which is another package\): "
        rf"{UNINSTALL}{AGAIN}",
    ),
    "pycryptodomex alone": (
        pycryptodomex,
        "Crypto",
        r"No module named 'Crypto' \(here is pycryptodomex, whose name in Python is "
        rf"Cryptodome\): {AGAIN}",
    ),
    "pycryptodome without its compiled part": (
        lambda folder: copy_pycryptodome(folder, None),
        "Crypto",
        f"the compiled part of pycryptodome is missing, or was made for another kind .*: {AGAIN}",
    ),
    "pycryptodome of another architecture": (
        lambda folder: copy_pycryptodome(folder, b"\x7fELF\x02\x01\x01" + bytes(57)),
        "Crypto",
        f"the compiled part of pycryptodome is missing, or was made for another kind .*: {AGAIN}",
    ),
}


EVERY_PROGRAM = {"no pyaes", "no pycryptodome"}
"""With these, all programs are opened every day. Others differ from them only in what they say."""


def seldom(broken: str) -> set[str]:
    """Return the programs that the everyday test leaves to `-m soak`, because they load long.

    Of each two that start the same module, one is enough; the graders load pytest.
    """
    if broken == "no pytest":
        return set()
    if broken in EVERY_PROGRAM:
        return {"tests.coursework", "compat.Server", "compat.Client", "legacy.Server",
                "legacy.Client"}  # fmt: skip
    return set(PROGRAMS) - {"legacy/Server.py", "modern", "compat.wiretap"}


SELDOM = {"pycryptodomex alone", "pycryptodome of another architecture"}
"""These differ from others here only in a word."""


def variables(folder: Path) -> dict[str, str]:
    path = f"{folder}{':' if sys.platform != 'win32' else ';'}{ROOT}"
    return environment(PYTHONPATH=path, HARDENED_PASSPHRASE="lamp river onion")


@pytest.mark.parametrize(
    "broken",
    [pytest.param(name, marks=pytest.mark.soak if name in SELDOM else ()) for name in BROKEN],
)
def test_every_program_says_in_one_line_what_to_do(tmp_path: Path, broken: str):
    break_it, needed, pattern = BROKEN[broken]
    break_it(tmp_path)
    programs = {name: PROGRAMS[name] for name in sorted(NEEDS[needed] - seldom(broken))}
    done = run("-c", OPEN_ALL, json.dumps(programs), env=variables(tmp_path))
    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert found.keys() == programs.keys()
    for status, told in found.values():
        assert status == 1
        assert re.fullmatch(rf"([a-z -]+: )?{pattern}", one_line(told))


@pytest.mark.soak
@pytest.mark.parametrize(
    ("broken", "name"), [(broken, name) for broken in BROKEN for name in sorted(PROGRAMS)]
)
def test_every_program_in_a_process_of_its_own(tmp_path: Path, broken: str, name: str, figures):  # noqa: F811
    break_it, needed, pattern = BROKEN[broken]
    if name not in NEEDS[needed]:
        pytest.skip("the program does not need it")
    break_it(tmp_path)
    done = run(*PROGRAMS[name], env=variables(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(rf"([a-z -]+: )?{pattern}", one_line(done.stderr))
    figures(f"{broken}: {name}", one_line(done.stderr).replace(sys.executable, "python"))


@pytest.mark.parametrize("name", ["timing", "plumbing"])
def test_what_counts_in_notebooks_says_what_it_needs(tmp_path: Path, name: str):
    hide(tmp_path, "nbformat")
    done = run("-m", f"tests.notebooks.{name}", env=variables(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    wanted = ACTIVATE.format("nbformat") + INSTALL.format("nbformat")
    assert re.fullmatch(wanted, one_line(done.stderr))


def test_an_old_version_of_a_library_is_to_be_upgraded():
    """Without a word about it, pip leaves what is there."""
    line = missing.explain(ImportError("cannot import name 'Text' from 'rich'", name="rich"))
    assert re.search(INSTALL.replace("install", "install --upgrade").format("rich"), line)


@rarely.each("name", ["modern", "compat.bridge", "compat.identify"], daily=["modern"])
def test_help_needs_no_library(tmp_path: Path, name: str):
    hide(tmp_path, *(library for library in NEEDS if name != "compat.identify"))
    done = run("-m", name, "--help", env=variables(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")


# An old Python -------------------------------------------------------------------------------

ENTRIES = [ROOT / name for name in SCRIPTS] + [
    path
    for package in ("legacy", "modern", "compat", "notebooks", "tests/coursework")
    for path in sorted((ROOT / package).rglob("*.py"))
    if path.name in ("__init__.py", "__main__.py", "start.py")
    and not {"selftests", "checks", "course"} & set(path.parts)
    and path != ROOT / "tests" / "coursework" / "__main__.py"  # read after its `__init__.py`
]


@pytest.mark.parametrize("path", ENTRIES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_an_old_python_reads_first_has_nothing_new_in_it(path: Path):
    text = path.read_text(encoding="utf-8")
    assert text.isascii()  # without a line about its encoding, Python 2 reads nothing else
    for node in ast.walk(ast.parse(text)):
        assert not isinstance(node, (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Nonlocal))
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            assert not isinstance(node, ast.FunctionDef) or node.returns is None
            assert not [each for each in node.args.args if each.annotation]
            assert not node.args.kwonlyargs
        if isinstance(node, ast.ImportFrom):
            assert node.module != "__future__"


@pytest.mark.parametrize("package", ["legacy", "modern"])
@pytest.mark.parametrize("version", [(2, 7, 18), (3, 9, 18)])
def test_an_old_python_is_told_so(monkeypatch, package, version):
    module = importlib.import_module(f"{package}.start")
    monkeypatch.setattr(module.sys, "version_info", version)
    with pytest.raises(SystemExit) as end:
        module.check_python()
    number = ".".join(map(str, version[:2]))
    assert str(end.value.code).startswith(f"Python {number} is too old: this needs Python 3.10 or")
    assert sys.executable in str(end.value.code)


def test_both_packages_and_the_project_file_name_the_same_oldest_python():
    assert legacy_start.OLDEST == start.OLDEST
    wanted = f'requires-python = ">={start.OLDEST[0]}.{start.OLDEST[1]}"'
    assert wanted in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def find_old_pythons() -> list[str]:
    """Return the too old Pythons of this computer: in its path, or put there by pyenv."""
    versions = ["2.7", *(f"3.{minor}" for minor in range(5, start.OLDEST[1]))]
    in_path = filter(None, (shutil.which(f"python{version}") for version in versions))
    folder = Path.home() / ".pyenv" / "versions"
    of_pyenv = (path for version in versions for path in folder.glob(f"{version}.*/bin/python"))
    return [python for python in (*in_path, *map(str, of_pyenv)) if _runs(python)]


def _runs(python: str) -> bool:
    """Return whether this is a Python, and not a name that pyenv has set aside for one."""
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


@pytest.mark.soak
@pytest.mark.parametrize("name", PROGRAMS)
def test_real_old_pythons_say_one_line(name, figures):  # noqa: F811
    pythons = find_old_pythons()
    if not pythons:
        pytest.skip("no old Python on this computer")
    for python in pythons:
        done = subprocess.run(
            [python, "-B", *PROGRAMS[name]],
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
            cwd=ROOT,
            env=environment(),
        )
        assert (done.returncode, done.stdout) == (1, "")
        line = one_line(done.stderr)
        assert re.match(r"Python \d\.\d is too old: this needs Python 3\.10 or newer\. It", line)
    figures(f"too old: {name}", line.replace(python, "python"))


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_that_was_copied_alone_says_so(tmp_path: Path, script: str):
    shutil.copy(ROOT / script, tmp_path / "alone.py")
    path = str(tmp_path / "alone.py")  # -S: an editable installation would find the rest
    done = run("-S", path, cwd=tmp_path, env=environment(PYTHONPATH=""))
    assert done.returncode == 1
    assert f"{Path(script).name} cannot run alone" in one_line(done.stderr)


@pytest.mark.parametrize("program", ["compat", "compat.wiretap"])
def test_a_package_that_was_copied_alone_says_so(tmp_path: Path, program: str):
    shutil.copytree(ROOT / "compat", tmp_path / "compat", ignore=lambda *_: ["page", "__pycache__"])
    done = run("-S", "-m", program, cwd=tmp_path, env=environment(PYTHONPATH=""))
    assert (done.returncode, done.stdout) == (1, "")
    missing = "No module named 'modern': a part of this project is missing; copy the whole project"
    assert one_line(done.stderr) == missing


# Few open files ------------------------------------------------------------------------------

FEW = "Too many open files: this shell allows few of them; type ulimit -n 256"
LIMITED = """
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]),) * 2)
sys.argv = sys.argv[2:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
@pytest.mark.parametrize(
    ("limit", "name", "arguments"),
    [
        (8, "compat", ("--fast",)),
        (6, "compat.wiretap", ARGUMENTS["compat.wiretap"]),
        pytest.param(8, "tests.coursework", ARGUMENTS["tests.coursework"], marks=pytest.mark.soak),
    ],
)
def test_few_open_files_are_one_line(limit, name, arguments):
    with Program("-c", LIMITED, str(limit), name, *arguments) as program:
        assert program.wait() == 1
        assert one_line(program.stderr).endswith(FEW)


def test_few_open_files_are_one_line_at_a_terminal_and_leave_it_sane():
    terminals = pytest.importorskip("tests.terminals", reason="no pseudo-terminals there")
    with terminals.in_shell("-c", LIMITED, "7", "modern", *ARGUMENTS["modern"]) as shell:
        assert terminals.how_it_ended(shell) == (1, True)
        assert shell.before.endswith(f"modern-chat: {FEW}\r\n")
        assert "Traceback" not in shell.before


@pytest.mark.parametrize(
    ("module", "inner", "write"),
    [
        ("notebooks.handout", "_write", "write_handout"),
        ("tests.coursework.handout", "_write", "write"),
        ("compat.page.site", "write_page", "build"),
    ],
)
def test_who_writes_a_folder_leaves_few_open_files_to_the_line_about_them(
    monkeypatch, tmp_path, module, inner, write
):
    def fail(*_: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    writer = importlib.import_module(module)
    monkeypatch.setattr(writer, inner, fail)
    with pytest.raises(OSError, match="Too many open files") as raised:
        getattr(writer, write)(tmp_path)
    assert missing.explain(raised.value) == FEW


def test_few_open_files_are_one_line_of_a_legacy_chat(capsys):
    def program(console: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    assert chat.run(program) == 1
    assert one_line(capsys.readouterr().err) == FEW

"""The direction of imports: each room knows only the rooms before it, and heavy packages have one room each.

Read with `ast`, so that an import inside a function or under TYPE_CHECKING counts as well.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]

# From the text to the door. A room may import those before it, never those behind it.
ROOMS = (
    "light",
    "syntax",
    "resources",
    "values",
    "charts",
    "workspace",
    "predict",
    "lint",
    "report",
    "cli",
    "__main__",
)

# Where a room needs less of another than its place in the order would allow.
ONLY = {("workspace", "charts"): ("valuelint.charts.versions", "valuelint.charts.facts")}


class Package(NamedTuple):
    rooms: tuple[str, ...]
    lazy: bool  # inside a function only: most runs need nothing of it
    extra: str = ""  # of whoever asks for it


# Every third-party package that valuelint imports, and who may.
PACKAGES = {
    "yaml": Package(("syntax",), lazy=True),
    "jsonschema": Package(("workspace", "lint"), lazy=True),
    "cel_expr_python": Package(("lint",), lazy=True, extra="cel"),
    "click": Package(("cli", "__main__"), lazy=False),
}


class Import(NamedTuple):
    target: str
    line: int
    lazy: bool


def imports(text: str, module: str) -> Iterator[Import]:
    """Every import of a module; `module` is its dotted name, ending in `.__init__` for a package."""
    package = module.rpartition(".")[0].split(".")

    def visit(node: ast.AST, lazy: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from (Import(alias.name, child.lineno, lazy) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                base = package[: len(package) - child.level + 1] if child.level else []
                origin = ".".join([*base, *([child.module] if child.module else [])])
                yield from (Import(f"{origin}.{alias.name}", child.lineno, lazy) for alias in child.names)
            elif isinstance(child, ast.Call) and child.args and isinstance(child.args[0], ast.Constant):
                called = ast.unparse(child.func).rpartition(".")[2]
                if called in ("import_module", "__import__") and isinstance(child.args[0].value, str):
                    yield Import(child.args[0].value, child.lineno, lazy)
            inside = lazy or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from visit(child, inside or is_type_checking(child))

    return visit(ast.parse(text), lazy=False)


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def complaints(text: str, module: str) -> list[str]:
    room = module.split(".")[1]
    found = []
    for target, line, lazy in imports(text, module):
        where = f"{module}:{line}: {target}: "
        top, *rest = target.split(".")
        if top == "valuelint":
            other = rest[0] if rest else ""
            if other not in ROOMS or other == room or room == "__init__":
                continue  # a name of valuelint itself, such as its version
            if ROOMS.index(other) > ROOMS.index(room):
                found.append(where + f"{room} must not know {other}")
            elif not target.startswith(ONLY.get((room, other), "valuelint.")):
                found.append(where + f"{room} may know only {', '.join(ONLY[room, other])} of {other}")
        elif top not in sys.stdlib_module_names:
            if top not in PACKAGES:
                found.append(where + "no dependency of valuelint")
            elif room not in PACKAGES[top].rooms:
                found.append(where + f"only {' and '.join(PACKAGES[top].rooms)} may import {top}")
            elif PACKAGES[top].lazy and not lazy:
                found.append(where + f"import {top} inside the function that needs it")
    return found


def modules() -> list[tuple[str, Path]]:
    files = sorted((ROOT / "valuelint").rglob("*.py"))
    return [(".".join(file.relative_to(ROOT).with_suffix("").parts), file) for file in files]


def test_every_step_goes_forward() -> None:
    found = [line for name, file in modules() for line in complaints(file.read_text("utf-8"), name)]
    assert not found, "\n".join(found)


def test_every_module_stands_in_a_room() -> None:
    rooms = {name.split(".")[1] for name, _ in modules()} - {"__init__"}
    assert rooms == set(ROOMS)


def test_packages_are_the_declared_dependencies() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = {name.split(">")[0].lower().replace("pyyaml", "yaml") for name in project["dependencies"]}
    assert declared == {name for name, package in PACKAGES.items() if not package.extra}
    for name, package in PACKAGES.items():
        extras = project["optional-dependencies"].get(package.extra, [])
        assert not package.extra or [extra.split(">")[0] for extra in extras] == [name.replace("_", "-")]


@pytest.mark.parametrize(
    ("module", "text", "complaint"),
    [
        ("valuelint.syntax.nodes", "import valuelint.lint.rule", "syntax must not know lint"),
        ("valuelint.syntax.nodes", "from valuelint import cli", "syntax must not know cli"),
        ("valuelint.values.merge", "from ..predict import objects", "values must not know predict"),
        ("valuelint.values.__init__", "from ..predict import objects", "values must not know predict"),
        ("valuelint.charts.facts", "def f():\n    import valuelint.report", "charts must not know report"),
        ("valuelint.charts.facts", "if TYPE_CHECKING:\n    import valuelint.cli", "charts must not know cli"),
        ("valuelint.lint.engine", "import_module('valuelint.cli')", "lint must not know cli"),
        ("valuelint.workspace.config", "from valuelint.charts.compiler import fold", "may know only"),
        ("valuelint.lint.engine", "def f():\n    import yaml", "only syntax may import yaml"),
        ("valuelint.syntax.parse", "import yaml", "inside the function"),
        ("valuelint.syntax.parse", "if True:\n    from yaml import _yaml", "inside the function"),
        ("valuelint.lint.engine", "import jsonschema", "inside the function"),
        ("valuelint.report.text", "import rich.console", "no dependency"),
    ],
)  # fmt: skip
def test_a_step_back_is_found(module: str, text: str, complaint: str) -> None:
    (found,) = complaints(text, module)
    assert complaint in found


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("valuelint.lint.engine", "from valuelint.syntax import parse"),
        ("valuelint.lint.checks.monitors", "from ..rule import Rule\nfrom ...predict import objects"),
        ("valuelint.workspace.config", "from valuelint.charts.versions import Version"),
        ("valuelint.workspace.config", "def f():\n    import jsonschema"),
        ("valuelint.syntax.parse", "if TYPE_CHECKING:\n    import yaml"),
        ("valuelint.syntax.parse", "def f():\n    return __import__('yaml')"),
        ("valuelint.cli", "import click\nfrom valuelint import __version__"),
        ("valuelint.predict.objects", "import os.path\nfrom __future__ import annotations"),
    ],
)
def test_a_step_forward_is_fine(module: str, text: str) -> None:
    assert complaints(text, module) == []

"""Puts the top-level folders rules/ and schemas/ into the package; everything else is said in pyproject.toml.

They stand at the top of the repository because they are the part most contributors touch. In a wheel they
become valuelint/rules and valuelint/schemas; in a checkout and in an editable install they are read where
they are.
"""

from __future__ import annotations

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

DATA_FOLDERS = ("rules", "schemas")


def data_files() -> list[Path]:
    return [
        path
        for folder in DATA_FOLDERS
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    ]


class BuildWithData(build_py):
    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        files = data_files()
        if not files:
            raise SystemExit("rules/ and schemas/ are empty: these sources are not complete")
        for source in files:
            target = Path(self.build_lib, "valuelint", source)
            self.mkpath(str(target.parent))
            self.copy_file(str(source), str(target))


setup(cmdclass={"build_py": BuildWithData})

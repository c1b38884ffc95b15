"""Where shipped data is found, and that remembering it changes nothing but the speed."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from valuelint import resources

YAML = "name: demo\non: 1.0\nlist: [a, null, 0o14]\n"
DATA = {"name": "demo", "true": 1, "list": ["a", None, 12]}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of its own, whose rules/ holds a file."""
    package = tmp_path / "valuelint"
    package.mkdir()
    monkeypatch.setattr(resources, "__file__", str(package / "resources.py"))
    monkeypatch.setattr(resources, "_roots", {})
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "demo.yaml").write_text(YAML)
    return folder


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are parsed and not remembered, as they are asked for."""
    seen: list[str] = []
    parse = resources._parse

    def spy(path: str) -> Any:
        seen.append(os.path.basename(path))
        return parse(path)

    monkeypatch.setattr(resources, "_parse", spy)
    return seen


def remembered(root: Path) -> list[Path]:
    return sorted((root / "__pycache__").glob("*"))


# --- finding --------------------------------------------------------------------------------------


def test_in_a_checkout_the_folders_lie_beside_the_package(root: Path) -> None:
    assert resources.load("rules/demo.yaml") == DATA


def test_in_an_installed_package_they_lie_inside(root: Path, tmp_path: Path) -> None:
    inside = tmp_path / "valuelint" / "rules"
    inside.mkdir()
    (inside / "demo.yaml").write_text("inside: true\n")
    assert resources.load("rules/demo.yaml") == {"inside": True}


def test_names_and_folders(root: Path) -> None:
    resources.load("rules/demo.yaml")
    (root / "b").mkdir()
    (root / "a").mkdir()
    (root / ".hidden").mkdir()
    (root / "a.json").write_text("{}")
    (root / ".hidden.yaml").write_text("{}")
    (root / "a" / "inner.yaml").write_text("1")
    assert resources.names("rules") == ["a.json", "demo.yaml"]
    assert resources.names("rules/a") == ["inner.yaml"]
    assert resources.folders("rules") == ["a", "b"]
    assert resources.names("rules/nowhere") == resources.folders("schemas") == []


def test_the_shipped_data_is_found() -> None:
    assert {"cilium", "kube-prometheus-stack"} <= set(resources.folders("schemas"))
    assert "defaults.json" in resources.names("schemas/cilium")


def test_text_is_given_as_it_stands(root: Path) -> None:
    (root / "note.txt").write_bytes("ü\r\n".encode())
    assert resources.text("rules/note.txt") == "ü\r\n"


@pytest.mark.parametrize("name", ["", "valuelint/cli.py", "../rules/demo.yaml", "/etc/passwd"])
def test_other_folders_are_no_resources(root: Path, name: str) -> None:
    with pytest.raises(ValueError, match="is no resource"):
        resources.load(name)


def test_a_missing_file_is_said_to_be_missing(root: Path) -> None:
    with pytest.raises(FileNotFoundError):
        resources.load("rules/nowhere.yaml")
    with pytest.raises(FileNotFoundError):
        resources.derived("rules/nowhere.yaml", "part", lambda: 1)


@pytest.mark.parametrize(("name", "content"), [("bad.json", "{"), ("bad.yaml", "a: [")])
def test_a_broken_file_is_an_error_each_time(root: Path, name: str, content: str) -> None:
    (root / name).write_text(content)
    for _ in "first", "second":
        with pytest.raises(Exception, match=r"Expecting|bad\.yaml"):
            resources.load(f"rules/{name}")
    assert remembered(root) == []


# --- remembering ----------------------------------------------------------------------------------


def test_a_file_is_parsed_once(root: Path, parsed: list[str]) -> None:
    (root / "data.json").write_text('{"a": [1, 1.5, null, true, "x"]}')
    for _ in range(3):
        assert resources.load("rules/demo.yaml") == DATA
        assert resources.load("rules/data.json") == {"a": [1, 1.5, None, True, "x"]}
    assert parsed == ["demo.yaml", "data.json"]


def test_every_call_gives_new_data(root: Path) -> None:
    for _ in range(3):
        found = resources.load("rules/demo.yaml")
        assert found == DATA
        found["list"].append("changed")


def test_a_changed_file_is_read_anew(root: Path, parsed: list[str]) -> None:
    file = root / "demo.yaml"
    resources.load("rules/demo.yaml")
    file.write_text(YAML + "more: 1\n")
    assert resources.load("rules/demo.yaml") == {**DATA, "more": 1}
    # of the same size: the time of change tells
    file.write_text(YAML + "more: 2\n")
    os.utime(file, ns=(1, 1))
    assert resources.load("rules/demo.yaml") == {**DATA, "more": 2}
    # of the same time: the size tells
    file.write_text(YAML + "more: 33\n")
    os.utime(file, ns=(1, 1))
    assert resources.load("rules/demo.yaml") == {**DATA, "more": 33}
    assert len(parsed) == 4


def damaged(name: str) -> Callable[[bytes], bytes]:
    changes: dict[str, Callable[[bytes], bytes]] = {
        "empty": lambda stored: b"",
        "cut off": lambda stored: stored[:-1],
        "cut off early": lambda stored: stored[:20],
        "longer": lambda stored: stored + b"\0",
        "last byte": lambda stored: stored[:-1] + bytes([stored[-1] ^ 1]),
        "first byte": lambda stored: bytes([stored[0] ^ 1]) + stored[1:],
        "other program": lambda stored: b"\x7fELF" * 50,
        "text": lambda stored: b"name: demo\n",
    }
    return changes[name]


@pytest.mark.parametrize(
    "damage",
    ["empty", "cut off", "cut off early", "longer", "last byte", "first byte", "other program", "text"],
)
def test_a_damaged_memory_is_made_anew(root: Path, parsed: list[str], damage: str) -> None:
    resources.load("rules/demo.yaml")
    (memory,) = remembered(root)
    memory.write_bytes(damaged(damage)(memory.read_bytes()))
    for _ in range(2):
        assert resources.load("rules/demo.yaml") == DATA
    assert parsed == ["demo.yaml"] * 2


def test_every_damaged_byte_is_noticed(root: Path) -> None:
    resources.load("rules/demo.yaml")
    (memory,) = remembered(root)
    stored = memory.read_bytes()
    for at in range(len(stored)):
        memory.write_bytes(stored[:at] + bytes([stored[at] ^ 0x55]) + stored[at + 1 :])
        assert resources.load("rules/demo.yaml") == DATA, at


def test_where_nothing_can_be_written_nothing_is_remembered(root: Path, parsed: list[str]) -> None:
    # a file where the folder should be: as good as no permission, and it stops an administrator too
    (root / "__pycache__").write_text("")
    for _ in range(2):
        assert resources.load("rules/demo.yaml") == DATA
    assert parsed == ["demo.yaml"] * 2
    assert (root / "__pycache__").read_text() == ""


def test_a_failed_write_leaves_nothing_behind(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(source: str, target: str) -> None:
        raise PermissionError(target)

    monkeypatch.setattr(os, "replace", fail)
    assert resources.load("rules/demo.yaml") == DATA
    assert remembered(root) == []


def test_a_folder_in_the_place_of_the_memory_does_no_harm(root: Path, parsed: list[str]) -> None:
    resources.load("rules/demo.yaml")
    (memory,) = remembered(root)
    memory.unlink()
    memory.mkdir()
    assert resources.load("rules/demo.yaml") == DATA
    assert remembered(root) == [memory]


def test_python_told_to_write_nothing_writes_nothing(
    root: Path, parsed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    for _ in range(2):
        assert resources.load("rules/demo.yaml") == DATA
        assert resources.derived("rules/demo.yaml", "part", lambda: 1) == 1
    assert not (root / "__pycache__").exists()
    assert parsed == ["demo.yaml"] * 2
    # what was remembered before is read all the same, as Python does
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    resources.load("rules/demo.yaml")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert resources.load("rules/demo.yaml") == DATA
    assert len(parsed) == 3


def test_pythons_prefix_for_what_it_remembers_is_used(
    root: Path, parsed: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix = tmp_path / "prefix"
    monkeypatch.setattr(sys, "pycache_prefix", str(prefix))
    for _ in range(2):
        assert resources.load("rules/demo.yaml") == DATA
    assert parsed == ["demo.yaml"]
    assert not (root / "__pycache__").exists()
    (memory,) = [path for path in prefix.rglob("*") if path.is_file()]
    assert memory.parent == prefix.joinpath(*root.parts[1:])


def test_readers_and_writers_at_the_same_time_all_see_the_data(root: Path) -> None:
    memories = root / "__pycache__"
    wrong: list[object] = []
    done = threading.Event()

    def read() -> None:
        try:
            for _ in range(150):
                found = resources.load("rules/demo.yaml")
                if found != DATA:
                    wrong.append(found)
        except Exception as error:
            wrong.append(error)

    def forget() -> None:
        while not done.is_set():
            for memory in memories.glob("*.data"):
                memory.unlink(missing_ok=True)
            time.sleep(0.0005)

    readers = [threading.Thread(target=read) for _ in range(4)]
    forgetter = threading.Thread(target=forget)
    for thread in [forgetter, *readers]:
        thread.start()
    for thread in readers:
        thread.join()
    done.set()
    forgetter.join()
    resources.load("rules/demo.yaml")
    assert wrong == []
    assert len(remembered(root)) == 1


# --- folders and parts ----------------------------------------------------------------------------


def test_a_folder_is_remembered_as_one(root: Path, parsed: list[str]) -> None:
    (root / "a.json").write_text("[1]")
    (root / "note.txt").write_text("not data")
    for _ in range(2):
        assert resources.load_folder("rules") == {"a.json": [1], "demo.yaml": DATA}
    assert parsed == ["a.json", "demo.yaml"]
    assert len(remembered(root)) == 1


@pytest.mark.parametrize("change", ["added", "removed", "renamed", "changed"])
def test_a_changed_folder_is_read_anew(root: Path, change: str) -> None:
    (root / "a.json").write_text("[1]")
    resources.load_folder("rules")
    expected: dict[str, Any] = {"a.json": [1], "demo.yaml": DATA}
    if change == "added":
        (root / "b.json").write_text("2")
        expected["b.json"] = 2
    elif change == "removed":
        (root / "a.json").unlink()
        del expected["a.json"]
    elif change == "renamed":
        (root / "a.json").rename(root / "b.json")
        expected["b.json"] = expected.pop("a.json")
    else:
        (root / "a.json").write_text("[1, 2]")
        expected["a.json"] = [1, 2]
    assert resources.load_folder("rules") == expected


def test_a_part_is_made_once_for_each_state_of_the_file(root: Path) -> None:
    made: list[str] = []

    def make(part: str) -> Callable[[], list[str]]:
        def now() -> list[str]:
            made.append(part)
            return [part]

        return now

    for _ in range(2):
        for part in "1.0.0", "1.1.0-rc.1+x":
            assert resources.derived("rules/demo.yaml", part, make(part)) == [part]
    assert made == ["1.0.0", "1.1.0-rc.1+x"]
    (root / "demo.yaml").write_text("changed: true\n")
    resources.derived("rules/demo.yaml", "1.0.0", make("1.0.0"))
    assert made == ["1.0.0", "1.1.0-rc.1+x", "1.0.0"]
    assert resources.load("rules/demo.yaml") == {"changed": True}


def test_only_the_parts_made_last_stay_remembered(root: Path) -> None:
    for number in range(2 * resources.PARTS_REMEMBERED):
        assert resources.derived("rules/demo.yaml", str(number), lambda: "made") == "made"
        # clocks of file systems are coarse: the order must not hang on them
        for memory in remembered(root):
            if f"-{number}." in memory.name:
                os.utime(memory, ns=(number, number))
    kept = {memory.name.split("-")[1].split(".")[0] for memory in remembered(root) if "yaml-" in memory.name}
    newest = range(resources.PARTS_REMEMBERED, 2 * resources.PARTS_REMEMBERED)
    assert kept == {str(number) for number in newest}


def test_a_remembered_file_loads_in_well_under_a_millisecond(root: Path) -> None:
    def seconds(once: float = 0.0) -> float:
        once -= time.perf_counter()
        resources.load("rules/demo.yaml")
        return once + time.perf_counter()

    # the best of many: other work on the machine can only slow a try down
    assert min(seconds() for _ in range(50)) < 0.0005

"""Where YAML events come from: libyaml's parser without the Python half of PyYAML, or whatever PyYAML can
offer.

`import yaml` compiles regular expressions and builds tables for constructing, representing and emitting
objects. It costs four times what starting Python does, and a parser of events needs none of it. So the
extension module is loaded with a stand-in for its package, and the package wakes up, whole, as soon as
anyone asks it for anything.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType

from valuelint.light import Any, Protocol, cast


class Parser(Protocol):
    """A stream of events: the next one, or None after the last."""

    def get_event(self) -> Any: ...


def event_parser(text: str) -> Parser:
    """A parser over text; the fastest there is on this machine."""
    global _make
    if _make is None:
        _make = _light() or _whole() or PurePython
    return cast("Parser", _make(text))


_make: Any = None

# What the extension module takes from its package as it starts, and an event parser never uses.
_UNUSED = {
    "tokens": (
        *("AliasToken", "AnchorToken", "BlockEndToken", "BlockEntryToken", "BlockMappingStartToken"),
        *(
            "BlockSequenceStartToken",
            "DirectiveToken",
            "DocumentEndToken",
            "DocumentStartToken",
            "FlowEntryToken",
        ),
        *("FlowMappingEndToken", "FlowMappingStartToken", "FlowSequenceEndToken", "FlowSequenceStartToken"),
        *("KeyToken", "ScalarToken", "StreamEndToken", "StreamStartToken", "TagToken", "ValueToken"),
    ),
    "nodes": ("MappingNode", "ScalarNode", "SequenceNode"),
    "composer": ("ComposerError",),
    "constructor": ("ConstructorError",),
    "emitter": ("EmitterError",),
    "serializer": ("SerializerError",),
    "representer": ("RepresenterError",),
}
_ERRORS = {"reader": "ReaderError", "scanner": "ScannerError", "parser": "ParserError"}


class _Sleeping(ModuleType):
    """PyYAML's package before its `__init__` has run; the first attribute that is missing wakes it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self.__class__ = ModuleType  # type: ignore[assignment]
        assert self.__spec__ is not None
        assert self.__spec__.loader is not None
        self.__spec__.loader.exec_module(self)
        extension = sys.modules["yaml._yaml"]
        for module, names in _UNUSED.items():
            for each in names:
                setattr(extension, each, getattr(import_module(f"yaml.{module}"), each))
        for module, error in _ERRORS.items():
            setattr(extension, error, getattr(import_module(f"yaml.{module}"), error))
        return getattr(self, name)


def _light() -> Any:
    """libyaml's parser without the rest of PyYAML, or None where PyYAML is loaded already or not as
    expected.
    """
    if "yaml" in sys.modules:
        return None
    before = set(sys.modules)
    try:
        from importlib.machinery import PathFinder

        spec = PathFinder.find_spec("yaml")
        if spec is None:
            return None
        package = _Sleeping("yaml")
        package.__spec__ = spec
        package.__file__ = spec.origin
        package.__path__ = spec.submodule_search_locations or []
        sys.modules["yaml"] = package
        base = import_module("yaml.error").MarkedYAMLError
        import_module("yaml.events")
        for module, names in _UNUSED.items():
            package.__dict__[module] = _Names(dict.fromkeys(names, object))
        package.__dict__["reader"] = _Names({"ReaderError": type("ReaderError", (_CannotRead, base), {})})
        for module, error in list(_ERRORS.items())[1:]:
            package.__dict__[module] = _Names({error: type(error, (base,), {})})
        parser = import_module("yaml._yaml").CParser
        for module in (*_UNUSED, *_ERRORS):
            del package.__dict__[module]
        return parser
    except Exception:
        # An other version of PyYAML may need other names; its own import is the clean way then.
        for name in set(sys.modules) - before:
            if name == "yaml" or name.startswith("yaml."):
                del sys.modules[name]
        return None


class _Names:
    def __init__(self, names: dict[str, Any]) -> None:
        self.__dict__.update(names)


class _CannotRead:
    """The arguments of PyYAML's ReaderError, whose module compiles a regular expression."""

    def __init__(self, name: str, position: int, character: int, encoding: str, reason: str) -> None:
        self.position = position
        self.reason = reason


def _whole() -> Any:
    """libyaml's parser out of a fully imported PyYAML, or None where PyYAML came without libyaml."""
    try:
        from yaml.cyaml import CParser  # type: ignore[attr-defined]
    except ImportError:
        return None
    return CParser


class PurePython:
    """PyYAML's own parser of events, for machines without libyaml."""

    def __init__(self, text: str) -> None:
        import yaml

        self._events = yaml.parse(text, yaml.SafeLoader)

    def get_event(self) -> Any:
        return next(self._events, None)

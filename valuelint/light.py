"""What modules on the way of a plain `check` need of `typing` and its like, without importing them.

Importing `typing` costs as much as starting Python does, and so do fifty classes of `typing.NamedTuple`, which
compiles every annotation and a constructor for each. At run time the names here do next to nothing; `NamedTuple`
makes the same tuples with named fields without compiling anything. Type checkers see the originals.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    import re
    from collections.abc import Callable as Callable
    from collections.abc import Collection as Collection
    from collections.abc import Container as Container
    from collections.abc import Iterable as Iterable
    from collections.abc import Iterator as Iterator
    from collections.abc import Mapping as Mapping
    from collections.abc import Sequence as Sequence
    from typing import Any as Any
    from typing import Final as Final
    from typing import NamedTuple as NamedTuple
    from typing import Protocol as Protocol
    from typing import TypeVar
    from typing import cast as cast

    _Function = TypeVar("_Function")

    def pattern(text: str, flags: int = 0) -> re.Pattern[str]: ...

    def remembered(function: _Function) -> _Function: ...
else:
    from _collections import _tuplegetter
    from _collections_abc import (  # noqa: F401 - for those who import them from here
        Callable,
        Collection,
        Container,
        Iterable,
        Iterator,
        Mapping,
        Sequence,
    )

    Any = Final = object

    class Protocol:
        """A shape that is only checked, never made."""

    def cast(_, value):
        return value

    def remembered(function):
        """The same function of hashable arguments, asked once for each; nothing is forgotten."""
        answers = {}

        def ask(*arguments):
            if arguments not in answers:
                answers[arguments] = function(*arguments)
            return answers[arguments]

        ask.__name__, ask.__doc__ = function.__name__, function.__doc__
        return ask

    class pattern:  # noqa: N801 - stands in for a function
        """A regular expression that is compiled, and for which `re` is imported, when it is first used."""

        def __init__(self, text, flags=0):
            self._given = (text, flags)

        def __getattr__(self, name):
            import re

            compiled = re.compile(*self._given)
            self.search, self.fullmatch, self.finditer = compiled.search, compiled.fullmatch, compiled.finditer
            return getattr(compiled, name)

    def _new(cls, *values, **named):
        count = len(cls._fields)
        if len(values) == count and not named:
            return tuple.__new__(cls, values)
        if len(values) > count:
            raise TypeError(f"{cls.__name__} takes {count} values, not {len(values)}")
        rest = list(values)
        for field in cls._fields[len(values) :]:
            if field in named:
                rest.append(named.pop(field))
            elif field in cls._field_defaults:
                rest.append(cls._field_defaults[field])
            else:
                raise TypeError(f"{cls.__name__} needs a value for {field}")
        if named:
            raise TypeError(f"{cls.__name__} cannot take {', '.join(named)} here")
        return tuple.__new__(cls, rest)

    def _replace(self, **named):
        values = [named.pop(field, value) for field, value in zip(self._fields, self, strict=True)]
        if named:
            raise ValueError(f"{type(self).__name__} has no field {', '.join(named)}")
        return tuple.__new__(type(self), values)

    def _getnewargs(self):
        """What `copy` and `pickle` make the same record of."""
        return tuple(self)

    def _repr(self):
        shown = ", ".join(f"{field}={value!r}" for field, value in zip(self._fields, self, strict=True))
        return f"{type(self).__name__}({shown})"

    class _Meta(type):
        def __new__(meta, name, bases, space):
            fields = tuple(space.get("__annotations__", ()))
            space["_fields"] = space["__match_args__"] = fields
            space["_field_defaults"] = {field: space[field] for field in fields if field in space}
            for index, field in enumerate(fields):
                space[field] = _tuplegetter(index, None)
            space.update(__slots__=(), __new__=_new, _replace=_replace, __getnewargs__=_getnewargs)
            space.setdefault("__repr__", _repr)
            return type(name, (tuple,), space)

    NamedTuple = type.__new__(_Meta, "NamedTuple", (), {})

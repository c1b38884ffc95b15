"""`NamedTuple`, made quickly.

`typing.NamedTuple` compiles every annotation of every field when a module is imported; the fifty classes that a plain
`check` loads would cost as much as starting Python itself. Here the same class syntax makes the same classes without
looking at the annotations. Type checkers see `typing.NamedTuple`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:
    from collections import namedtuple

    _NOT_COPIED = frozenset(("__annotations__", "__qualname__", "__module__"))

    class _Meta(type):
        def __new__(meta, name, bases, space):  # noqa: N804 - a metaclass makes classes
            fields = tuple(space.get("__annotations__", ()))
            defaults = [space.pop(field) for field in fields if field in space]
            made = namedtuple(name, fields, defaults=defaults, module=space["__module__"])
            for key, value in space.items():
                if key not in _NOT_COPIED:
                    setattr(made, key, value)
            made.__annotations__ = space.get("__annotations__", {})
            return made

    NamedTuple = type.__new__(_Meta, "NamedTuple", (), {})

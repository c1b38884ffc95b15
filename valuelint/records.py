"""`NamedTuple`, made quickly.

`typing.NamedTuple` compiles every annotation of every field, and a constructor for every class, when a module is
imported: the fifty classes that a plain `check` loads would cost as much as starting Python does. Here the same class
syntax makes tuples with named fields without compiling anything. Type checkers see `typing.NamedTuple`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:
    from _collections import _tuplegetter

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
        def __new__(meta, name, bases, space):  # noqa: N804 - a metaclass makes classes
            fields = tuple(space.get("__annotations__", ()))
            space["_fields"] = space["__match_args__"] = fields
            space["_field_defaults"] = {field: space[field] for field in fields if field in space}
            for index, field in enumerate(fields):
                space[field] = _tuplegetter(index, None)
            space.update(__slots__=(), __new__=_new, _replace=_replace, __getnewargs__=_getnewargs)
            space.setdefault("__repr__", _repr)
            return type(name, (tuple,), space)

    NamedTuple = type.__new__(_Meta, "NamedTuple", (), {})

"""How one patch is written into one document: where its characters go, and which ones leave.

Nothing here is believed: `edits` reads the result again and refuses what is not exactly what was asked for.
"""

from __future__ import annotations

from valuelint.light import Any, NamedTuple
from valuelint.syntax import render
from valuelint.syntax.comments import content_start, line_end, nodes, properties_end
from valuelint.syntax.data import Found, find
from valuelint.syntax.nodes import Alias, Document, Mapping, Node, Scalar, Sequence, resolve_alias
from valuelint.syntax.patches import Append, CannotPatch, Patch, Remove, Rename, Unique, plain_copy
from valuelint.syntax.paths import Path, format_path


class Edit(NamedTuple):
    """Characters of a text that become other characters."""

    start: int
    end: int
    text: str


class Writer:
    """Finds the edits of one document for one patch at a time."""

    def __init__(self, document: Document, careful: bool = False) -> None:
        """`careful`: write no literal blocks, and leave the line end before a last line that goes."""
        self.document = document
        self.careful = careful
        self.text = document.source.text
        self.newline = document.source.newline
        every = nodes(document.root) if "*" in self.text else []
        self.aliases = [node for node in every if isinstance(node, Alias)]
        self.style = "double" if _is_json(document) else "plain"
        self._examples: tuple[int | None, bool | None] | None = None

    def edits_for(self, patch: Patch) -> list[Edit]:
        """The edits of a patch, in order; raises CannotPatch where the place is shared or no way is known."""
        path = patch.path
        if isinstance(patch, Remove):
            made = self._remove(path)
        elif isinstance(patch, Unique):
            made = self._remove(path, but_the_last=True)
        elif isinstance(patch, Rename):
            made = self._rename(path, patch.key)
        elif isinstance(patch, Append):
            made = self._append(path, plain_copy(patch.value))
        else:
            made = self._set(path, plain_copy(patch.value))
        return _joined(made)

    # Patches

    def _set(self, path: Path, value: Any) -> list[Edit]:
        root = self.document.root
        if root is None:
            return self._first_content(_nested(path, value))
        depth = len(path)
        while (found := find(root, path[:depth])) is None:
            depth -= 1
        self._check_way(path[:depth], inside=depth < len(path))
        if depth == len(path):
            return self._replace(found, path, value)
        value = _nested(path[depth:], value)
        node = found.node
        if isinstance(node, Mapping):
            (name, item), *_ = value.items()
            return self._add_key(node, name, item)
        return self._replace(found, path[:depth], value)

    def _append(self, path: Path, value: Any) -> list[Edit]:
        found = find(self.document.root, path)
        if found is None or not isinstance(resolve_alias(found.node), Sequence):
            return self._set(path, [value])
        self._check_way(path, inside=True)
        node = found.node
        assert isinstance(node, Sequence)
        if node.flow:
            return self._add_to_flow(node, render.flow(value, self.style))
        column = self._column(self._child_start(node, 0))
        return self._add_lines(node, render.list_item(value, column, self._layout(node)))

    def _rename(self, path: Path, key: str) -> list[Edit]:
        found = find(self.document.root, path)
        if found is None or not isinstance(found.parent, Mapping):
            raise CannotPatch(f"there is no key {_name(path)}")
        self._check_way(path, inside=False)
        parent = found.parent
        self._check_merged(parent, path)
        made = []
        for entry in parent.entries:
            if entry.key_text == path[-1] and not entry.is_merge:
                node = entry.key
                self._check_anchors(node.start, node.end)
                style = node.style if isinstance(node, Scalar) else "plain"
                start = node.start if node.tag is not None else content_start(self.text, node)
                made.append(Edit(start, node.end, render.scalar(key, style, parent.flow)))
        return made

    def _check_merged(self, parent: Mapping, path: Path) -> None:
        """Refuses to take a key away that a merge key would bring back, with another value."""
        for entry in parent.entries:
            merged = resolve_alias(entry.value) if entry.is_merge else None
            for item in merged.items if isinstance(merged, Sequence) else [merged]:
                source = None if item is None else resolve_alias(item)
                if isinstance(source, Mapping) and path[-1] in source.keys:
                    raise CannotPatch(f"{_name(path)} would come back through a merge key (<<)")

    def _remove(self, path: Path, but_the_last: bool = False) -> list[Edit]:
        found = find(self.document.root, path)
        if found is None:
            return []
        self._check_way(path, inside=False)
        parent = found.parent
        assert parent is not None
        if isinstance(parent, Mapping):
            gone = [
                index for index, entry in enumerate(parent.entries) if entry.key_text == path[-1] and not entry.is_merge
            ]
            gone = gone[:-1] if but_the_last else gone
            if not gone:
                return []
            if not but_the_last:
                self._check_merged(parent, path)
        else:
            gone = [int(path[-1])]
        for index in gone:
            self._check_anchors(self._child_start(parent, index), self._child_end(parent, index))
        if len(gone) == _count(parent) and not parent.flow:
            above = find(self.document.root, path[:-1])
            assert above is not None
            empty = "{}" if isinstance(parent, Mapping) else "[]"
            return self._write(above, render.Written(empty, []))
        if parent.flow:
            return self._remove_from_flow(parent, gone)
        return [made for run in _runs(gone) for made in self._remove_children(parent, run)]

    # Places that are shared

    def _check_way(self, path: Path, inside: bool) -> None:
        """Refuse a place that other places repeat. `inside`: the node at the path itself is to change
        within.
        """
        root = self.document.root
        assert root is not None
        node: Node = root
        for depth, part in enumerate(path):
            self._check_repeated(node, path)
            if isinstance(node, Mapping):
                entry = node.keys[str(part)]
                if entry.merged:
                    raise CannotPatch(
                        f"{format_path(path[: depth + 1])} comes in through a merge key (<<), "
                        f"from line {self._line(entry.start)}"
                    )
                node = entry.value
            else:
                assert isinstance(node, Sequence)
                node = node.items[int(part)]
        if inside:
            self._check_repeated(node, path)

    def _check_repeated(self, node: Node, path: Path) -> None:
        if isinstance(node, Alias) and not (isinstance(node.target, Scalar)):
            raise CannotPatch(
                f"{_name(path)} is reached through the alias *{node.name} in line {self._line(node.start)}, "
                f"which repeats line {self._line(node.target.start)}"
            )
        if node.anchor is not None:
            for alias in self.aliases:
                if alias.target is node:
                    raise CannotPatch(
                        f"{_name(path)} belongs to the anchor &{node.anchor} "
                        f"in line {self._line(node.start)}, which line {self._line(alias.start)} repeats"
                    )

    def _check_anchors(self, start: int, end: int) -> None:
        """Refuse to take text away that an alias outside of it repeats."""
        for alias in self.aliases:
            if start <= alias.target.start < end and not start <= alias.start < end:
                raise CannotPatch(
                    f"the anchor &{alias.target.anchor} in line {self._line(alias.target.start)} "
                    f"is repeated in line {self._line(alias.start)}"
                )

    # Values

    def _replace(self, found: Found, path: Path, value: Any) -> list[Edit]:
        """Write a new value where one stands."""
        node, parent = found.node, found.parent
        if parent is None:
            raise CannotPatch("the whole document would have to be written anew")
        self._check_anchors(node.start, node.end)
        style = node.style if isinstance(node, Scalar) and node.style != "plain" else self.style
        if isinstance(node, Scalar) and not node.raw and isinstance(value, str) and "\n" in value:
            style = "plain"  # the quotes of an empty text are no choice for one of several lines
        if parent.flow:
            if isinstance(value, (dict, list)):
                written = render.Written(render.flow(value, self.style), [])
            else:
                written = render.Written(render.scalar(value, style, flow=True), [])
        else:
            column = self._column(self._child_start(parent, 0))
            layout = self._layout(parent)
            if isinstance(parent, Mapping):
                written = render.block(value, column, layout, style)
            else:
                written = render.behind_dash(value, column, layout, style)
        return self._write(found, written)

    def _write(self, found: Found, written: render.Written) -> list[Edit]:
        """Put a written value into the place of a node."""
        text, node, parent = self.text, found.node, found.parent
        content = content_start(text, node)
        if parent is None:
            return self._write_at(content, node.end, written)
        if node.tag is not None:
            # The tag says what the old value was, and nothing about the new one.
            if not isinstance(node, Scalar):
                raise CannotPatch(f"line {self._line(node.start)} has a tag")
            return self._write_whole(found, written)
        if node.anchor is not None and isinstance(parent, Sequence):
            # Behind the dash, an anchor would belong to the first key; nothing repeats it, so it goes.
            return self._write_whole(found, written)
        after = properties_end(text, node) if node.anchor is not None else self._behind_indicator(found)
        if content == node.end and isinstance(node, Scalar):
            return self._write_behind(found, after, written)
        if after is None:
            return self._write_at(content, node.end, written)
        below = _has_break(text, after, content)
        collection = isinstance(node, (Mapping, Sequence)) and not node.flow
        if below and (collection or written.lines):
            return [*self._write_behind(found, after, written), *self._erase_lines(content, node.end)]
        if not written.inline:
            content = after
        return self._write_at(content, node.end, written)

    def _write_whole(self, found: Found, written: render.Written) -> list[Edit]:
        """Put a value in the place of a node with its tag and anchor."""
        node, after = found.node, self._behind_indicator(found)
        if written.lines and after is not None and _has_break(self.text, after, node.start):
            return [*self._write_behind(found, after, written), *self._erase_lines(node.start, node.end)]
        return self._write_at(node.start, node.end, written)

    def _write_behind(self, found: Found, after: int | None, written: render.Written) -> list[Edit]:
        """Put a value behind a colon, a dash or an anchor that nothing follows."""
        if after is None:
            # A key without a colon: in flow style, or behind a question mark.
            assert isinstance(found.parent, Mapping)
            assert found.entry is not None
            end = found.entry.key.end
            if found.parent.flow:
                return [Edit(end, end, f": {written.inline}")]
            stop = line_end(self.text, end)
            head = " " * self._column(self._child_start(found.parent, 0)) + ":"
            inline = f"{head} {written.inline}" if written.inline else head
            return [self._lines_at(stop, [inline, *written.lines])]
        made = [Edit(after, after, f" {written.inline}")] if written.inline else []
        if written.lines:
            made.append(self._lines_at(line_end(self.text, after), written.lines))
        return made

    def _write_at(self, start: int, end: int, written: render.Written) -> list[Edit]:
        """Put a value in the place of the characters of another, comments among them kept."""
        made = [Edit(start, start, written.inline)] if written.inline else []
        if written.lines:
            inner = self._comments_within(start, end)
            if not inner:
                stop = line_end(self.text, end)
            elif _has_break(self.text, start, inner[0][0]):
                stop = start
            else:
                stop = inner[0][1]
            made.append(self._lines_at(stop, written.lines))
        return made + self._erase(start, end, whole_lines=False)

    def _first_content(self, value: dict[str, Any]) -> list[Edit]:
        """Write the first values of a document that holds nothing but comments."""
        before = self.text[: self.document.end]
        layout = render.Layout(literals=not self.careful)
        lines = [line for name, item in value.items() for line in render.entry(name, item, 0, layout)]
        ended = not before or before[-1] in "\r\n"
        new = self.newline.join(lines)
        end = self.document.end
        return [Edit(end, end, new + self.newline if ended else self.newline + new)]

    # Children of collections

    def _add_key(self, parent: Mapping, name: str, value: Any) -> list[Edit]:
        if parent.flow:
            return self._add_to_flow(parent, render.flow({name: value}, self.style)[1:-1])
        column = self._column(self._child_start(parent, 0))
        return self._add_lines(parent, render.entry(name, value, column, self._layout(parent)))

    def _add_lines(self, parent: Mapping | Sequence, lines: list[str]) -> list[Edit]:
        made = [self._lines_at(line_end(self.text, parent.end), lines)]
        last = nodes(parent)[-1]
        if parent.end == len(self.text) and isinstance(last, Scalar) and last.style in ("literal", "folded"):
            # Without a final newline the block has none either; one that follows must be stripped.
            header = content_start(self.text, last) + 1
            if last.raw[-1:] != "\n" and "-" not in self.text[header : line_end(self.text, header)]:
                made.append(Edit(header, header, "-"))
        return made

    def _add_to_flow(self, parent: Mapping | Sequence, new: str) -> list[Edit]:
        text = self.text
        opening = content_start(text, parent)
        if text[opening] not in "{[":
            raise CannotPatch(f"the map in line {self._line(opening)} is written without braces")
        count = _count(parent)
        if not count:
            return [Edit(opening + 1, opening + 1, new)]
        end = self._child_end(parent, count - 1)
        start = self._child_start(parent, count - 1)
        comma = _skip(text, end)
        comma = comma + 1 if text[comma] == "," else 0
        # A colon directly before the comma would belong to the text before it.
        gap = " " if text[end - 1] == ":" else ""
        line = _line_start(text, start)
        indent = text[line:start]
        if indent.isspace() and _has_break(text, end, parent.end):
            # One child a line: the new one gets its own, and a comment behind the last one stays there.
            stop = line_end(text, max(end, comma))
            tail = "," if comma else ""
            made = [Edit(stop, stop, f"{self.newline}{indent}{new}{tail}")]
            return made if comma else [Edit(end, end, f"{gap},"), *made]
        return [Edit(end, end, f"{gap}, {new}")]

    def _remove_children(self, parent: Mapping | Sequence, run: range) -> list[Edit]:
        """Take neighbours out of a block; the first may stand behind the dash that the rest is to follow."""
        text = self.text
        start, end = self._child_start(parent, run[0]), self._child_end(parent, run[-1])
        if text[_line_start(text, start) : start].strip(" "):
            if run.stop < _count(parent):
                following = self._child_start(parent, run.stop)
                if not self._comments_within(start, following):
                    return [Edit(start, following, "")]
            return self._erase(start, end, whole_lines=False)
        spans = [(self._child_start(parent, index), self._child_end(parent, index)) for index in run]
        return [made for begin, stop in spans for made in self._erase_lines(begin, stop)]

    def _remove_from_flow(self, parent: Mapping | Sequence, gone: list[int]) -> list[Edit]:
        text, count = self.text, _count(parent)
        first, last = gone[0], gone[-1]
        start, end = self._child_start(parent, first), self._child_end(parent, last)
        if text[content_start(text, parent)] not in "{[":
            raise CannotPatch(f"the map in line {self._line(start)} is written without braces")
        if last - first != len(gone) - 1:
            raise CannotPatch(f"the key is written more than once in line {self._line(start)}")
        if last < count - 1:
            end = self._child_start(parent, last + 1)
        elif first:
            start = self._child_end(parent, first - 1)
            if text[start - 1] == ":" and text[start] in " \t\r\n":
                start += 1  # a colon directly before the brace would belong to the text before it
        else:
            comma = _skip(text, end)
            end = comma + 1 if text[comma] == "," else end
        return self._erase(start, end, whole_lines=False)

    def _child_start(self, parent: Mapping | Sequence, index: int) -> int:
        """Where a child begins, with its dash or question mark."""
        text = self.text
        child = parent.entries[index].key if isinstance(parent, Mapping) else parent.items[index]
        if index:
            at = _skip(text, self._child_end(parent, index - 1))
            if parent.flow and text[at : at + 1] == ",":
                at = _skip(text, at + 1)
        else:
            at = content_start(text, parent)
            if parent.flow and text[at] in "{[":
                at = _skip(text, at + 1)
        return min(at, child.start)

    def _child_end(self, parent: Mapping | Sequence, index: int) -> int:
        return parent.entries[index].end if isinstance(parent, Mapping) else parent.items[index].end

    def _behind_indicator(self, found: Found) -> int | None:
        """The place behind the colon or dash of a value, or None where there is none."""
        text = self.text
        if found.entry is not None:
            at = _skip(text, found.entry.key.end)
            return at + 1 if text[at : at + 1] == ":" else None
        assert isinstance(found.parent, Sequence)
        if found.parent.flow:
            return None
        return self._child_start(found.parent, found.parent.items.index(found.node)) + 1

    # Lines

    def _lines_at(self, offset: int, lines: list[str]) -> Edit:
        return Edit(offset, offset, "".join(self.newline + line for line in lines))

    def _erase_lines(self, start: int, end: int) -> list[Edit]:
        """Take away text that begins its line, and its lines with it; comments stay, those behind it too."""
        text = self.text
        stop = line_end(text, end)
        if self._comments_within(start, end) or text[end:stop].strip():
            behind = self._comments_within(end, stop)
            if behind and not self._comments_within(start, end):
                return [Edit(start, behind[0][0], "")]
            return self._erase(start, end, whole_lines=True)
        begin = _line_start(text, start)
        if stop < len(text):
            return [Edit(begin, stop + (2 if text.startswith("\r\n", stop) else 1), "")]
        # The last line has no end: the one before it takes over.
        if begin and not self.careful:
            begin -= 2 if text.startswith("\r\n", begin - 2) else 1
        return [Edit(begin, stop, "")]

    def _erase(self, start: int, end: int, whole_lines: bool) -> list[Edit]:
        """Take away the text of a span, all but its comments, each of which stays on a line of its own."""
        text = self.text
        inner = self._comments_within(start, end)
        if not inner:
            return [Edit(start, end, "")]
        made = []
        at = start
        for comment, after in inner:
            breaks = _breaks(text, at, comment)
            if not breaks:
                kept = len(text[at:comment]) - len(text[at:comment].rstrip(" \t"))
                made.append(Edit(at, comment if whole_lines and at == start else comment - kept, ""))
            else:
                (first, first_end), (_, last_end) = breaks[0], breaks[-1]
                indent = last_end + _blanks(text, last_end)
                if at == start and whole_lines:
                    made.append(Edit(_line_start(text, start), last_end, ""))
                else:
                    made += [Edit(at, first, ""), Edit(first_end, last_end, "")]
                made.append(Edit(min(indent, comment), comment, ""))
            at = after
        stop = line_end(text, end)
        if not text[end:stop].strip():
            # Blanks that stay would become part of the comment before them.
            made.append(Edit(at, stop, ""))
        else:
            breaks = _breaks(text, at, end)
            (_, first_end), (_, last_end) = breaks[0], breaks[-1]
            made += [
                Edit(first_end, last_end, ""),
                Edit(min(last_end + _blanks(text, last_end), end), end, ""),
            ]
        return made

    def _comments_within(self, start: int, end: int) -> list[tuple[int, int]]:
        return [each for each in self.document.comments if start <= each[0] < end]

    def _column(self, offset: int) -> int:
        return offset - _line_start(self.text, offset)

    def _line(self, offset: int) -> int:
        return self.document.source.position(offset)[0]

    def _layout(self, parent: Mapping | Sequence) -> render.Layout:
        """How the file indents, the nearest examples first."""
        step, lists = self._example(parent)
        if step is None or lists is None:
            if self._examples is None:
                self._examples = self._first_examples()
            step = self._examples[0] if step is None else step
            lists = self._examples[1] if lists is None else lists
        return render.Layout(step or 2, lists is not False, not self.careful)

    def _first_examples(self) -> tuple[int | None, bool | None]:
        step: int | None = None
        lists: bool | None = None
        for node in nodes(self.document.root):
            here = self._example(node)
            step = here[0] if step is None else step
            lists = here[1] if lists is None else lists
            if step is not None and lists is not None:
                break
        return step, lists

    def _example(self, node: Node) -> tuple[int | None, bool | None]:
        """How much deeper a map's first map stands, and whether its first list is indented; None without an example."""
        step: int | None = None
        lists: bool | None = None
        if not isinstance(node, Mapping) or node.flow:
            return step, lists
        column: int | None = None
        for entry in node.entries:
            value = entry.value
            if not isinstance(value, (Mapping, Sequence)) or value.flow or not _count(value):
                continue
            if column is None:
                column = self._column(self._child_start(node, 0))
            deeper = self._column(self._child_start(value, 0)) - column
            if isinstance(value, Mapping) and step is None and deeper > 0:
                step = deeper
            elif isinstance(value, Sequence) and lists is None and deeper >= 0:
                lists = deeper > 0
        return step, lists


def _is_json(document: Document) -> bool:
    """Whether a document looks like JSON: braces, and every key in double quotes. What is written must be JSON then."""
    root = document.root
    if not isinstance(root, Mapping) or not root.flow or not root.entries:
        return False
    maps = [node for node in nodes(root) if isinstance(node, Mapping)]
    keys = [entry.key for node in maps for entry in node.entries]
    return all(isinstance(key, Scalar) and key.style == "double" for key in keys)


def _nested(path: Path, value: Any) -> Any:
    """A value inside the maps that a path names."""
    for part in reversed(path):
        if isinstance(part, int):
            raise CannotPatch(f"there is no list item [{part}]")
        value = {part: value}
    return value


def _joined(edits: list[Edit]) -> list[Edit]:
    """Edits in order, those that touch made one; raises CannotPatch where two want the same characters."""
    made: list[Edit] = []
    for each in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if made and each.start < made[-1].end and (each.text or made[-1].text):
            raise CannotPatch("the text here is too entangled to edit")
        if made and each.start <= made[-1].end:
            last = made.pop()
            each = Edit(last.start, max(last.end, each.end), last.text + each.text)
        made.append(each)
    return [each for each in made if each.start < each.end or each.text]


def _runs(numbers: list[int]) -> list[range]:
    """Numbers in order as stretches of neighbours."""
    found: list[range] = []
    for number in numbers:
        if found and found[-1].stop == number:
            found[-1] = range(found[-1].start, number + 1)
        else:
            found.append(range(number, number + 1))
    return found


def _count(parent: Mapping | Sequence) -> int:
    return len(parent.entries) if isinstance(parent, Mapping) else len(parent.items)


def _name(path: Path) -> str:
    return format_path(path) or "the whole file"


def _skip(text: str, at: int) -> int:
    """The first character from an offset on that is neither blank, nor a line end, nor in a comment."""
    while at < len(text):
        if text[at] == "#":
            at = line_end(text, at)
        elif text[at] in " \t\r\n":
            at += 1
        else:
            break
    return at


def _line_start(text: str, at: int) -> int:
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def _has_break(text: str, start: int, end: int) -> bool:
    return "\n" in text[start:end] or "\r" in text[start:end]


def _breaks(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The line ends between two offsets."""
    found = []
    at = line_end(text, start)
    while at < end:
        after = at + (2 if text.startswith("\r\n", at) else 1)
        found.append((at, after))
        at = line_end(text, after)
    return found


def _blanks(text: str, at: int) -> int:
    rest = text[at : line_end(text, at)]
    return len(rest) - len(rest.lstrip(" \t"))

"""From text to located trees, in one pass over the parser's events and without recursion."""

from __future__ import annotations

from valuelint.light import TYPE_CHECKING, Any
from valuelint.syntax import libyaml
from valuelint.syntax.nodes import (
    Alias,
    Document,
    Entry,
    Mapping,
    Node,
    Scalar,
    Sequence,
    is_merge_key,
    resolve_alias,
)
from valuelint.syntax.scalars import NOT_FINITE, TagError, key_text, resolve
from valuelint.syntax.source import SourceError

if TYPE_CHECKING:
    from valuelint.syntax.paths import Path
    from valuelint.syntax.source import Source, SourceError

# Real values stay below 30 levels. The limit keeps every recursive walk over a tree or its data far from
# Python's own limit, and libyaml, which is asked for one event at a time, from its quadratic time on nested
# brackets.
MAX_DEPTH = 200
MAX_NODES = 2_000_000

_STYLES: dict[str | None, str] = {
    None: "plain",
    "": "plain",
    "'": "single",
    '"': "double",
    "|": "literal",
    ">": "folded",
}


def parse(source: Source, *, max_depth: int = MAX_DEPTH, max_nodes: int = MAX_NODES) -> list[Document]:
    """The documents of a source, at least one.

    Raises SourceError, and nothing else, for what Helm would not read, and for a text that nests deeper than
    `max_depth` or holds more than `max_nodes` nodes.
    """
    try:
        documents = _compose(source, source.text, max_depth, max_nodes)
    except Exception as error:
        refusal = _is_refusal(error)
        if not refusal and not isinstance(error, SourceError):
            raise
        found = _of_template(source, max_depth, max_nodes) if source.template else None
        if found is None and not refusal:
            raise
        if found is None:
            from valuelint.syntax.errors import explain

            raise explain(source, error) from None
        documents = found
    return documents or [Document(source, 0, 0)]


def scalar_at(text: str, start: int) -> Scalar | None:
    """The scalar that begins at an offset, whatever stands behind it; None where there is none."""
    get_event = libyaml.event_parser(text).get_event
    try:
        event: Any = get_event()
        while event is not None and event.start_mark.index <= start:
            if event.__class__.__name__ == "ScalarEvent" and event.start_mark.index == start:
                raw, style = event.value, event.style
                end = event.end_mark.index
                if style and style in "|>":
                    end = _end_of_block(text, start, end, raw)
                return Scalar(start, end, event.anchor, event.tag, raw, _STYLES[style])
            event = get_event()
    except Exception as error:
        if not _is_refusal(error):
            raise
    return None


def _is_refusal(error: Exception) -> bool:
    """Whether the parser says that a text is no YAML: its errors are told by a name of their class, since which class
    it is depends on how the parser was loaded.
    """
    return any(each.__name__ == "YAMLError" for each in type(error).__mro__)


def _of_template(source: Source, max_depth: int, max_nodes: int) -> list[Document] | None:
    """The documents of a template that is no YAML before it is filled in, but for what is filled in."""
    from valuelint.syntax.templates import masked, unmask

    text = masked(source.text)
    if text is None:
        return None
    try:
        documents = _compose(source, text, max_depth, max_nodes)
    except Exception as error:
        if not _is_refusal(error) and not isinstance(error, SourceError):
            raise
        return None
    return documents if unmask(documents) else None


def _compose(source: Source, text: str, max_depth: int, max_nodes: int) -> list[Document]:
    get_event = libyaml.event_parser(text).get_event
    from yaml.events import (
        AliasEvent,
        DocumentEndEvent,
        DocumentStartEvent,
        MappingEndEvent,
        MappingStartEvent,
        ScalarEvent,
        SequenceEndEvent,
        SequenceStartEvent,
        StreamEndEvent,
        StreamStartEvent,
    )

    documents: list[Document] = []
    document = Document(source, 0, 0)
    anchors: dict[str, Node] = {}
    plain_keys: dict[str, str] = {}
    # The collection that takes the next node, the key that waits for its value, and the collections around.
    mapping: Mapping | None = None
    sequence: Sequence | None = None
    key: Node | None = None
    text_of_key = ""
    stack: list[Mapping | Sequence] = []
    merging: list[Mapping] = []
    duplicates: list[tuple[Path, Entry, Mapping]] = []
    styles = _STYLES
    count = 0
    node: Any

    while True:
        event: Any = get_event()
        kind = event.__class__

        if kind is ScalarEvent:
            raw = event.value
            tag = event.tag
            anchor = event.anchor
            style = event.style
            start = event.start_mark.index
            end = event.end_mark.index
            if style and style in "|>":
                end = _end_of_block(text, start, end, raw)
            node = Scalar(start, end, anchor, tag, raw, styles[style])
            if anchor is not None:
                anchors[anchor] = node
            if "?" in raw and not style and stack and stack[-1].flow:
                # libyaml takes it as text by now; the older rules of goyaml end the value there.
                message = "Helm does not read an unquoted ? between brackets"
                raise source.error(start, message, "quote the value")
            if mapping is not None and key is None:
                count += 1
                key = node
                if tag is None and not style:
                    found = plain_keys.get(raw)
                    if found is None:
                        found = plain_keys[raw] = _text_of_key(source, node)
                    text_of_key = found
                else:
                    text_of_key = _text_of_key(source, node)
                continue
            if tag is not None:
                _check_tag(source, node)
            elif not style:
                if raw in NOT_FINITE:
                    raise _not_finite(source, node)
                if start == end and key is not None:
                    node.start = node.end = _place_of_nothing(text, key.end, start)

        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            start = event.start_mark.index
            if mapping is not None and key is None:
                raise _collection_as_key(source, start)
            make = Mapping if kind is MappingStartEvent else Sequence
            node = make(start, -1, event.anchor, event.tag, bool(event.flow_style))
            if node.anchor is not None:
                anchors[node.anchor] = node

        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            node = stack.pop()
            if node.flow:
                node.end = event.end_mark.index
            elif kind is MappingEndEvent:
                node.end = node.entries[-1].end
            else:
                node.end = node.items[-1].end
            if merging and merging[-1] is node:
                merging.pop()
                count += _merge(source, node, max_nodes - count)
            mapping = sequence = None
            if stack:
                around = stack[-1]
                if around.__class__ is Mapping:
                    mapping = around
                else:
                    sequence = around  # type: ignore[assignment]
            continue

        elif kind is AliasEvent:
            node = _alias(source, event, anchors)

        elif kind is DocumentStartEvent:
            if event.version or event.tags:
                raise source.error(event.start_mark.index, "Helm does not read YAML directives", "remove the % line")
            document = Document(source, len(documents), documents[-1].end if documents else 0)
            documents.append(document)
            anchors = {}
            continue
        elif kind is DocumentEndEvent:
            document.end = event.end_mark.index
            if duplicates:
                document.duplicates = [(path, lost, _winner(at, lost)) for path, lost, at in duplicates]
                duplicates = []
            continue
        elif kind is StreamStartEvent:
            continue
        else:
            assert kind is StreamEndEvent
            break

        count += 1
        if count > max_nodes:
            raise source.error(node.start, f"the file holds more than {max_nodes} values", "split the file")

        if mapping is not None:
            if key is None:
                key = node
                text_of_key = _text_of_key(source, node)
                continue
            entry = Entry(key, node, text_of_key)
            mapping.entries.append(entry)
            if text_of_key == "<<" and is_merge_key(key):
                if not merging or merging[-1] is not mapping:
                    merging.append(mapping)
            else:
                if text_of_key in mapping.keys:
                    path = _path(stack)
                    duplicates.append((path, mapping.keys[text_of_key], mapping))
                mapping.keys[text_of_key] = entry
            key = None
        elif sequence is not None:
            sequence.items.append(node)
        elif node.__class__ is not Scalar or node.start != node.end:
            document.root = node

        if kind is MappingStartEvent:
            stack.append(node)
            mapping, sequence = node, None
        elif kind is SequenceStartEvent:
            stack.append(node)
            mapping, sequence = None, node
        else:
            continue
        if len(stack) > max_depth:
            raise source.error(node.start, f"values nest deeper than {max_depth} levels", "flatten the file")

    if documents:
        # What follows the last document, comments mostly, is its own.
        documents[-1].end = len(text)
    return documents


def _end_of_block(text: str, start: int, end: int, raw: str) -> int:
    """Where the last line of a block scalar ends, its line end left out.

    libyaml counts all blank lines that follow. They belong to the scalar only where its indicator keeps
    them (`|+`), or where they hold blanks beyond its indentation.
    """
    body = raw.rstrip("\n")
    kept = len(raw) - len(body) > 1 or (raw and not body) or body.endswith((" ", "\t"))
    stripped = end
    while stripped > start and text[stripped - 1] in "\r\n":
        if kept:
            stripped -= 2 if text.endswith("\r\n", start, stripped) else 1
            break
        stripped = _without_blank_line(text, start, stripped)
    return stripped


def _without_blank_line(text: str, start: int, end: int) -> int:
    at = end
    while at > start and text[at - 1] in " \t\r\n":
        at -= 1
    return at


def _place_of_nothing(text: str, after: int, at: int) -> int:
    """Where an empty value stands: behind its colon, or behind its key where there is none."""
    if text[at - 1 : at] == ":":
        return at
    colon = text[after:at].partition("#")[0].find(":")
    return after if colon < 0 else after + colon + 1


def _check_tag(source: Source, node: Scalar) -> None:
    try:
        value = resolve(node.raw, node.style, node.tag)
    except TagError as error:
        raise source.error(node.start, str(error), "correct the tag or leave it out") from None
    if isinstance(value, float) and value - value != 0:
        raise _not_finite(source, node)


def _not_finite(source: Source, node: Scalar) -> SourceError:
    return source.error(node.start, f"Helm cannot use the number {node.raw}", "quote it if it is text")


def _text_of_key(source: Source, key: Node) -> str:
    node = resolve_alias(key)
    if not isinstance(node, Scalar):
        raise _collection_as_key(source, key.start)
    try:
        return key_text(node.raw, node.style, node.tag)
    except TagError as error:
        raise source.error(key.start, f"Helm cannot use this key: {error}", "quote the key") from None


def _collection_as_key(source: Source, at: int) -> SourceError:
    if source.text[at] == "{" and "{{" in source.text[max(at - 1, 0) : at + 2]:
        remedy = "quote it, or give the file as it is after rendering"
        return source.error(at, "a template expression stands here without quotes", remedy)
    return source.error(at, "a map or a list cannot be a key", "write a plain key")


def _alias(source: Source, event: Any, anchors: dict[str, Node]) -> Alias:
    name = event.anchor
    start = event.start_mark.index
    target = anchors.get(name)
    if target is None:
        remedy = f"write &{name} at the value that it repeats, further up in the same document"
        raise source.error(start, f"the alias *{name} has no anchor", remedy)
    if target.end < 0:
        raise source.error(start, f"the value of the anchor &{name} contains itself", f"replace *{name} by a value")
    return Alias(start, event.end_mark.index, name, target)


def _merge(source: Source, mapping: Mapping, budget: int) -> int:
    """Decide the keys of a mapping that holds merge keys; gives the number of keys it took over."""
    keys: dict[str, Entry] = {}
    taken = 0
    for entry in mapping.entries:
        if not entry.is_merge:
            keys[entry.key_text] = entry
            continue
        value = resolve_alias(entry.value)
        # Only a list that stands here itself is a list of maps to merge; Helm refuses an alias to one.
        listed = isinstance(entry.value, Sequence)
        parts = [resolve_alias(each) for each in value.items] if isinstance(value, Sequence) and listed else [value]
        for part in reversed(parts):
            if not isinstance(part, Mapping):
                remedy = "give it an alias to a map, or a list of such"
                raise source.error(entry.value.start, "the merge key << needs a map", remedy)
            taken += len(part.keys)
            if taken > budget:
                raise source.error(entry.start, "merge keys bring in too many keys", "merge fewer maps")
            for key, found in part.keys.items():
                keys[key] = found if found.merged else Entry(found.key, found.value, key, True)
    mapping.keys = keys
    return taken


def _path(stack: list[Mapping | Sequence]) -> Path:
    """The path of the entry added last."""
    return tuple(each.entries[-1].key_text if isinstance(each, Mapping) else len(each.items) - 1 for each in stack)


def _winner(mapping: Mapping, lost: Entry) -> Entry:
    text = lost.key_text
    return next(each for each in reversed(mapping.entries) if each.key_text == text and not each.is_merge)

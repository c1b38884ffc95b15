"""From paths to places: the only module that knows where in a file a value of a release stands."""

from __future__ import annotations

from valuelint.lint.diagnostic import Place
from valuelint.predict.cluster import Installed
from valuelint.syntax import Mapping, Node, Path, Scalar, Sequence
from valuelint.values import Layer
from valuelint.workspace.release import Origin


def locate(
    installed: Installed,
    path: Path,
    message: str = "",
    within: tuple[int, int] | None = None,
    at_key: bool = False,
    layer: Layer | None = None,
) -> Place | None:
    """The place of a path in the layer that set it; of its nearest ancestor where nothing did; else None.

    A scalar is pointed at itself (or at a part of it), a map or list at its key, null at its key as well.
    With `at_key`, the key is pointed at in any case. `layer` holds the path where that is none of the release's layers.
    """
    if layer is not None:
        found = layer.find(path)
        key = found.entry.key if found is not None and found.entry is not None else None
        return None if key is None else Place(layer.source, key.start, key.end, path, message)
    resolved = installed.values.nearest(path)
    if resolved is None or resolved.layer is None:
        return _first(installed, message)
    if resolved.layer.document.root is resolved.layer.root and resolved.layer.file.startswith("--"):
        # Set on the command line, which has no place in a file.
        said = f"{resolved.layer.file} {resolved.layer.source.text}"
        return _first(installed, f"{message} ({said})" if message else said)
    node, entry = resolved.node, resolved.entry
    if isinstance(node, Scalar) and node.end > node.start and not (at_key and entry is not None):
        start, end = node.start, node.end
        if within is not None and resolved.path == path and node.style == "plain":
            start, end = resolved.layer.part(node, within)
            end = max(end, start + 1)
        return Place(resolved.layer.source, start, min(end, node.end), resolved.path, message)
    if entry is not None:
        return Place(resolved.layer.source, entry.key.start, entry.key.end, resolved.path, message)
    return None if node is None else Place(resolved.layer.source, node.start, _head(node), resolved.path, message)


def of_origin(origin: Origin, message: str) -> Place:
    """The place in a file that says something of a release."""
    return Place(origin.source, origin.start, origin.end, origin.path, message)


def _head(node: Node) -> int:
    """Where to stop underlining an item of a list that is itself a map or a list: at its first part."""
    if isinstance(node, Mapping) and node.entries and not node.flow:
        return node.entries[0].key.end
    if isinstance(node, Sequence) and node.items and not node.flow:
        return node.items[0].end
    return node.end


def _first(installed: Installed, message: str) -> Place | None:
    """The first key of the release's values, for want of a better place."""
    for layer in reversed(installed.values.layers):
        if layer.root is not None and layer.root.entries and not layer.file.startswith("--"):
            entry = layer.root.entries[0]
            return Place(layer.source, entry.key.start, entry.key.end, (entry.key_text,), message)
    return None

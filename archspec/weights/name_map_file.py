"""Reads a file that says how other libraries' weights are named here: YAML, checked to the last key, never code.

archspec_map: 1
about: Keras Applications' MobileNet
network: MobilenetV1                             # {network} where no spec says another name
counted: [conv2d]                                # layers whose numbers are to begin with 0
lists: {…}                                       # names by number or by name, for {list[place]}
variables:
- {from: 'conv_dw_{n}/kernel', to: 'MobilenetV1/Conv2d_{n}_depthwise/depthwise_weights'}
- {from: 'fc.weight', to: 'Net/fc/weights', axes: O(CHW) -> HWCO, sizes: {H: 7, W: 7}}
- {from: 'qkv.weight', to: [Net/query/weights, Net/key/weights, Net/value/weights], axes: OI -> IO}
skip: ['*.num_batches_tracked']
"""

from __future__ import annotations

import re
from pathlib import Path

from archspec.compiler.language.suggestions import nearest
from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Scalar
from archspec.compiler.syntax.reading import read
from archspec.diagnostics import Findings, Span, stop
from archspec.weights.layout import Layout
from archspec.weights.name_map import NETWORK, PLACE, TERM, NameMap, Rule

MAPS = Path(__file__).parent / "maps"
"""Where the maps that come with archspec are."""

_KEYS = ("archspec_map", "about", "network", "counted", "lists", "variables", "skip")
_OF_RULE = ("from", "to", "shape", "axes", "sizes")
_AXES = re.compile(r"(?:[A-Za-z]|\([A-Za-z]+\))+")
_AXIS = re.compile(r"(?<=\()[A-Za-z]+|[A-Za-z]")
_MOST_PLACES = 6
"""Places in one pattern: each more multiplies what has to be tried."""

_LONGEST = 500
_BESIDE = re.compile(r"\{\w+\}\{|:(\w+)\}\{\w+:\1\}")
"""Two places side by side of which nobody could say where the first one ends."""


def named_map(name: str) -> NameMap:
    """The map in a file, or the one of that name that comes with archspec; raises Stop with all that is wrong in it."""
    shipped = {path.stem: path for path in MAPS.glob("*.yaml")}
    path = Path(name).expanduser()
    if not path.exists() and path.name not in shipped:
        help = nearest(name, shipped) or f"name a file, or one of {', '.join(sorted(shipped))}"
        raise stop("AS771", f"there is no map {name}", help=help)
    findings = Findings()
    file = path if path.exists() else shipped[path.name]
    root = read(file, findings)
    found = _Reading(findings, str(file)).whole(root) if root is not None else None
    findings.stop_on_errors()
    assert found is not None
    return found


def shipped_maps() -> list[str]:
    """The names of the maps that come with archspec."""
    return sorted(path.stem for path in MAPS.glob("*.yaml"))


class _Reading:
    """Reads one file; what is wrong goes to `findings`, and gets a value that does no harm."""

    def __init__(self, findings: Findings, file: str) -> None:
        self._findings, self._file = findings, file

    def whole(self, root: Node) -> NameMap | None:
        """The map; None where the file is none."""
        if not isinstance(root, Mapping) or root.get("archspec_map") is None:
            self._wrong("this is no map of names", root.span, "begin it with `archspec_map: 1`")
            return None
        self._check_keys(root, _KEYS, ("archspec_map", "variables"))
        version = root.get("archspec_map")
        if isinstance(version, Scalar) and version.value != 1:
            self._wrong(f"`archspec_map` is {version.text}", version.span, "this archspec reads version 1")
        about, lists = root.get("about"), self._lists(root.get("lists"))
        rules = [self._rule(item, lists) for item in self._items(root.get("variables"), "variables")]
        skip = self._texts(root, "skip", "a pattern of `skip`")
        network, counted = self._text(root.get("network"), "network"), self._texts(root, "counted", "a layer")
        return NameMap(self._file, self._text(about, "about"), tuple(rules), skip, lists, network, counted)

    def _rule(self, node: Node, lists: dict[str, dict[str, str]]) -> Rule:
        if not isinstance(node, Mapping):
            self._wrong("a rule is a mapping", node.span, "write {from: …, to: …}")
            return Rule("", ("",))
        self._check_keys(node, _OF_RULE, ("from", "to"))
        pattern, to = self._text(node.get("from"), "from"), node.get("to")
        self._check_pattern(pattern, node.get("from"))
        places = {place["place"] for place in PLACE.finditer(pattern)} | {NETWORK}
        new = tuple(self._text(item, "to") for item in (to.items if isinstance(to, Listing) else [to]))
        for each in new:
            self._check_target(each, to, places, lists)
        return Rule(pattern, new, self._layout(node))

    def _check_pattern(self, pattern: str, node: Node | None) -> None:
        places, rest = PLACE.findall(pattern), PLACE.sub("", pattern)
        if "{" in rest or "}" in rest or _BESIDE.search(pattern):
            help = "a place is {name}, {name:number} or {name:letter}, with text after a {name}"
            self._wrong(f"`{pattern}` has a brace that is no place", node, help)
        if len(places) > _MOST_PLACES:
            self._wrong(f"`{pattern}` has {len(places)} places", node, f"write it with at most {_MOST_PLACES}")

    def _check_target(self, to: str, node: Node | None, places: set[str], lists: dict[str, dict[str, str]]) -> None:
        rest = TERM.sub("", to)
        if "{" in rest or "}" in rest:
            help = "a place is {name}, {name+1}, {list[name-1]} or {name+list[name]}"
            self._wrong(f"`{to}` has a brace that is no place", node, help)
        for term in TERM.finditer(to):
            for place in filter(None, (term["place"], term["by"])):
                if place not in places:
                    self._wrong(f"`{to}` has the place {place}, and `from` has not", node, nearest(place, places))
            for name in filter(None, (term["list"], term["of"])):
                if name not in lists:
                    self._wrong(f"there is no list {name}", node, nearest(name, lists) or "add it to lists")

    def _layout(self, node: Mapping) -> Layout:
        before, after = self._axes(node.get("axes"))
        sizes = self._sizes(node.get("sizes"))
        if any(sum(letter not in sizes for letter in axis) > 1 for axis in before):
            help = "write sizes: {H: 7, W: 7}, of all letters in brackets but one"
            self._wrong("`sizes` does not say how an axis is cut", node.get("axes"), help)
        return Layout(self._shape(node.get("shape")), before, after, sizes)

    def _shape(self, node: Node | None) -> tuple[int, ...] | None:
        if node is None:
            return None
        sizes = [item.value if isinstance(item, Scalar) else None for item in self._items(node, "shape")]
        if any(type(size) is not int or not (size == -1 or 0 < size < 2**31) for size in sizes) or sizes.count(-1) > 1:
            self._wrong("`shape` is a list of sizes, of which one may be -1", node, "write shape: [7, 7, 512, -1]")
            return None
        return tuple(int(str(size)) for size in sizes)

    def _axes(self, node: Node | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if node is None:
            return (), ()
        old, arrow, new = (part.strip() for part in self._text(node, "axes").partition("->"))
        letters = [sorted(side.replace("(", "").replace(")", "")) for side in (old, new)]
        whole = all(_AXES.fullmatch(side) for side in (old, new))
        if not arrow or not whole or letters[0] != letters[1] or len(set(letters[0])) != len(letters[0]):
            message = "`axes` names the axes by a letter each, in their old and in their new order"
            self._wrong(message, node, "write axes: OIHW -> HWIO, with brackets around letters that are one axis")
            return (), ()
        return tuple(_AXIS.findall(old)), tuple(_AXIS.findall(new))

    def _sizes(self, node: Node | None) -> dict[str, int]:
        pairs = node.pairs if isinstance(node, Mapping) else ()
        values = {key.text: value.value if isinstance(value, Scalar) else None for key, value in pairs}
        sizes = {letter: value for letter, value in values.items() if type(value) is int and 0 < value < 2**31}
        if (node is not None and len(sizes) != len(values)) or (node is not None and not values):
            self._wrong("`sizes` are sizes by the letters of `axes`", node, "write sizes: {H: 7, W: 7}")
        return sizes

    def _lists(self, node: Node | None) -> dict[str, dict[str, str]]:
        if node is None:
            return {}
        if not isinstance(node, Mapping):
            self._wrong("`lists` is a mapping from names to lists of names", node, "write lists: {layers: [a, b]}")
            return {}
        return {key.text: self._list(value, key.text) for key, value in node.pairs}

    def _list(self, node: Node, name: str) -> dict[str, str]:
        """The names of a list by their numbers, or of a mapping by its keys."""
        if isinstance(node, Mapping):
            return {key.text: self._text(item, f"an item of {name}") for key, item in node.pairs}
        return {str(at): self._text(item, f"an item of {name}") for at, item in enumerate(self._items(node, name))}

    def _check_keys(self, node: Mapping, known: tuple[str, ...], needed: tuple[str, ...]) -> None:
        for key, _ in node.pairs:
            if key.text not in known:
                help = nearest(key.text, known) or f"there are {', '.join(known)}"
                self._wrong(f"`{key.text}` is not known here", key.span, help)
        for name in needed:
            if node.get(name) is None:
                self._wrong(f"`{name}` is missing", node.span, f"add `{name}: …`")

    def _items(self, node: Node | None, name: str) -> tuple[Node, ...]:
        if node is None or isinstance(node, Listing):
            return node.items if node is not None else ()
        self._wrong(f"`{name}` is a list", node.span, f"write {name}: […]")
        return ()

    def _texts(self, root: Mapping, key: str, name: str) -> tuple[str, ...]:
        return tuple(self._text(item, name) for item in self._items(root.get(key), key))

    def _text(self, node: Node | None, name: str) -> str:
        """The text of a scalar; "" where there is none, which is only right for what may be left out."""
        if node is None:
            return ""
        if not isinstance(node, Scalar) or not node.text or len(node.text) > _LONGEST:
            self._wrong(f"`{name}` is a text of at most {_LONGEST} letters", node.span, "write a name, in quotes")
            return ""
        return node.text

    def _wrong(self, message: str, place: Node | Span | None, help: str | None) -> None:
        span = place if isinstance(place, Span) or place is None else place.span
        self._findings.add("AS771", message, span, help=help or "look at the places of `from`")

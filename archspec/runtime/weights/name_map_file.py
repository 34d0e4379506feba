"""Reads a file that says how other libraries' weights are named here: YAML, checked to the last key, never code.

archspec_map: 1
about: Keras Applications' MobileNet
lists: {…}                                       # names by number, for {list[place]}
variables:
- {from: 'conv_dw_{n}/kernel', to: 'MobilenetV1/Conv2d_{n}_depthwise/depthwise_weights'}
- {from: 'fc.weight', to: 'Net/fc/weights', shape: [512, -1], axes: OI -> IO}
skip: ['*.num_batches_tracked']
"""

from __future__ import annotations

from pathlib import Path

from archspec.compiler.language.suggestions import nearest
from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Scalar
from archspec.compiler.syntax.reading import read
from archspec.diagnostics import Findings, Span, stop
from archspec.runtime.weights.name_map import PLACE, TERM, NameMap, Rule

MAPS = Path(__file__).parent / "maps"
"""Where the maps that come with archspec are."""

_KEYS = ("archspec_map", "about", "lists", "variables", "skip")
_OF_RULE = ("from", "to", "shape", "axes")
_MOST_PLACES = 6
"""Places in one pattern: each more multiplies what has to be tried."""

_LONGEST = 500


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
        skip = [self._text(item, "a pattern of `skip`") for item in self._items(root.get("skip"), "skip")]
        return NameMap(self._file, self._text(about, "about"), tuple(rules), tuple(skip), lists)

    def _rule(self, node: Node, lists: dict[str, tuple[str, ...]]) -> Rule:
        if not isinstance(node, Mapping):
            self._wrong("a rule is a mapping", node.span, "write {from: …, to: …}")
            return Rule("", "")
        self._check_keys(node, _OF_RULE, ("from", "to"))
        pattern, to = self._text(node.get("from"), "from"), self._text(node.get("to"), "to")
        self._check_pattern(pattern, node.get("from"))
        self._check_target(to, node.get("to"), set(PLACE.findall(pattern)), lists)
        shape = self._shape(node.get("shape"))
        return Rule(pattern, to, shape, self._axes(node.get("axes")))

    def _check_pattern(self, pattern: str, node: Node | None) -> None:
        places = PLACE.findall(pattern)
        rest = PLACE.sub("", pattern)
        if "{" in rest or "}" in rest or "}{" in pattern:
            self._wrong(f"`{pattern}` has a brace that is no place", node, "a place is {name}, with text between two")
        if len(places) > _MOST_PLACES:
            self._wrong(f"`{pattern}` has {len(places)} places", node, f"write it with at most {_MOST_PLACES}")

    def _check_target(self, to: str, node: Node | None, places: set[str], lists: dict[str, tuple[str, ...]]) -> None:
        rest = TERM.sub("", to)
        if "{" in rest or "}" in rest:
            help = "a place is {name}, {name+1} or {list[name-1]}"
            self._wrong(f"`{to}` has a brace that is no place", node, help)
        for term in TERM.finditer(to):
            if term["place"] not in places:
                self._wrong(f"`{to}` has the place {term['place']}, and `from` has not", node, nearest(term[2], places))
            if term["list"] and term["list"] not in lists:
                self._wrong(f"there is no list {term['list']}", node, nearest(term["list"], lists) or "add it to lists")

    def _shape(self, node: Node | None) -> tuple[int, ...] | None:
        if node is None:
            return None
        sizes = [item.value if isinstance(item, Scalar) else None for item in self._items(node, "shape")]
        if any(type(size) is not int or not (size == -1 or 0 < size < 2**31) for size in sizes) or sizes.count(-1) > 1:
            self._wrong("`shape` is a list of sizes, of which one may be -1", node, "write shape: [7, 7, 512, -1]")
            return None
        return tuple(int(str(size)) for size in sizes)

    def _axes(self, node: Node | None) -> tuple[int, ...] | None:
        if node is None:
            return None
        old, arrow, new = (part.strip() for part in self._text(node, "axes").partition("->"))
        if not arrow or sorted(old) != sorted(new) or len(set(old)) != len(old) or not old.isalpha():
            message = "`axes` names the axes by a letter each, in their old and in their new order"
            self._wrong(message, node, "write axes: OIHW -> HWIO")
            return None
        return tuple(old.index(letter) for letter in new)

    def _lists(self, node: Node | None) -> dict[str, tuple[str, ...]]:
        if node is None:
            return {}
        if not isinstance(node, Mapping):
            self._wrong("`lists` is a mapping from names to lists of names", node, "write lists: {layers: [a, b]}")
            return {}
        return {
            key.text: tuple(self._text(item, f"an item of {key.text}") for item in self._items(value, key.text))
            for key, value in node.pairs
        }

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

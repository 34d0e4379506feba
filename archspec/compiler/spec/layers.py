"""The nodes of layers to Layer records: which operation it is, and what every layer can say."""

from __future__ import annotations

from archspec.compiler.language.registry import Registry
from archspec.compiler.language.suggestions import nearest
from archspec.compiler.spec.records import (
    BlockCall,
    Body,
    Call,
    Join,
    Layer,
    Missing,
    NetworkCall,
    Sequence,
)
from archspec.compiler.spec.scopes import read_defaults
from archspec.compiler.syntax.nodes import Listing, Mapping, Node, Scalar
from archspec.dataclass import dataclass
from archspec.diagnostics import Findings

COMMON = ("from", "when", "else", "repeat", "table", "defaults", "endpoint", "share", "name", "output_stride")
"""The keys that every layer can have beside its operation."""

OPERATIONS = ("layers", "block", "network")
"""What a layer can be beside an op."""

_NETWORK = ("set", "until", "variant")


@dataclass(frozen=True)
class LayerReader:
    """Reads the layers of a document; what is wrong is reported."""

    registry: Registry
    findings: Findings

    def sequence(self, node: Node) -> tuple[Layer, ...]:
        """The layers of a list; what is not a layer is reported and left out."""
        if not isinstance(node, Listing):
            help = "write `- name: {…}`"
            self.findings.add("AS106", "layers that run one after the other are a list", node.span, help=help)
            return ()
        layers = (self._item(item) for item in node.items)
        return tuple(layer for layer in layers if layer is not None)

    def _item(self, item: Node) -> Layer | None:
        if isinstance(item, Scalar):
            return self._bare(None, item)
        if isinstance(item, Mapping) and len(item.pairs) == 1:
            key, value = item.pairs[0]
            return self.layer(key, value)
        if isinstance(item, Mapping) and self._operations(item):
            self.findings.add("AS107", "this layer has no name", item.span, help="write `- name: {…}`")
        else:
            self.findings.add("AS106", "a list of layers has one `name: layer` to an item", item.span)
        return None

    def layer(self, name: Scalar | None, node: Node) -> Layer:
        """The layer under a name; one that cannot be read is reported and Missing."""
        if isinstance(node, Scalar):
            return self._bare(name, node)
        span = name.span if name else node.span
        if isinstance(node, Listing):
            return Layer(name, Sequence(self.sequence(node)), span)
        body = self._body(node) or Missing()
        self._refuse_idle(node, body)
        where = f"defaults of {name.text}" if name else "defaults"
        return Layer(
            name,
            body,
            span,
            source=node.get("from"),
            when=self._scalar(node, "when"),
            otherwise=self._otherwise(name, node.get("else")),
            repeat=node.get("repeat"),
            table=node.get("table"),
            defaults=read_defaults(node.get("defaults"), where, self.findings),
            endpoint=self._scalar(node, "endpoint"),
            share=self._scalar(node, "share"),
            variable_name=self._scalar(node, "name"),
            output_stride=node.get("output_stride"),
        )

    def _refuse_idle(self, node: Mapping, body: Body) -> None:
        """Report common keys that would do nothing."""
        other = node.key("else")
        if other is not None and node.get("when") is None:
            self.findings.add("AS119", "`else` needs `when`", other.span, help="write `when: …`, or take `else` out")
        inside = node.get("else")
        for name in ("repeat", "table", "endpoint") if isinstance(inside, Mapping) else ():
            key = inside.key(name) if isinstance(inside, Mapping) else None
            if key is not None:
                message = f"`{name}` inside `else` would not apply where `when` is true"
                self.findings.add("AS119", message, key.span, help="write it beside `when`")
        share, named = node.get("share"), node.key("name")
        if isinstance(share, Scalar) and named is not None:
            message = f"the variables are those of `{share.text}`, so `name` would do nothing"
            self.findings.add("AS119", message, named.span, help="take one of them out")
        source = node.key("from")
        if source is not None and isinstance(body, Call) and body.operands is not None:
            message = f"`{body.op.text}` names its inputs itself, so `from` would do nothing"
            self.findings.add("AS119", message, source.span, help="take one of them out")

    def _bare(self, name: Scalar | None, node: Scalar) -> Layer:
        if node.text not in self.registry.ops:
            self._unknown(node)
            return Layer(name, Missing(), name.span if name else node.span)
        return Layer(name, Call(node, self.registry.ops[node.text], None, ()), name.span if name else node.span)

    def _unknown(self, node: Scalar) -> None:
        why, help = self.registry.why_not(node.text, "operation")
        offer = "`archspec doc` lists all that there are; a block is called by `block:`"
        help = help or nearest(node.text, [*self.registry.ops, *OPERATIONS]) or offer
        self.findings.add("AS104", f"there is no operation `{node.text}`{why}", node.span, help=help)

    def _scalar(self, node: Mapping, key: str) -> Scalar | None:
        value = node.get(key)
        if value is None or isinstance(value, Scalar):
            return value
        self.findings.add("AS102", f"`{key}` must be one value, got a {_kind(value)}", value.span)
        return None

    def _otherwise(self, name: Scalar | None, node: Node | None) -> Layer | Scalar | None:
        if node is None:
            return None
        if isinstance(node, Scalar) and node.text not in self.registry.ops:
            return node
        return self.layer(name, node)

    def _operations(self, node: Mapping) -> list[Scalar]:
        """The keys that say what a layer is."""
        return [key for key, _ in node.pairs if key.text in self.registry.ops or key.text in OPERATIONS]

    def _body(self, node: Mapping) -> Body | None:
        keys = self._operations(node)
        if not keys:
            unknown = [key for key, _ in node.pairs if key.text not in COMMON]
            if unknown:
                self._unknown(unknown[0])
            else:
                self.findings.add(
                    "AS104", "this layer has no operation", node.span, help="write `{conv2d: 64, …}` or `block: …`"
                )
            return None
        if len(keys) > 1 and "block" not in [key.text for key in keys]:
            self.findings.add(
                "AS105", f"a layer has one operation, here are `{keys[0].text}` and `{keys[1].text}`", keys[1].span
            )
        key = next((key for key in keys if key.text == "block"), keys[0])
        fields = tuple((k, v) for k, v in node.pairs if k.text not in COMMON and k is not key)
        value = next(v for k, v in node.pairs if k is key)
        return self._operation(key, value, fields)

    def _operation(self, key: Scalar, value: Node, fields: tuple[tuple[Scalar, Node], ...]) -> Body | None:
        if key.text == "layers":
            self._refuse(fields, "a sequence of layers", ())
            return Sequence(self.sequence(value))
        if key.text in OPERATIONS:
            if not isinstance(value, Scalar):
                self.findings.add("AS102", f"`{key.text}` must be a name, got a {_kind(value)}", value.span)
                return None
            return BlockCall(value, fields) if key.text == "block" else self._network(value, fields)
        kind = self.registry.ops[key.text]
        joins = kind.ARITY != (1, 1)
        if joins and isinstance(value, Mapping):
            return Join(key, kind, self.branches(value), fields)
        if joins and isinstance(value, Listing):
            operands = tuple(item for item in value.items if isinstance(item, Scalar))
            return Call(key, kind, None, fields, operands)
        main = None if isinstance(value, Scalar) and value.value is None else value
        return Call(key, kind, main, fields)

    def _network(self, file: Scalar, fields: tuple[tuple[Scalar, Node], ...]) -> NetworkCall:
        self._refuse(fields, "a network", _NETWORK)
        said = {key.text: value for key, value in fields}
        settings, until, variant = said.get("set"), said.get("until"), said.get("variant")
        return NetworkCall(
            file,
            settings if isinstance(settings, Mapping) else None,
            until if isinstance(until, Scalar) else None,
            variant if isinstance(variant, Scalar) else None,
        )

    def _refuse(self, fields: tuple[tuple[Scalar, Node], ...], what: str, allowed: tuple[str, ...]) -> None:
        for key, _ in fields:
            if key.text not in allowed:
                known = [*allowed, *COMMON]
                help = nearest(key.text, known) or f"allowed: {', '.join(known)}"
                self.findings.add("AS101", f"{what} has no key `{key.text}`", key.span, help=help)

    def branches(self, node: Mapping) -> tuple[Layer, ...]:
        """The layers of a mapping, side by side."""
        return tuple(self.layer(key, value) for key, value in node.pairs)


def _kind(node: Node) -> str:
    return {Scalar: "value", Listing: "list", Mapping: "mapping"}[type(node)]

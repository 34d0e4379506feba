"""The nodes of layers to Layer records: which operation it is, and what every layer can say."""

from __future__ import annotations

from archspec.compiler.language.ops import OPS
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
from archspec.diagnostics import Findings

COMMON = ("from", "when", "else", "repeat", "table", "defaults", "endpoint", "share", "name", "output_stride")
"""The keys that every layer can have beside its operation."""

OPERATIONS = ("layers", "block", "network")
"""What a layer can be beside an op."""

_NETWORK = ("set", "until", "variant")


def read_sequence(node: Node, findings: Findings) -> tuple[Layer, ...]:
    """The layers of a list; what is not a layer is reported and left out."""
    if not isinstance(node, Listing):
        findings.add("AS106", "layers that run one after the other are a list", node.span, help="write `- name: {…}`")
        return ()
    layers = (_read_item(item, findings) for item in node.items)
    return tuple(layer for layer in layers if layer is not None)


def _read_item(item: Node, findings: Findings) -> Layer | None:
    if isinstance(item, Scalar):
        return _bare(None, item, findings)
    if isinstance(item, Mapping) and len(item.pairs) == 1:
        key, value = item.pairs[0]
        return read_layer(key, value, findings)
    if isinstance(item, Mapping) and any(key.text in OPS or key.text in OPERATIONS for key, _ in item.pairs):
        findings.add("AS107", "this layer has no name", item.span, help="write `- name: {…}`")
    else:
        findings.add("AS106", "a list of layers has one `name: layer` to an item", item.span)
    return None


def read_layer(name: Scalar | None, node: Node, findings: Findings) -> Layer:
    """The layer under a name; one that cannot be read is reported and Missing."""
    if isinstance(node, Scalar):
        return _bare(name, node, findings)
    span = name.span if name else node.span
    if isinstance(node, Listing):
        return Layer(name, Sequence(read_sequence(node, findings)), span)
    body = _body(node, findings) or Missing()
    _refuse_idle(node, body, findings)
    defaults = read_defaults(node.get("defaults"), f"defaults of {name.text}" if name else "defaults", findings)
    return Layer(
        name,
        body,
        span,
        source=node.get("from"),
        when=_scalar(node, "when", findings),
        otherwise=_otherwise(name, node.get("else"), findings),
        repeat=node.get("repeat"),
        table=node.get("table"),
        defaults=defaults,
        endpoint=_scalar(node, "endpoint", findings),
        share=_scalar(node, "share", findings),
        variable_name=_scalar(node, "name", findings),
        output_stride=node.get("output_stride"),
    )


def _refuse_idle(node: Mapping, body: Body, findings: Findings) -> None:
    """Report common keys that would do nothing."""
    other = node.key("else")
    if other is not None and node.get("when") is None:
        findings.add("AS119", "`else` needs `when`", other.span, help="write `when: …`, or take `else` out")
    inside = node.get("else")
    for name in ("repeat", "table", "endpoint") if isinstance(inside, Mapping) else ():
        key = inside.key(name) if isinstance(inside, Mapping) else None
        if key is not None:
            message = f"`{name}` inside `else` would not apply where `when` is true"
            findings.add("AS119", message, key.span, help="write it beside `when`")
    source = node.key("from")
    if source is not None and isinstance(body, Call) and body.operands is not None:
        message = f"`{body.op.text}` names its inputs itself, so `from` would do nothing"
        findings.add("AS119", message, source.span, help="take one of them out")


def _bare(name: Scalar | None, node: Scalar, findings: Findings) -> Layer:
    if node.text not in OPS:
        _unknown(node, findings)
        return Layer(name, Missing(), name.span if name else node.span)
    return Layer(name, Call(node, None, ()), name.span if name else node.span)


def _unknown(node: Scalar, findings: Findings) -> None:
    offer = f"there are {', '.join(OPS)}; a block is called by `block:`"
    help = nearest(node.text, [*OPS, *OPERATIONS]) or offer
    findings.add("AS104", f"there is no operation `{node.text}`", node.span, help=help)


def _scalar(node: Mapping, key: str, findings: Findings) -> Scalar | None:
    value = node.get(key)
    if value is None or isinstance(value, Scalar):
        return value
    findings.add("AS102", f"`{key}` must be one value, got a {_kind(value)}", value.span)
    return None


def _kind(node: Node) -> str:
    return {Scalar: "value", Listing: "list", Mapping: "mapping"}[type(node)]


def _otherwise(name: Scalar | None, node: Node | None, findings: Findings) -> Layer | Scalar | None:
    if node is None:
        return None
    if isinstance(node, Scalar) and node.text not in OPS:
        return node
    return read_layer(name, node, findings)


def _body(node: Mapping, findings: Findings) -> Body | None:
    keys = [key for key, _ in node.pairs if key.text in OPS or key.text in OPERATIONS]
    if not keys:
        unknown = [key for key, _ in node.pairs if key.text not in COMMON]
        if unknown:
            _unknown(unknown[0], findings)
        else:
            findings.add(
                "AS104", "this layer has no operation", node.span, help="write `{conv2d: 64, …}` or `block: …`"
            )
        return None
    if len(keys) > 1 and "block" not in [key.text for key in keys]:
        findings.add(
            "AS105", f"a layer has one operation, here are `{keys[0].text}` and `{keys[1].text}`", keys[1].span
        )
    key = next((key for key in keys if key.text == "block"), keys[0])
    fields = tuple((k, v) for k, v in node.pairs if k.text not in COMMON and k is not key)
    value = next(v for k, v in node.pairs if k is key)
    return _operation(key, value, fields, findings)


def _operation(key: Scalar, value: Node, fields: tuple[tuple[Scalar, Node], ...], findings: Findings) -> Body | None:
    if key.text == "layers":
        _refuse(fields, "a sequence of layers", (), findings)
        return Sequence(read_sequence(value, findings))
    if key.text in OPERATIONS:
        if not isinstance(value, Scalar):
            findings.add("AS102", f"`{key.text}` must be a name, got a {_kind(value)}", value.span)
            return None
        return BlockCall(value, fields) if key.text == "block" else _network(value, fields, findings)
    joins = OPS[key.text].ARITY != (1, 1)
    if joins and isinstance(value, Mapping):
        return Join(key, read_branches(value, findings), fields)
    if joins and isinstance(value, Listing):
        return Call(key, None, fields, tuple(item for item in value.items if isinstance(item, Scalar)))
    main = None if isinstance(value, Scalar) and value.value is None else value
    return Call(key, main, fields)


def _network(file: Scalar, fields: tuple[tuple[Scalar, Node], ...], findings: Findings) -> NetworkCall:
    _refuse(fields, "a network", _NETWORK, findings)
    said = {key.text: value for key, value in fields}
    settings, until, variant = said.get("set"), said.get("until"), said.get("variant")
    return NetworkCall(
        file,
        settings if isinstance(settings, Mapping) else None,
        until if isinstance(until, Scalar) else None,
        variant if isinstance(variant, Scalar) else None,
    )


def _refuse(fields: tuple[tuple[Scalar, Node], ...], what: str, allowed: tuple[str, ...], findings: Findings) -> None:
    for key, _ in fields:
        if key.text not in allowed:
            known = [*allowed, *COMMON]
            help = nearest(key.text, known) or f"allowed: {', '.join(known)}"
            findings.add("AS101", f"{what} has no key `{key.text}`", key.span, help=help)


def read_branches(node: Mapping, findings: Findings) -> tuple[Layer, ...]:
    """The layers of a mapping, side by side."""
    return tuple(read_layer(key, value, findings) for key, value in node.pairs)

"""A document expanded: opened, its layers and heads walked, and a graph of what came of them."""

from __future__ import annotations

from archspec.compiler.expand.builder import Builder
from archspec.compiler.expand.context import Context
from archspec.compiler.expand.expander import Expander
from archspec.compiler.expand.names import Bundle, Names
from archspec.compiler.expand.opening import bind_hyperparameters, chosen_variant, make_inputs, opened
from archspec.compiler.expand.references import reference
from archspec.compiler.expand.usage import Usage
from archspec.compiler.graph.graph import Graph, Node
from archspec.compiler.language.budget import Budget
from archspec.compiler.language.provenance import Values
from archspec.compiler.resolve import Resolver, Written
from archspec.compiler.spec.records import Document
from archspec.dataclass import dataclass, field, replace
from archspec.diagnostics import Span


@dataclass(frozen=True)
class Expanded:
    """A document's graph, with what the sections after it need: names, scopes, values."""

    graph: Graph | None
    context: Context
    variant: str
    hyperparameters: Values
    usage: Usage
    nodes: dict[str, Node] = field(default_factory=dict)
    """The nodes that could be made, also where no graph came of them."""
    calls: dict[str, Values] = field(default_factory=dict)
    alike: dict[str, Span] = field(default_factory=dict)
    """Copies that all read one `from`, though they run one after the other: by path, where that stands."""


def expand(
    document: Document, variant: str, settings: dict[str, Written], budget: Budget, resolver: Resolver
) -> Expanded:
    """The document's flat graph; None in its place after errors, all of them in the resolver's findings."""
    findings = resolver.findings
    chosen, name = chosen_variant(document, variant, findings, document.root.span)
    builder = Builder(findings, budget)
    expander = Expander(resolver, builder, budget)
    hyperparameters = bind_hyperparameters(document, chosen, settings, budget, resolver)
    context = opened(document, name, hyperparameters, Names(), builder, resolver)
    incoming = make_inputs(document, context, resolver, builder)
    outcome = expander.layers(document, incoming, context)
    heads = expander.heads(document, outcome, context)
    outputs = _outputs(document, context, expander)
    graph = None
    if _is_whole(document, outcome, expander) and _names_are_used(document, expander):
        root = context.variable_path
        assert outcome.first is not None
        graph = Graph(root, builder.inputs, builder.nodes, builder.endpoints, outcome.first, heads, outputs)
        graph = replace(graph, output=graph.ends[0])
    made = builder.nodes, builder.calls, builder.alike
    return Expanded(graph, context, name, hyperparameters, expander.usage, *made)


def _outputs(document: Document, context: Context, expander: Expander) -> dict[str, str]:
    """The tensors that `outputs` names; what is not there is reported."""
    found: dict[str, str] = {}
    for key, node in document.outputs:
        tensor = expander.builder.endpoints.get(node.text)
        if tensor is None:
            bundle = reference(node, context, expander.resolver)
            tensor = bundle.first if bundle is not None else None
        if tensor is not None:
            found[key.text] = tensor
    return found


def _is_whole(document: Document, outcome: Bundle, expander: Expander) -> bool:
    """Whether the layers have made a graph; reports where no layer was there to make one."""
    if not document.layers:
        help = "write `layers:` with at least one layer"
        expander.findings.add("AS312", "the spec has no layers", document.root.span, help=help)
    elif not expander.findings.errors and outcome.first is not None and outcome.first in expander.builder.inputs:
        help = "look at their `when` and `repeat`"
        expander.findings.add("AS312", "none of the spec's layers is left", document.layers[0].span, help=help)
    return outcome.first is not None and not expander.findings.errors


def _names_are_used(document: Document, expander: Expander) -> bool:
    """Whether every line of `names` names a layer; reports those that do not."""
    for key, _ in document.names:
        if not expander.usage.marked(document, "name", key.text):
            help = "take the line out, or correct the path"
            message = f"`names` has `{key.text}`, and there is no such layer"
            expander.findings.add("AS215", message, key.span, help=help)
    return not expander.findings.errors

"""Which optimizer trains which variable and minimises which loss: each exactly one."""

from __future__ import annotations

from archspec.compiler.expand.names import means
from archspec.compiler.graph.graph import Graph
from archspec.compiler.language.forms.optimizers import Optimizer
from archspec.compiler.language.forms.sections import Train
from archspec.compiler.language.suggestions import nearest
from archspec.compiler.training.losses import leading_to
from archspec.compiler.training.places import Places
from archspec.diagnostics import Findings, Note


def check_optimizers(train: Train, graph: Graph, places: Places, findings: Findings) -> None:
    """Report losses and variables that no optimizer has, or two."""
    if train.optimizer is not None and train.optimizers:
        message = "`train` has `optimizer` and `optimizers`"
        findings.add("AS617", message, places.of("train.optimizers"), help="take one of them out")
    elif not train.all_optimizers:
        help = "write `optimizer: {sgd: 0.1}`, or several by name under `optimizers`"
        findings.add("AS103", "`train` needs `optimizer`", places.of("train"), help=help)
    else:
        _check_losses(train, places, findings)
        _check_variables(train, graph, places, findings)
        if len(train.all_optimizers) > 1:
            _check_reached(train, graph, places, findings)


def path_of(train: Train, name: str) -> str:
    """The dotted path of an optimizer."""
    return f"train.optimizers.{name}" if train.optimizers else "train.optimizer"


def losses_of(train: Train, name: str) -> tuple[str, ...]:
    """The losses that an optimizer minimises, in the order of the spec."""
    optimizer = train.all_optimizers[name]
    alone = len(train.all_optimizers) == 1
    return tuple(loss for loss in train.losses if loss in optimizer.losses or (alone and not optimizer.losses))


def trains(optimizer: Optimizer, layer: str) -> bool:
    """Whether an optimizer trains the variables of a layer."""
    return not optimizer.trains or any(means(pattern, layer) for pattern in optimizer.trains)


def _check_losses(train: Train, places: Places, findings: Findings) -> None:
    for name, optimizer in train.all_optimizers.items():
        place = places.of(f"{path_of(train, name)}.losses")
        for loss in optimizer.losses:
            if loss not in train.losses:
                help = nearest(loss, train.losses) or f"there are {', '.join(train.losses) or 'none'}"
                findings.add(
                    "AS616", f"the optimizer `{name}` names the loss `{loss}`, which is not there", place, help=help
                )
        if not losses_of(train, name) and train.losses:
            help = f"write `losses: [{', '.join(train.losses)}]`, or those that it should make small"
            findings.add("AS616", f"the optimizer `{name}` has no loss", places.of(path_of(train, name)), help=help)
    taken = {loss for name in train.all_optimizers for loss in losses_of(train, name)}
    for loss in train.losses:
        if loss not in taken:
            help = "name it under `losses` of an optimizer"
            message = f"no optimizer makes the loss `{loss}` small"
            findings.add("AS616", message, places.of(f"train.losses.{loss}"), help=help)


def _check_variables(train: Train, graph: Graph, places: Places, findings: Findings) -> None:
    """Report the first layer that two optimizers train, and the layers that losses reach and none trains."""
    if [each.trains for each in train.all_optimizers.values()] == [()]:
        # A single one that names no layers trains all of them.
        return
    layers = dict.fromkeys(node.layer for _, node, variable in graph.variables() if variable.trainable)
    free = [layer for layer in layers if not any(means(pattern, layer) for pattern in train.freeze)]
    who = {layer: [n for n, each in train.all_optimizers.items() if trains(each, layer)] for layer in free}
    doubled = next((layer for layer, names in who.items() if len(names) > 1), None)
    if doubled is not None:
        one, other, *_ = who[doubled]
        note = Note(f"`{one}` does", places.of(path_of(train, one)))
        message = f"two optimizers train {doubled}: `{one}` and `{other}`"
        help = "say under `trains` which layers each has"
        findings.add("AS615", message, places.of(path_of(train, other)), note, help=help)
    idle = [layer for layer, names in who.items() if not names]
    if idle:
        more = f" and {len(idle) - 1} other layers" if len(idle) > 1 else ""
        message = f"no optimizer trains {idle[0]}{more}"
        help = "name it under `trains`, or under `freeze` if it should stay as it is"
        findings.add("AS615", message, places.of("train.optimizers"), help=help)


def _check_reached(train: Train, graph: Graph, places: Places, findings: Findings) -> None:
    """Report an optimizer that trains layers which lead to none of its losses: their gradients would be empty."""
    owners = {name: node.layer for name, node, variable in graph.variables() if variable.trainable}
    for name, optimizer in train.all_optimizers.items():
        losses = losses_of(train, name)
        needed = {path for loss in losses for path in leading_to(train.losses[loss], graph)}
        reached = {variable for variable, _, _ in graph.variables(needed)}
        idle = {layer: 0 for variable, layer in owners.items() if variable not in reached and trains(optimizer, layer)}
        left = [layer for layer in idle if not any(means(pattern, layer) for pattern in train.freeze)]
        if losses and left:
            more = f" and {len(left) - 1} other layers" if len(left) > 1 else ""
            message = f"the optimizer `{name}` trains {left[0]}{more}, which {', '.join(losses)} does not depend on"
            help = "say under `losses` what those layers should make small, or leave them to another optimizer"
            findings.add("AS611", message, places.of(f"{path_of(train, name)}.trains"), help=help)

"""Which network of the zoo weights are of: by the names and shapes of their variables, or by shapes alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from archspec.compiler.program import Program, check_file
from archspec.compiler.spec import zoo
from archspec.diagnostics import Findings
from archspec.reference.alike import alike
from archspec.reference.models import is_its_own
from archspec.weights.name_map import fitting
from archspec.weights.name_map_file import named_map, shipped_maps
from archspec.weights.tensors import Tensors

_ENOUGH = 0.9
"""The part of all variables, of both sides together, that must agree."""

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Likeness:
    """A network of the zoo that weights look like.

    `named` says that the names of the variables agree too; `classes` are (there, in the spec) where these differ;
    `map_name` is the map of names that fits, where the names are another library's.
    """

    reference: str
    named: bool
    classes: tuple[int, int] | None = None
    map_name: str = ""

    def __str__(self) -> str:
        text = self.reference
        if self.classes is not None:
            text += f" with {classes_text(*self.classes)}"
        if not self.named:
            text += ", by the shapes of its variables"
        return f"{text} (--map {self.map_name})" if self.map_name else text

    def record(self) -> dict[str, object]:
        """The same, for JSON."""
        there, here = self.classes or (None, None)
        classes = {"classes": there, "classes_of_spec": here} if self.classes else {}
        return {"network": self.reference, "names": self.named, "map": self.map_name or None, **classes}


def classes_text(there: int, here: int) -> str:
    """`1001 classes (ImageNet's 1000 and a background class 0), not 1000`."""
    kinds = {1001: " (ImageNet's 1000 and a background class 0)", 1000: " (ImageNet's, without a background class)"}
    return f"{there} classes{kinds.get(there, '') if abs(there - here) == 1 else ''}, not {here}"


def looks_like(weights: Tensors) -> Likeness | None:
    """The network of the zoo that most of the variables agree with; None where none comes near."""
    found = {name: weights.shapes[name] for name in weights.variables}
    best: tuple[float, int, Likeness] | None = None
    for rank, (reference, shapes) in enumerate(_candidates(found)):
        for named, score in ((True, _alike(found, shapes)), (False, _alike_in_shapes(found, shapes))):
            if score >= _ENOUGH and (best is None or score > best[0] + 1e-9):
                best = score, -rank, Likeness(reference, named, _classes(found, shapes, named))
    if best is None:
        return None
    likeness = best[2]
    chosen = "" if likeness.named else next((name for name in shipped_maps() if fitting(weights, named_map(name))), "")
    return Likeness(likeness.reference, likeness.named, likeness.classes, chosen)


def _candidates(found: dict[str, Shape]) -> Iterator[tuple[str, dict[str, Shape]]]:
    """(`zoo:NAME`, variables with their shapes) of each network that the weights may be of, no two of them the same."""
    seen: set[frozenset[tuple[str, Shape]]] = set()
    for reference in alike(found.values(), _ENOUGH):
        for name, program in _programs(reference.removeprefix(zoo.PREFIX)):
            shapes = {variable: tuple(each.shape) for variable, _, each in program.graph.variables()}
            if frozenset(shapes.items()) not in seen:
                seen.add(frozenset(shapes.items()))
                yield zoo.PREFIX + name, shapes


def _programs(reference: str) -> Iterator[tuple[str, Program]]:
    """(name, network) of a reference; of a family all that have no file of their own."""
    spec, known = reference.partition("#")[0], zoo.names()
    for program in check_file(zoo.PREFIX + reference, findings=Findings()):
        name = spec if program.variant in ("", spec) else f"{spec}#{program.variant}"
        if is_its_own(spec, name, known):
            yield name, program


def _alike(found: dict[str, Shape], shapes: dict[str, Shape]) -> float:
    """The part of the names of both sides that both have, with shapes equal but for the number of classes."""
    both = [name for name in found.keys() & shapes.keys() if found[name][:-1] == shapes[name][:-1]]
    equal = sum(found[name] == shapes[name] for name in both)
    # The classifier's variables may differ, all in the same way.
    counted = len(both) if _classes(found, shapes, named=True) and 2 * equal >= len(both) else equal
    return counted / max(1, len(found.keys() | shapes.keys()))


def _alike_in_shapes(found: dict[str, Shape], shapes: dict[str, Shape]) -> float:
    """The part of the shapes of both sides that both have, whatever the order of axes; a little less than by name."""
    there, here = Counter(map(_sizes, found.values())), Counter(map(_sizes, shapes.values()))
    return 0.99 * (there & here).total() / max(1, (there | here).total())


def _sizes(shape: Shape) -> Shape:
    return tuple(sorted(size for size in shape if size != 1))


def _classes(found: dict[str, Shape], shapes: dict[str, Shape], named: bool) -> tuple[int, int] | None:
    """(classes there, classes in the spec) where they differ: a vector on each side that the other has not."""
    if named:
        both = [name for name in found.keys() & shapes.keys() if found[name] != shapes[name]]
        differing = {(found[name][-1:], shapes[name][-1:]) for name in both}
        sizes = differing.pop() if len(differing) == 1 else ((), ())
        return (sizes[0][0], sizes[1][0]) if all(sizes) else None
    there, here = Counter(map(_sizes, found.values())), Counter(map(_sizes, shapes.values()))
    left, right = [[s for s in rest if len(s) == 1] for rest in (there - here, here - there)]
    return (left[0][0], right[0][0]) if len(left) == len(right) == 1 else None

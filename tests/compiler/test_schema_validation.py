"""Every mistake against the schema has its place, its code and one sentence; and never ten for one."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from archspec.compiler.check import validate
from archspec.compiler.language.registry import builtin
from archspec.compiler.schema import published
from archspec.compiler.spec.packages import packages_named
from archspec.compiler.syntax.nodes import Mapping, plain
from archspec.compiler.syntax.reading import parse
from archspec.diagnostics import Diagnostic, Findings
from tests.cases.zoo import WRITTEN


def found(text: str) -> list[Diagnostic]:
    findings = Findings()
    root = parse(text, "spec.yaml", findings)
    assert root is not None and not findings.items
    validate(root, builtin().with_packages(packages_named(root)), findings)
    return findings.items


def layer(text: str) -> list[Diagnostic]:
    """The findings of a layer `a`, whose text begins at line 4, column 6."""
    return found(f"archspec: 1\ninputs: {{image: {{shape: [8, 8, 3]}}}}\nlayers:\n- a: {text}\n")


def one(diagnostics: list[Diagnostic]) -> Diagnostic:
    assert len(diagnostics) == 1, diagnostics
    return diagnostics[0]


@pytest.mark.parametrize("path", [path for path in WRITTEN if path.stem != "nasnet_cifar"], ids=lambda path: path.stem)
def test_specs_are_fine(path: Path) -> None:
    """All but the one that says parts of forms, which are whole only over what it extends."""
    assert found(path.read_text()) == []


@pytest.mark.parametrize(
    ("text", "code", "column", "message", "help"),
    [
        ("{conv2d: many, kernel: 1}", "AS102", 15, '`filters` of `conv2d` must be a whole number, got "many"', None),
        ("{conv2d: 1.5, kernel: 1}", "AS102", 15, "`filters` of `conv2d` must be a whole number, got 1.5", None),
        ("{conv2d: 1.0, kernel: 1}", "AS102", 15, "`filters` of `conv2d` must be a whole number, got 1.0", None),
        ("{conv2d: 0, kernel: 1}", "AS102", 15, "`filters` of `conv2d` must be at least 1, got 0", None),
        ("{conv2d, filters: [1]}", "AS102", 24, "`filters` of `conv2d` must be a whole number, got [1]", None),
        ("{conv2d: 1, kernel: 3x}", "AS102", 26, "a whole number, or height x width such as 1x7", None),
        ("{conv2d: 1, kernel: [1, 2, 3]}", "AS102", 26, "a whole number, or height x width such as 1x7", None),
        ("{conv2d: 1, kernel: [1, $k, x]}", "AS102", 26, "`kernel` of `conv2d` must be", None),
        ("{conv2d: 1, padding: saem}", "AS102", 27, "one of same, valid, symmetric", "did you mean `same`?"),
        (f"{{conv2d: 1, l2: {'9' * 400}}}", "AS102", 22, "`l2` of `conv2d` must be a number", None),
        ("{conv2d: 1, l2: .nan}", "AS102", 22, "`l2` of `conv2d` must be a finite number, got .nan", None),
        ("{conv2d: 1, kernal: 3}", "AS101", 18, "`conv2d` has no field `kernal`", "did you mean `kernel`?"),
        ("{conv2d: 1, enpoint: b}", "AS101", 18, "`conv2d` has no field `enpoint`", "did you mean `endpoint`?"),
        ("{softmax, zzz: 3}", "AS101", 16, "`softmax` has no field `zzz`", None),
        ("{conv: 3, kernel: 1}", "AS104", 7, "there is no operation `conv`", "did you mean `conv2d`?"),
        ("{conv2d: 1, norm: batchnorm}", "AS104", 24, "there is no norm `batchnorm`", "did you mean `batch_norm`?"),
        ("{conv2d: 1, norm: relu}", "AS104", 24, "there is no norm `relu`", "batch_norm"),
        ("{conv2d: 1, activation: {leaky_rel: 1}}", "AS104", 31, "there is no activation `leaky_rel`", None),
        ("{conv2d: 1, activation: {leaky_relu: x}}", "AS102", 43, "`alpha` of `leaky_relu` must be a number", None),
        ("{conv2d: 1, norm: {batch_norm, decay: 2}}", "AS102", 44, "`decay` of `batch_norm` must be at most 1", None),
        ("{conv2d: 1, width: {time: 2}}", "AS101", 26, "`width` has no field `time`", "did you mean `times`?"),
        (
            "{conv2d: 1, width: -1}",
            "AS102",
            25,
            "`width` of `conv2d` must be a mapping, a number above 0 or null, got -1",
            None,
        ),
        ("{filters: 3, kernel: 1}", "AS104", 7, "this layer has no operation", "write `{conv2d: 64, …}` or `block: …`"),
        ("{when: x}", "AS104", 7, "this layer has no operation", "write `{conv2d: 64, …}` or `block: …`"),
        ("{conv2d: 1, dense: 3}", "AS105", 18, "a layer has one operation, here are `conv2d` and `dense`", None),
        ("relux", "AS104", 6, "there is no operation `relux`", "did you mean `relu`?"),
        ("7", "AS104", 6, "there is no operation `7`", None),
        ("{acme.conv: 7}", "AS104", 7, "there is no operation `acme.conv`", "install or repair that package"),
        ("{softmax: 3}", "AS102", 16, "`softmax` has no main value", "write `softmax` alone"),
        (
            "{relu, from: 3}",
            "AS102",
            19,
            "`from` must be text, a list of texts or a mapping from names to texts, got 3",
            None,
        ),
        ("{relu, repeat: -1}", "AS102", 21, "`repeat` must be", None),
        ("{concat: {x: relu, y: relux}}", "AS104", 28, "there is no operation `relux`", "did you mean `relu`?"),
        ("{concat: [x, [y]]}", "AS102", 19, 'an item of `concat` must be text, got ["y"]', None),
        ("[b: {conv2d: x}, relu]", "AS102", 19, "`filters` of `conv2d` must be a whole number", None),
        ("{layers: relu}", "AS102", 15, '`layers` must be a list, got "relu"', None),
        ("{layers: [relu], kernel: 3}", "AS101", 23, "`layers` has no key `kernel`", None),
        ("{network: a.yaml, untl: b}", "AS101", 24, "`network` has no key `untl`", "did you mean `until`?"),
        ("{when: x, relu, else: {conv2d: x}}", "AS102", 37, "`filters` of `conv2d` must be a whole number", None),
        (
            "{relu, defaults: {conv2d: {kernal: 3}}}",
            "AS204",
            33,
            "`conv2d` has no field `kernal`",
            "did you mean `kernel`?",
        ),
        ("{relu, defaults: {pool: {stride: 0}}}", "AS102", 39, "`stride` of `pool` must be at least 1, got 0", None),
        (
            "{relu, table: 3}",
            "AS102",
            20,
            "`table` must be text, a list of lists or a mapping from names to lists, got 3",
            None,
        ),
    ],
)
def test_a_mistake_in_a_layer(text: str, code: str, column: int, message: str, help: str | None) -> None:
    diagnostic = one(layer(text))
    assert diagnostic.span is not None
    assert (diagnostic.code, diagnostic.span.line, diagnostic.span.column) == (code, 4, column)
    assert message in diagnostic.message
    assert help is None or help in (diagnostic.help or "")


@pytest.mark.parametrize(
    ("text", "code", "place", "message"),
    [
        ("arch: 1\n", "AS101", (1, 1), "a spec has no section `arch`"),
        ("archspec: 2\n", "AS102", (1, 11), "`archspec` must be 1, got 2"),
        ("layer: []\n", "AS101", (2, 1), "a spec has no section `layer`"),
        ("inputs: {image: {shape: 3}}\n", "AS102", (2, 25), "`shape` must be a list of whole numbers, got 3"),
        ("inputs: {image: {shapes: [3]}}\n", "AS101", (2, 18), "`image` has no key `shapes`"),
        ("inputs: {image: {shape: [3], dtype: float}}\n", "AS102", (2, 37), "`dtype` must be one of float32"),
        ("layers: [{conv2d: 3, kernel: 1}]\n", "AS107", (2, 10), "this layer has no name"),
        ("layers: [[relu]]\n", "AS106", (2, 10), "a list of layers has one `name: layer` to an item"),
        ("layers: {a: relu}\n", "AS102", (2, 9), "`layers` must be a list, got a mapping"),
        ("blocks: {b: {parameters: {a: {typ: int}}, relu}}\n", "AS101", (2, 31), "`a` has no key `typ`"),
        ("blocks: {b: {inputs: 3, relu}}\n", "AS102", (2, 22), "`inputs` must be text or a list of texts, got 3"),
        ("blocks: {b: {conv2: 3}}\n", "AS104", (2, 14), "there is no operation `conv2`"),
        ("scopes: {s: {conv2d: 3}}\n", "AS102", (2, 22), "`conv2d` must be a mapping, got 3"),
        ("train: {batch: 1.5}\n", "AS102", (2, 16), "`batch` of `train` must be a whole number, got 1.5"),
        ("train: {bach: 1}\n", "AS101", (2, 9), "`train` has no field `bach`"),
        ("train: {optimizer: {sgd: fast}}\n", "AS104", (2, 26), "there is no schedule `fast`"),
        ("train: {optimizer: {sgd: 0.1, adam: 1}}\n", "AS105", (2, 31), "here stands one optimizer"),
        ("train: {losses: {a: {weight: 3}}}\n", "AS104", (2, 22), "it is not said which loss this is"),
        (
            "train: {preprocess: [random_flip, {resize: 0}]}\n",
            "AS102",
            (2, 44),
            "`size` of `resize` must be at least 1",
        ),
        ("train: {save: 0 epochs}\n", "AS102", (2, 15), 'a number of steps, or text such as "2 epochs"'),
        ("expect: {trainble: 3}\n", "AS501", (2, 10), "`expect` has no key `trainble`"),
        ("expect: {macs: many}\n", "AS502", (2, 16), '`macs` must be a whole number or text such as "<= 6G"'),
    ],
)
def test_a_mistake_in_a_section(text: str, code: str, place: tuple[int, int], message: str) -> None:
    text = text if text.startswith("arch") else "archspec: 1\n" + text
    diagnostic = next(d for d in found(text) if d.code == code)
    assert diagnostic.span is not None
    assert (diagnostic.span.line, diagnostic.span.column) == place
    assert message in diagnostic.message


def test_what_is_missing() -> None:
    diagnostic = one(found("inputs: {image: {shape: [3]}}\nlayers: [relu]\n"))
    assert (diagnostic.code, diagnostic.message) == ("AS103", "a spec needs `archspec`")


def test_one_broken_layer_hides_no_other() -> None:
    items = found(
        "archspec: 1\n"
        "inputs: {image: {shape: [8, 8, 3]}}\n"
        "layers:\n"
        "- a: {conv: 64, kernel: 0, foo: bar}\n"
        "- b: {conv2d: 64, kernel: 0}\n"
        "- c:\n"
        "  - d: {concat: {e: {dens: 3}, f: {dense: x}}}\n"
        "  - g: {dense: 3, unit: 3}\n"
    )
    assert [(d.code, d.span.line, d.span.column) for d in items if d.span] == [
        ("AS104", 4, 7),
        ("AS102", 5, 27),
        ("AS104", 7, 22),
        ("AS102", 7, 43),
        ("AS101", 8, 19),
    ]


def test_parameters_of_a_block_can_have_any_name() -> None:
    assert layer("{block: b, conv2d: 3, squeeze: true, anything: [1, {a: b}]}") == []


def mutate(value: object, chance: random.Random) -> object:
    """The value with one place in it changed."""
    strange = [None, True, -1, 2.5, "", "relu", "$x", "conv2d", "3x3", [], [1], {}, {"a": 1}, {"relu": None}]
    keys = ["conv2d", "block", "layers", "when", "else", "from", "kernel", "x", "concat", "rate", "loss", "batch_norm"]
    if isinstance(value, dict) and value and chance.random() < 0.85:
        key, action = chance.choice(list(value)), chance.random()
        if action < 0.2:
            return {k: v for k, v in value.items() if k != key}
        if action < 0.4:
            return {**value, chance.choice(keys): chance.choice(strange)}
        if action < 0.5:
            return {(chance.choice(keys) if k == key else k): v for k, v in value.items()}
        return {k: mutate(v, chance) if k == key else v for k, v in value.items()}
    if isinstance(value, list) and value and chance.random() < 0.85:
        index = chance.randrange(len(value))
        return [mutate(v, chance) if i == index else v for i, v in enumerate(value)]
    return chance.choice(strange)


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.stem)
def test_what_the_schema_refuses_is_reported_and_nothing_else(path: Path) -> None:
    """jsonschema on the whole document is the judge; the walk through it finds a reason whenever that says no."""
    import yaml

    tree = parse(path.read_text(), path.name, Findings())
    assert isinstance(tree, Mapping)
    whole = plain(tree)
    judge, chance = Draft202012Validator(published(builtin())), random.Random(path.stem)
    for _ in range(8):
        broken = mutate(whole, chance)
        text = yaml.safe_dump(broken, sort_keys=False)
        root, findings = parse(text, "spec.yaml", Findings()), Findings()
        if not isinstance(root, Mapping) or not {"inputs", "layers"} <= {key.text for key, _ in root.pairs}:
            continue  # a later stage misses them, because what is extended may have them
        validate(root, builtin(), findings)
        errors = [error.message for error in judge.iter_errors(plain(root))]
        assert bool(errors) == bool(findings.items), (text, errors[:3], findings.items[:3])

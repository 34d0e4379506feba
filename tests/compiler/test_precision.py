"""`precision`: which node computes in what, what stays as it is, who said it, and what it cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from archspec.cli import main
from archspec.compiler.expand.precision import PRECISIONS
from archspec.compiler.graph.cost import activations
from archspec.compiler.graph.graph import Graph, Input, Node
from archspec.compiler.graph.passes import run
from archspec.compiler.graph.passes.inference import for_inference
from archspec.compiler.graph.passes.precision import in_precision
from archspec.compiler.graph.text import parse_graph, print_graph
from archspec.compiler.language.op import Op, Shape
from archspec.compiler.language.ops.activation import Relu
from archspec.compiler.language.registry import builtin
from archspec.compiler.program import Program, check_file, compile_file
from archspec.compiler.schema import published
from archspec.diagnostics import Findings

SPEC = """archspec: 1
name: Net
precision: bfloat16
inputs: {image: {shape: [16, 16, 3]}, words: {shape: [8], dtype: int32}}
defaults: {conv2d: {kernel: 3, norm: batch_norm, activation: relu}}
layers:
- a: {conv2d: 8, from: image}
- pool: global_avg_pool
- vectors: {embedding: 4, words: 9, from: words}
- read: {lstm: 8}
- both: {concat: [pool, read.last]}
- Logits: {dense: 5}
- Predictions: softmax
expect: {params: 785}
"""


def compiled(text: str, **settings: str) -> Program:
    findings = Findings()
    program = compile_file("net.yaml", text=text, settings=settings, findings=findings)
    assert program is not None, [each.message for each in findings.items]
    return program


def complaint(text: str, **settings: str) -> tuple[str, str, str | None]:
    findings = Findings()
    assert compile_file("net.yaml", text=text, settings=settings, findings=findings) is None
    (found,) = findings.errors
    return found.code, found.message, found.help


def types(program: Program) -> dict[str, str]:
    return {path: node.dtype for path, node in program.graph.nodes.items()}


def test_all_computes_in_it_but_for_probabilities_that_are_handed_out() -> None:
    assert types(compiled(SPEC)) == {
        "image/bfloat16": "bfloat16",
        "a": "bfloat16",
        "a/BatchNorm": "bfloat16",
        "a/relu": "bfloat16",
        "pool": "bfloat16",
        "vectors": "float32",
        "vectors/bfloat16": "bfloat16",
        "read": "bfloat16",
        "both": "bfloat16",
        "Logits": "bfloat16",
        "Logits/float32": "float32",
        "Predictions": "float32",
    }


def test_variables_shapes_and_costs_stay() -> None:
    one, other = compiled(SPEC).graph, compiled(SPEC, precision="float32").graph
    assert [name for name, _, _ in one.variables()] == [name for name, _, _ in other.variables()]
    assert {path: one.shape(path) for path in other.nodes} == {path: other.shape(path) for path in other.nodes}
    assert sum(map(one.macs, one.nodes.values())) == sum(map(other.macs, other.nodes.values()))
    assert (activations(one) or 0) < 0.65 * (activations(other) or 0)
    assert one.endpoints == other.endpoints


def test_its_text_and_passes_hold() -> None:
    graph, findings = compiled(SPEC).graph, Findings()
    assert parse_graph(print_graph(graph), "net.ir", findings) == graph
    assert run(for_inference, graph).dtype("a") == "bfloat16"


def test_a_cast_of_the_specs_own_stays_and_meets_the_rest_in_float32() -> None:
    text = SPEC.replace(
        "- Logits", "- exact: [wide: {cast: float32}, inner: {dense: 8}]\n- joined: {concat: [exact, pool]}\n- Logits"
    )
    found = types(compiled(text.replace("expect: {params: 785}", "")))
    assert (found["exact/inner"], found["joined"], found["Logits"]) == ("float32", "float32", "float32")
    assert found["pool"] == "bfloat16" and found["pool/float32"] == "float32"


def test_whole_numbers_that_the_spec_casts_are_computed_in_it() -> None:
    text = (
        "archspec: 1\nprecision: bfloat16\ninputs: {image: {shape: [8, 8, 3], dtype: uint8}}\n"
        "layers: [light: {cast: float32}, a: {conv2d: 4, kernel: 3}, flatten, Logits: {dense: 2}]\n"
    )
    assert types(compiled(text))["a"] == "bfloat16"


class Single(Op):
    """An op of another package that knows float32 alone."""

    NAME = "single"
    DTYPES = ("float32",)

    def shape(self, *shapes: Shape) -> Shape:
        return shapes[0]

    def lower(self, g: object, *inputs: object) -> object:
        return inputs[0]


def test_an_op_that_does_not_take_it_gets_float32() -> None:
    nodes = {
        "a": Node("a", Relu(), ("x",), (4,)),
        "b": Node("b", Single(), ("a",), (4,)),
        "c": Node("c", Relu(), ("b",), (4,)),
    }
    graph = Graph("", {"x": Input("x", (4,))}, nodes, {}, "c")
    made = run(in_precision, graph, "bfloat16")
    assert {path: node.dtype for path, node in made.nodes.items()} == {
        "x/bfloat16": "bfloat16",
        "a": "bfloat16",
        "a/float32": "float32",
        "b": "float32",
        "b/bfloat16": "bfloat16",
        "c": "bfloat16",
    }
    assert graph.nodes["a"].dtype == "float32"


def test_inputs_of_16_bits_are_left_alone() -> None:
    text = (
        "archspec: 1\nprecision: bfloat16\ninputs: {x: {shape: [4], dtype: bfloat16}}\nlayers: [Logits: {dense: 2}]\n"
    )
    assert types(compiled(text)) == {"Logits": "bfloat16"}


def test_it_is_set_on_the_command_line_and_by_expressions() -> None:
    plain = SPEC.replace("precision: bfloat16\n", "")
    assert types(compiled(plain))["a"] == "float32"
    assert types(compiled(plain, precision="bfloat16"))["a"] == "bfloat16"
    said = SPEC.replace("precision: bfloat16", "hyperparameters: {numbers: bfloat16}\nprecision: $numbers")
    assert types(compiled(said))["a"] == "bfloat16"
    assert types(compiled(said, numbers="float32"))["a"] == "float32"


@pytest.mark.parametrize("value", ["float16", "float64", "half"])
def test_what_it_cannot_be_is_said(value: str) -> None:
    rule = f'`precision` must be one of float32, bfloat16, got "{value}"'
    assert complaint(SPEC.replace("precision: bfloat16", f"precision: {value}"))[:2] == ("AS102", rule)
    said = SPEC.replace("precision: bfloat16", f"hyperparameters: {{numbers: {value}}}\nprecision: $numbers")
    code, message, help = complaint(said)
    assert (code, message) == ("AS102", f'`precision` must be float32 or bfloat16, got "{value}"')
    assert (help is not None) == (value == "float16")


def test_the_schema_has_the_same_precisions() -> None:
    assert f"{list(PRECISIONS)}".replace("'", '"') in f"{published(builtin())['properties']['precision']}".replace(
        "'", '"'
    )


def test_a_spec_that_extends_another_changes_it_and_expectations_hold(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(SPEC.replace("785", "1"))
    (tmp_path / "exact.yaml").write_text("archspec: 1\nextends: net.yaml\nprecision: float32\n")
    findings = Findings()
    assert check_file(str(tmp_path / "exact.yaml"), findings=findings) == []
    assert [each.code for each in findings.errors] == ["AS503"]
    (tmp_path / "net.yaml").write_text(SPEC)
    (program,) = check_file(str(tmp_path / "exact.yaml"), findings=Findings())
    said = program.values["precision"]
    assert (said.value, [each.value for each in said.lost]) == ("float32", ["bfloat16", "float32"])


def test_that_of_an_embedded_network_stays_out(tmp_path: Path) -> None:
    (tmp_path / "inner.yaml").write_text(
        "archspec: 1\nname: Inner\nprecision: bfloat16\ninputs: {x: {shape: [4]}}\nlayers: [a: {dense: 2}]\n"
    )
    outer = "archspec: 1\ninputs: {x: {shape: [4]}}\nlayers: [body: {network: inner.yaml}, Logits: {dense: 2}]\n"
    (tmp_path / "outer.yaml").write_text(outer)
    (program,) = check_file(str(tmp_path / "outer.yaml"), findings=Findings())
    assert set(types(program).values()) == {"float32"}


def test_summary_and_explain_tell_it_op_by_op(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "net.yaml").write_text(SPEC)
    assert main(["summary", str(tmp_path / "net.yaml")]) == 0
    lines = {line.split()[0]: line.split()[-1] for line in capsys.readouterr().out.splitlines() if line.strip()}
    assert [lines[name] for name in ("layer", "a", "pool", "Logits")] == ["numbers", "bfloat16", "float32", "bfloat16"]
    for layer, said in (
        ("a", "a: conv2d in bfloat16  ("),
        ("pool", "pool: global_avg_pool in float32, handed on in bfloat16  ("),
        ("read", "read: lstm in bfloat16, gates and state in float32  ("),
        ("Predictions", "Predictions: softmax in float32  ("),
    ):
        assert main(["explain", str(tmp_path / "net.yaml"), layer]) == 0
        assert said in capsys.readouterr().out
    assert main(["explain", str(tmp_path / "net.yaml"), "precision"]) == 0
    assert "precision  bfloat16\n  from the spec at" in capsys.readouterr().out

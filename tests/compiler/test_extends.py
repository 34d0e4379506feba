"""extends, change, insert, remove, variants, networks in networks: files on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from archspec.compiler.program import check_file, compile_file, variants
from archspec.diagnostics import Findings
from tests.cases.extending import BASE, build, made, shape


def test_hyperparameter_changes_and_its_declaration_stays(tmp_path: Path) -> None:
    text = "extends: base.yaml\nhyperparameters: {classes: 5, size: 16}\nexpect: {shapes: {logits: [5]}}\n"
    assert shape(made(tmp_path, text), "a") == (16, 16, 8)
    assert build(tmp_path, "extends: base.yaml\nhyperparameters: {size: 17}\n")[1] == ["AS210"]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", []),
        ("hyperparameters: {classes: 5}\n", []),
        ("change: {a: {conv2d: 9}}\n", []),
        ("hyperparameters: {classes: 5}\nexpect: {shapes: {logits: [5]}}\n", []),
        ("hyperparameters: {classes: 5}\nexpect: {shapes: {logits: [6]}}\n", ["AS503"]),
        ("hyperparameters: {classes: 5}\nexpect: {shapes: {a: [32, 32, 8]}}\n", []),
        ("about: mine\nexpect: {shapes: {a: [32, 32, 9]}}\n", ["AS503"]),
    ],
)
def test_expectations_of_the_base_rest_where_the_network_changes(tmp_path: Path, text: str, codes: list[str]) -> None:
    assert build(tmp_path, "extends: base.yaml\n" + text)[1] == codes


def test_expectations_of_the_base_hold_where_the_network_does_not_change(tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text(BASE.replace("[10]", "[11]"))
    assert build(tmp_path, "extends: wrong.yaml\nabout: mine\n")[1] == ["AS503"]


FAMILY = """archspec: 1
name: $variant
variants:
  small: {set: {n: 4}, expect: {params: 16}}
  large: {set: {n: 8}, expect: {params: 32}}
hyperparameters: {n: 4}
inputs: {image: {shape: [4, 4, 3]}}
layers: [c: {conv2d: $n, kernel: 1}]
"""


@pytest.mark.parametrize(
    ("text", "variant", "filters"),
    [
        ("extends: family.yaml#large\n", "", 8),
        ("extends: family.yaml#large\nhyperparameters: {n: 5}\n", "", 5),
        ("extends: family.yaml#large\nhyperparameters: {n: {type: int, default: 6}}\n", "", 6),
        ("extends: family.yaml#large\nvariants: {wide: {set: {n: 16}}}\n", "", 16),
        ("extends: family.yaml#large\nvariants: {same: {}}\n", "same", 8),
        ("extends: family.yaml\nvariants: {wide: {set: {n: 16}}}\n", "wide", 16),
        ("extends: family.yaml\nvariants: {large: {set: {n: 9}}}\n", "large", 9),
        ("extends: family.yaml\n", "large", 8),
        ("extends: middle.yaml\n", "", 8),
        ("extends: middle.yaml\nhyperparameters: {n: 7}\n", "", 7),
    ],
)
def test_what_the_extending_spec_says_stands_over_the_variant(
    tmp_path: Path, text: str, variant: str, filters: int
) -> None:
    (tmp_path / "family.yaml").write_text(FAMILY)
    (tmp_path / "middle.yaml").write_text("archspec: 1\nextends: family.yaml#large\n")
    (tmp_path / "top.yaml").write_text("archspec: 1\n" + text)
    findings = Findings()
    program = compile_file(str(tmp_path / "top.yaml") + (f"#{variant}" if variant else ""), findings=findings)
    assert program is not None and findings.items == []
    assert shape(program, "c") == (4, 4, filters)


def test_chosen_variant_keeps_its_name_and_loses_visibly(tmp_path: Path) -> None:
    (tmp_path / "family.yaml").write_text(FAMILY)
    program = made(tmp_path, "extends: family.yaml#large\nhyperparameters: {n: 5}\nvariants: {a: {}, b: {}}\n")
    assert [name for name, _, _ in program.graph.variables()] == ["large/c/weights", "large/c/biases"]
    units = program.hyperparameters["n"]
    assert units.value == 5
    assert [(lost.value, lost.origin.where) for lost in units.lost] == [
        (8, "variant large"),
        (4, "the extended spec"),
    ]


FORMS = """archspec: 1
inputs: {image: {shape: [28, 28, 1]}}
defaults:
  conv2d: {kernel: 3, initializer: {truncated_normal: 0.1}, norm: {batch_norm, decay: 0.9}, activation: {leaky_relu: 0.1}, width: 0.25}
scopes: {s: {conv2d: {initializer: {constant: 0.1}}}}
layers: [a: {conv2d: 4}, b: {conv2d: 4, defaults: s}, flatten, Logits: {dense: 10}]
train:
  data: {tfrecord: x, labels_offset: 1}
  preprocess: [{resize: 28}]
  losses: {main: {softmax_cross_entropy: Logits, label_smoothing: 0.1}}
  optimizer: {rmsprop: 0.1, momentum: 0.9}
  batch: 8
  steps: 3
  initialize: weights
eval: {preprocess: [{resize: 28}], metrics: {top_1: {accuracy: Logits, k: 2}}}
"""


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("defaults: {conv2d: {initializer: {constant: 0.5}}}", "a.initializer", "constant(value: 0.5)"),
        (
            "defaults: {conv2d: {initializer: {truncated_normal: 0.5}}}",
            "a.initializer",
            "truncated_normal(stddev: 0.5)",
        ),
        ("scopes: {s: {conv2d: {initializer: he_normal}}}", "b.initializer", "he_normal()"),
        (
            "scopes: {s: {conv2d: {initializer: {truncated_normal: 0.2}}}}",
            "b.initializer",
            "truncated_normal(stddev: 0.2)",
        ),
        ("defaults: {conv2d: {activation: {elu: null}}}", "a.activation", "elu()"),
        ("defaults: {conv2d: {norm: {decay: 0.8}}}", "a.norm", "batch_norm(decay: 0.8)"),
        (
            "defaults: {conv2d: {norm: {batch_norm: null, epsilon: 0.1}}}",
            "a.norm",
            "batch_norm(decay: 0.9, epsilon: 0.1)",
        ),
        ("train: {losses: {main: {label_smoothing: 0.2}}}", "train.losses.main.label_smoothing", "0.2"),
        ("train: {optimizer: {sgd: {cosine: 0.1}}}", "train.optimizer", "sgd(rate: cosine(rate: 0.1))"),
        ("train: {data: {folder: y}}", "train.data", "folder(path: 'y')"),
        ("eval: {metrics: {top_1: {k: 3}}}", "eval.metrics.top_1.k", "3"),
        ("train: {initialize: {skip: [a]}}", "train.initialize.checkpoint", "'weights'"),
        ("defaults: {conv2d: {width: {min: 2}}}", "a.filters", "2"),
    ],
)
def test_another_kind_replaces_a_form_whole(tmp_path: Path, text: str, name: str, value: str) -> None:
    (tmp_path / "forms.yaml").write_text(FORMS)
    program = made(tmp_path, f"extends: forms.yaml\n{text}\n")
    known = dict(program.values)
    for node in program.graph.nodes.values():
        known |= {
            f"{node.layer}.{field}": resolved for field, resolved in node.values.items() if node.path == node.layer
        }
    assert repr(known[name].value) == value


@pytest.mark.parametrize(
    ("edit", "nodes"),
    [
        ("change: {body/b: {conv2d: 12}}", ["a", "a/relu", "body/b", "body/b/relu", "body/relu", "body/c"]),
        ("change: {body/c: {dropout: 0.5}}", ["a", "a/relu", "body/b", "body/b/relu", "body/relu", "body/c"]),
        ("change: {body: identity}", ["a", "a/relu", "body"]),
        (
            "insert: {after body/b: [n: batch_norm]}",
            ["a", "a/relu", "body/b", "body/b/relu", "body/n", "body/relu", "body/c"],
        ),
        ("insert: {before a: [n: batch_norm]}", ["n", "a", "a/relu", "body/b", "body/b/relu", "body/relu", "body/c"]),
        ("remove: [body/c]", ["a", "a/relu", "body/b", "body/b/relu", "body/relu"]),
    ],
)
def test_layers_change_by_path(tmp_path: Path, edit: str, nodes: list[str]) -> None:
    assert list(made(tmp_path, f"extends: base.yaml\n{edit}\n").graph.nodes)[: len(nodes)] == nodes


def test_change_keeps_the_other_fields(tmp_path: Path) -> None:
    assert shape(made(tmp_path, "extends: base.yaml\nchange: {body/b: {conv2d: 12}}\n"), "body/b") == (16, 16, 12)


def test_branch_changes_by_path(tmp_path: Path) -> None:
    assert shape(made(tmp_path, "extends: base.yaml\nchange: {m/x: {conv2d: 10}}\n"), "m") == (8, 8, 16)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("extends: base.yaml\nchange: {body/bb: {conv2d: 12}}\n", "AS117"),
        ("extends: base.yaml\nremove: [nothing]\n", "AS117"),
        ("extends: base.yaml\ninsert: {a: [n: relu]}\n", "AS116"),
        ("extends: base.yaml\nlayers: [a: relu]\n", "AS115"),
        ("extends: ../base.yaml\n", "AS113"),
        ("extends: /etc/passwd\n", "AS113"),
        ("extends: missing.yaml\n", "AS113"),
        ("extends: top.yaml\n", "AS114"),
        ("extends: base.yaml#big\n", "AS213"),
        ("inputs: {image: {shape: [8]}}\nlayers: [a: relu]\nremove: [a]\n", "AS112"),
    ],
)
def test_mistake_is_one_finding(tmp_path: Path, text: str, code: str) -> None:
    assert build(tmp_path, text) == (None, [code])


def test_variants_of_one_file(tmp_path: Path) -> None:
    text = """name: $variant
variants: {small: {set: {n: 4}, expect: {params: 16}}, large: {set: {n: 8}, expect: {params: 32}}}
hyperparameters: {n: 4}
inputs: {image: {shape: [4, 4, 3]}}
layers: [c: {conv2d: $n, kernel: 1}]
"""
    (tmp_path / "family.yaml").write_text("archspec: 1\n" + text)
    findings = Findings()
    program = compile_file(str(tmp_path / "family.yaml") + "#large", findings=findings)
    assert program is not None and findings.items == []
    assert [name for name, _, _ in program.graph.variables()] == ["large/c/weights", "large/c/biases"]
    assert variants(str(tmp_path / "family.yaml"), findings) == ("small", "large")
    through = made(tmp_path, "extends: family.yaml#large\n")
    assert shape(through, "c") == (4, 4, 8)


def test_network_in_a_network_keeps_its_variables_names(tmp_path: Path) -> None:
    text = """name: Top
inputs: {image: {shape: [32, 32, 3]}}
defaults: {conv2d: {kernel: 3}}
layers:
- backbone: {network: base.yaml, set: {classes: 7}, until: body}
- head: {conv2d: $(channels(backbone/a))}
"""
    program = made(tmp_path, text)
    names = [name for name, _, _ in program.graph.variables()]
    assert names == [
        "Base/a/weights",
        "Base/a/biases",
        "Base/body/b/weights",
        "Base/body/b/biases",
        "Top/head/weights",
        "Top/head/biases",
    ]
    assert shape(program, "head") == (8, 8, 8)


@pytest.mark.parametrize(
    "body", ["{block: b%d}", "{layers: [x: {block: b%d}]}", "{layers: [x: [y: {concat: {z: {block: b%d}}}]]}"]
)
@pytest.mark.parametrize("length", [40, 124, 900])
def test_chain_of_blocks_has_an_end(tmp_path: Path, body: str, length: int) -> None:
    blocks = "".join(f"  b{number}: {body % (number + 1)}\n" for number in range(length)) + f"  b{length}: {{relu}}\n"
    text = f"inputs: {{image: {{shape: [8, 8, 3]}}}}\nblocks:\n{blocks}layers: [a: {{block: b0}}]\n"
    codes = build(tmp_path, text)[1]
    assert codes == (["AS132"] if length > 100 or body.count("[") == 2 else [])


def test_a_value_that_a_variant_of_ones_own_leaves_alone_is_used(tmp_path: Path) -> None:
    family = "archspec: 1\nhyperparameters: {m: 4, n: 5}\nvariants: {s: {set: {m: 5}}, t: {set: {m: 7}}}\n"
    layers = "layers: [a: {conv2d: $m, kernel: 1}, b: {conv2d: $n, kernel: 1}]\n"
    (tmp_path / "family.yaml").write_text(f"{family}inputs: {{image: {{shape: [8, 8, 3]}}}}\n{layers}")
    own = "extends: family.yaml\nhyperparameters: {m: 6}\nvariants: {u: {set: {n: 9}}}\n"
    (tmp_path / "top.yaml").write_text(f"archspec: 1\n{own}")
    findings = Findings()
    program = compile_file(str(tmp_path / "top.yaml#u"), findings=findings)
    assert program is not None and findings.items == []
    assert program.graph.shape("a") == (8, 8, 6)


@pytest.mark.parametrize(
    ("base", "own", "path", "value"),
    [
        ("{dense: 5}", "change: {L: {units: 6}}", "L", (6,)),
        ("{dense, units: 5}", "change: {L: {units: 6}}", "L", (6,)),
        ("{dense, units: 5}", "change: {L: {dense: 6}}", "L", (6,)),
        ("{dense: 5, bias: false}", "change: {L: {dense: 6}}", "L", (6,)),
        ("dense", "change: {L: {units: 6}}", "L", (6,)),
    ],
)
def test_a_main_value_changes_by_either_of_its_names(
    base: str, own: str, path: str, value: object, tmp_path: Path
) -> None:
    head = "archspec: 1\ninputs: {image: {shape: [8, 8, 3]}}\n"
    (tmp_path / "base.yaml").write_text(f"{head}layers: [flatten, L: {base}]\n")
    spec = tmp_path / "x.yaml"
    spec.write_text(f"archspec: 1\nextends: base.yaml\n{own}\n")
    findings = Findings()
    [program] = check_file(str(spec), findings=findings)
    assert not findings.items and program.graph.shape(path) == value


def test_a_main_value_of_a_form_changes_by_either_of_its_names(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(
        "archspec: 1\ninputs: {image: {shape: [8, 8, 3]}}\nlayers: [flatten, K: {dense: 3}, L: {dense: 3}]\n"
        "defaults: {dense: {initializer: {truncated_normal: 0.1}}}\n"
        "train: {preprocess: [{resize: 8}], losses: {main: {softmax_cross_entropy: K}}, optimizer: {sgd: 0.1}, batch: 2, steps: 2}\n"
    )
    spec = tmp_path / "x.yaml"
    spec.write_text(
        "archspec: 1\nextends: base.yaml\ndefaults: {dense: {initializer: {stddev: 0.2}}}\n"
        "train: {losses: {main: {logits: L}}}\n"
    )
    findings = Findings()
    [program] = check_file(str(spec), findings=findings)
    assert not findings.errors and program.train is not None
    assert program.train.losses["main"].logits == "L"  # type: ignore[attr-defined]
    assert program.graph.nodes["L"].values["initializer.stddev"].value == 0.2

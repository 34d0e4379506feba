"""The commands that need no TensorFlow: what they print, their exit codes, and what they import."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
INCEPTION = "specs/inception_v3.yaml"


def archspec(*words: str, text: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """One command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "archspec", *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "", **environment},
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )


def as_json(*words: str) -> Any:
    done = archspec(*words, "--format", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    "words",
    [
        ["lint", INCEPTION],
        ["summary", INCEPTION],
        ["explain", INCEPTION, "Mixed_5b/*"],
        ["doc"],
        ["models"],
        ["doc", "conv2d"],
        ["--help"],
        ["train", "--help"],
    ],
    ids=lambda words: words[0] + words[-1][:6],
)
def test_reviewers_commands_import_no_framework(words: list[str]) -> None:
    program = (
        "import sys; from archspec.cli import main\n"
        "try: main(sys.argv[1:])\nexcept SystemExit: pass\n"
        "loaded = {'tensorflow', 'keras', 'numpy', 'horovod'} & set(sys.modules)\n"
        "sys.exit(f'imported {loaded}' if loaded else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_lint_of_the_zoo_finds_nothing() -> None:
    done = archspec("lint", "specs")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("no findings\n")


BAD = """archspec: 1
inputs: {image: {shape: [32, 32, 3]}}
defaults: {conv2d: {kernel: 3}}
layers:
- a: {conv2d: 64, stride: 2}
- b: {conv2d: 32}
- c: {add: [a, b]}
"""


def test_a_shape_mistake_is_told_with_place_and_origin(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(BAD)
    done = archspec("lint", str(tmp_path / "bad.yaml"))
    assert done.returncode == 1
    assert f"{tmp_path}/bad.yaml:7:3: AS301 `add` needs equal shapes, got 16x16x64 and 16x16x32" in done.stdout
    assert "    7 | - c: {add: [a, b]}\n      |   ^\n" in done.stdout
    assert "a is conv2d, 16x16x64, with filters: 64 (line 5)" in done.stdout
    assert "\x1b" not in done.stdout


def test_findings_as_json_and_as_annotations(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(BAD)
    found = json.loads(archspec("lint", str(tmp_path), "--format", "json").stdout)
    assert (found["errors"], found["warnings"]) == (1, 0)
    first = found["diagnostics"][0]
    assert (first["code"], first["line"], first["column"], len(first["notes"])) == ("AS301", 7, 3, 2)
    annotation = archspec("lint", str(tmp_path), "--format", "github").stdout
    assert annotation.startswith(f"::error file={tmp_path}/bad.yaml,line=7,col=3,title=AS301::`add` needs")


def test_lint_reads_standard_input() -> None:
    printed = archspec("lint", "-", text=BAD).stdout
    assert "stdin:7:3: AS301" in printed and "    7 | - c: {add: [a, b]}\n" in printed


def test_standard_input_that_is_no_text_is_a_finding() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "archspec", "lint", "-"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        input=b"a: \xff",
        capture_output=True,
        check=False,
    )
    assert (done.returncode, b"stdin:1:4: AS004" in done.stdout) == (1, True)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["lnt"], "did you mean lint"),
        ([], "COMMAND"),
        (["lint"], "PATH"),
        (["summary", INCEPTION, "--set", "num_classes"], "is not NAME=VALUE"),
        (["explain", INCEPTION, "Mixed_5x"], "did you mean Mixed_5"),
        (["summary", INCEPTION, "--until", "PreLogts"], "did you mean PreLogits"),
        (["train", INCEPTION, "--steps", "1", "--epochs", "1"], "--epochs: not allowed with argument --steps"),
    ],
)
def test_wrong_usage_is_exit_code_2(words: list[str], sentence: str) -> None:
    done = archspec(*words)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["summary", "nowhere.yaml"], "nowhere.yaml cannot be read"),
        (["summary", INCEPTION, "--set", "num_clases=10"], "did you mean `num_classes`"),
        (["summary", INCEPTION, "--set", "num_classes=ten"], 'must be a whole number, got "ten"'),
        (["summary", "specs/resnet_v1.yaml#resnet_v1_51"], "no variant `resnet_v1_51`"),
        (["summary", "README.md"], "README.md"),
    ],
)
def test_users_mistake_is_a_sentence_and_exit_code_1(words: list[str], sentence: str) -> None:
    done = archspec(*words)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr and "bug" not in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        *("lint", "fmt", "summary", "explain", "doc", "models", "new", "schema", "train", "eval", "predict"),
        *("checkpoint", "doctor"),
    ],
)
def test_help_shows_an_example(command: str) -> None:
    done = archspec(command, "--help")
    assert done.returncode == 0
    assert "example" in done.stdout and f"archspec {command}" in done.stdout


def test_schema_is_the_published_one() -> None:
    done = archspec("schema")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (ROOT / "schemas" / "archspec-1.schema.json").read_text("utf-8")


def test_summary_as_json_counts_as_tf_slim_does() -> None:
    """The figures of TF-Slim's own build of Inception V3 with 1001 classes."""
    found = as_json("summary", INCEPTION)
    assert (found["params"], found["macs"]) == ({"total": 23_853_833, "trainable": 23_819_401}, 5_713_218_144)
    assert set(found["layers"][0]) == {"name", "op", "output_shape", "params", "macs", "numbers"}
    assert sum(layer["params"] for layer in found["layers"]) == 23_853_833
    trained = as_json("summary", INCEPTION, "--train")
    assert trained["params"] == {"total": 27_182_194, "trainable": 27_145_970}
    assert trained["layers"][-1]["name"].startswith("AuxLogits/")


def test_summary_until_an_end_point() -> None:
    """Without the classifier, Inception V3 has the parameters that Keras counts for it with include_top=False."""
    found = as_json("summary", INCEPTION, "--until", "PreLogits")
    assert found["params"]["total"] == 21_802_784
    assert found["layers"][-1]["output_shape"] == [1, 1, 2048]
    assert as_json("summary", INCEPTION, "--until", "AuxLogits")["layers"][-1]["output_shape"] == [1001]


def test_summary_as_text_ends_with_totals() -> None:
    lines = archspec("summary", "specs/lenet.yaml").stdout.splitlines()
    assert lines[0] == "lenet: image 28x28x1, inference graph"
    assert lines[-2] == "3,274,634 parameters (13.10 MB), 3,274,634 trained; 13.88 M macs"
    assert lines[-1] == "200.70 kB of activations at most an example; receptive field: 16x16"


def test_summary_and_lint_of_sizes_not_known_before_run_time(tmp_path: Path) -> None:
    text = "archspec: 1\ninputs: {image: {shape: [null, null, 3]}}\nlayers: [a: {conv2d: 8, kernel: 3}]\n"
    (tmp_path / "net.yaml").write_text(text + "expect: {macs: 5}\n")
    assert "AS503 macs cannot be counted" in archspec("lint", str(tmp_path)).stdout
    (tmp_path / "net.yaml").write_text(text)
    found = as_json("summary", str(tmp_path / "net.yaml"))
    assert (found["macs"], found["params"]["total"], found["layers"][0]["output_shape"]) == (None, 224, [None, None, 8])


def test_explain_tells_the_winner_and_the_losers() -> None:
    found = as_json("explain", INCEPTION, "Logits/Conv2d_1c_1x1.norm")["Logits/Conv2d_1c_1x1.norm"]
    assert (found["value"], found["kind"], found["where"]) == (None, "scope", "scope logits")
    assert [lost["where"] for lost in found["lost"]] == ["the document's defaults", "the default of conv2d"]
    assert all(isinstance(found[key], int) for key in ("line", "column"))


def test_explain_of_a_layer_tells_briefly_what_was_overridden() -> None:
    heading, *lines = archspec("explain", INCEPTION, "Logits/Conv2d_1c_1x1").stdout.splitlines()
    (norm,) = [line for line in lines if line.split()[0] == "norm"]
    assert heading == "Logits/Conv2d_1c_1x1: conv2d  (specs/inception_v3.yaml)"
    assert norm.endswith("  scope logits at 16:34; over batch_norm, null")


@pytest.mark.parametrize(
    ("spec", "what", "named"),
    [
        ("specs/lenet.yaml", "Logits", "fc4.units"),
        ("specs/resnet_v1.yaml", "block1/unit_1/bottleneck_v1", "(body)/block1/unit_1/bottleneck_v1.depth"),
        ("specs/resnet_v1.yaml", "block1/*/conv1.filters", "(body)/block1/unit_3/bottleneck_v1/conv1.filters"),
        ("specs/resnet_v1.yaml", "*/unit_?/*.stride", "(body)/block4/unit_1/bottleneck_v1.stride"),
    ],
)
def test_explain_finds_end_points_silent_parts_and_patterns(spec: str, what: str, named: str) -> None:
    assert named in as_json("explain", spec, what)


def test_explain_of_what_has_no_fields_says_so() -> None:
    assert "is relu and has no fields" in archspec("explain", "specs/nasnet.yaml", "final_layer/relu").stdout
    assert "look inside with 'block1/*'" in archspec("explain", "specs/resnet_v1.yaml", "block1").stdout


def test_explain_of_a_spec_without_values(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("archspec: 1\ninputs: {x: {shape: [3]}}\nlayers: [relu]\n")
    done = archspec("explain", str(tmp_path / "net.yaml"))
    assert (done.returncode, "no hyperparameters" in done.stdout) == (0, True)


def test_explain_shows_how_the_width_made_a_number() -> None:
    words = ("explain", INCEPTION, "Conv2d_3b_1x1.filters", "--set", "depth_multiplier=0.5")
    assert "  then 80 x 0.5 = 40" in archspec(*words).stdout


def test_explain_of_a_setting_names_the_command_line() -> None:
    found = as_json("explain", INCEPTION, "hyperparameters.num_classes", "--set", "num_classes=7")
    value = found["hyperparameters.num_classes"]
    assert (value["value"], value["kind"], value["lost"][0]["value"]) == (7, "set", 1001)


def test_output_into_a_closed_pipe_is_quiet() -> None:
    command = f"{sys.executable} -P -m archspec explain {INCEPTION} '*' | head -1"
    done = subprocess.run(
        command,
        shell=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""


UNMET = """archspec: 1
inputs: {image: {shape: [8, 8, 3]}}
layers: [a: {conv2d: 4, kernel: 3}]
expect: {params: 7}
"""


def test_summary_comes_before_the_expectation_that_does_not_hold(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(UNMET)
    done = archspec("summary", str(tmp_path / "x.yaml"))
    assert done.returncode == 1
    assert "112 parameters" in done.stdout
    assert "x.yaml:4:18: AS503" in done.stderr and "    4 | expect: {params: 7}" in done.stderr
    found = json.loads(archspec("summary", str(tmp_path / "x.yaml"), "--format", "json").stdout)
    assert (found["params"]["total"], [each["code"] for each in found["diagnostics"]]) == (112, ["AS503"])


def test_an_empty_end_point_is_none() -> None:
    done = archspec("summary", "specs/resnet_v1.yaml", "--until", "")
    assert (done.returncode, done.stdout) == (2, "")
    assert "AS925 resnet_v1_50 has no end point with an empty name" in done.stderr


@pytest.mark.parametrize("spec", ["specs/lenet.yaml", INCEPTION, "specs/nasnet_mobile.yaml"])
@pytest.mark.parametrize("more", [[], ["--train"]], ids=["", "train"])
def test_summary_as_ir_is_a_text_that_gives_the_graph_again(spec: str, more: list[str]) -> None:
    from archspec.compiler.graph.passes.inference import for_inference
    from archspec.compiler.graph.text import parse_graph, print_graph
    from archspec.compiler.program import compile_file
    from archspec.diagnostics import Findings

    printed = archspec("summary", spec, "--format", "ir", *more).stdout
    findings = Findings()
    program = compile_file(str(ROOT / spec), findings=findings)
    assert program is not None
    graph = program.graph if more else for_inference(program.graph)
    again = parse_graph(printed, "ir", findings)
    assert again is not None and not findings.items
    assert list(again.nodes) == list(graph.nodes) and again.endpoints == graph.endpoints
    assert [(node.op, node.inputs, node.shape, node.variable_path) for node in again.nodes.values()] == [
        (node.op, node.inputs, node.shape, node.variable_path) for node in graph.nodes.values()
    ]
    assert print_graph(again) == printed


def test_summary_says_that_a_network_is_larger_than_the_machine(tmp_path: Path) -> None:
    text = "archspec: 1\ninputs: {x: {shape: [100000]}}\nlayers: [a: {dense: 99999}, b: {dense: 99999}, c: {dense: 9999999}]\n"
    (tmp_path / "x.yaml").write_text(text)
    lines = archspec("summary", str(tmp_path / "x.yaml")).stdout.splitlines()
    assert lines[-1].startswith("the parameters alone take 4.08 TB, and this machine has ")


@pytest.mark.parametrize(
    "words",
    [
        ["summary", "specs/nasnet_mobile.yaml"],
        ["explain", INCEPTION],
        ["explain", INCEPTION, "Mixed_5b/Branch_1/Conv2d_0b_5x5"],
        ["explain", INCEPTION, "Mixed_5b/Branch_1/Conv2d_0b_5x5.norm"],
    ],
)
def test_tables_keep_to_the_terminal(words: list[str]) -> None:
    lines = archspec(*words, COLUMNS="80").stdout.splitlines()
    assert len(lines) > 10 and max(map(len, lines)) <= 80

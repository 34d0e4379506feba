"""One of everything from another package: known by one kind of entry point, checked as our own, wrong in a sentence."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from archspec.compiler.analysis import analyse
from archspec.compiler.language import registry
from archspec.compiler.language.ops import conv, dense
from archspec.compiler.language.packages import installed
from archspec.compiler.language.registry import Registry, builtin, made_of
from archspec.compiler.program import check_file
from archspec.compiler.schema import published
from archspec.diagnostics import Findings
from tests.acme import FORMS, SPEC, install
from tests.compiler.test_installed_ops import archspec

NAMES = {
    "op": "acme.scaled",
    "loss": "acme.squares",
    "metric": "acme.right",
    "optimizer": "acme.signs",
    "schedule": "acme.halving",
    "data": "acme.shots",
    "preprocess": "acme.inverted",
    "initializer": "acme.stripes",
    "draw": "acme.coin",
}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder on Python's path where the package acme is installed, beside a spec that names what it brings."""
    install(tmp_path / "site")
    (tmp_path / "net.yaml").write_text(SPEC)
    return tmp_path / "site"


def test_a_spec_that_names_one_of_everything_lints(site: Path) -> None:
    done = archspec(site, "lint", "net.yaml")
    assert (done.stdout, done.returncode) == ("1 spec: no findings\n", 0), done.stdout
    layers = json.loads(archspec(site, "summary", "net.yaml", "--format", "json").stdout)["layers"]
    assert [layer["op"] for layer in layers if layer["name"] == "b"] == ["acme.scaled"]
    said = archspec(site, "explain", "net.yaml", "train.optimizer").stdout
    assert "{acme.halving: 0.01}" in said and "the default of acme.halving" in said


def test_the_schema_has_them(site: Path) -> None:
    definitions = json.loads(archspec(site, "schema").stdout)["$defs"]
    for family, name in NAMES.items():
        assert f"scope.{name}" in definitions
        assert family == "op" or name in json.dumps(definitions[f"family.{family}"])
    assert definitions["scope.acme.signs"]["properties"].keys() >= {"rate", "beta", "weight_decay"}


def test_a_draw_lints(site: Path) -> None:
    text = SPEC.replace("shape: [8, 8, 3]", "shape: [8, 8, 3], draw: acme.coin").replace("data: {acme.shots: 16}", "")
    (site.parent / "net.yaml").write_text(text[: text.index("train:")])
    assert archspec(site, "lint", "net.yaml").stdout == "1 spec: no findings\n"


@pytest.mark.parametrize(
    ("old", "new", "place", "sentence"),
    [
        ("acme.squares: logits", "acme.cubes: logits", "8:", "AS104 there is no loss `acme.cubes`"),
        ("acme.shots: 16", "acme.shots: 0", "6:", "AS102 `count` of `acme.shots` must be at least 1, got 0"),
        ("beta: 0.8", "beta: 8", "9:", "AS102 `beta` of `acme.signs` must be at most 1, got 8"),
        ("beta: 0.8", "alpha: 8", "9:", "AS101 `acme.signs` has no field `alpha`"),
        ("acme.halving: 0.01", "emca.halving: 1", "9:", "no installed package brings the forms of `emca`"),
        (
            "[acme.inverted]\n  losses",
            "[emca.inverted]\n  losses",
            "7:",
            "there is no preprocess `emca.inverted`: no in",
        ),
        ("acme.stripes: 0.01", "acme.scaled: 0.01", "3:", "AS104 there is no initializer `acme.scaled`"),
        (
            "conv2d: {initializer",
            "emca.x: {initializer",
            "3:",
            "AS203 nothing is called `emca.x`: no installed package",
        ),
    ],
)
def test_a_mistake_is_a_sentence_at_its_line(old: str, new: str, place: str, sentence: str, site: Path) -> None:
    assert old in SPEC
    (site.parent / "net.yaml").write_text(SPEC.replace(old, new))
    done = archspec(site, "lint", "net.yaml")
    assert done.returncode == 1 and sentence in done.stdout, done.stdout
    assert f"net.yaml:{place}" in done.stdout.splitlines()[0], done.stdout


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "class Squares",
            "raise OSError('no device')\n\n\nclass Squares",
            "the forms of `acme` cannot be loaded: OSError",
        ),
        ("acme.squares", "squares", "the package of `acme` brings `squares`, whose name should be `acme.…`"),
        ("acme.squares", "softmax_cross_entropy", "brings `softmax_cross_entropy`, whose name should be `acme.…`"),
        ("acme.squares", "acme.right", "the package of `acme` brings two classes that are called `acme.right`"),
        ("beta: float", "sgd: float", "`acme.signs` has a field `sgd`, which is the name of another optimizer"),
        ("beta: float", "beta: Greek", "`acme.signs` has a field `beta` of type Greek, which is no field's type"),
        ("beta: float", "beta: complex", "TypeError: no field type 'complex'"),
        ("def make(self, g, rate)", "def made(self, g, rate)", "`acme.signs` does not define `make`"),
        ('"acme.code:inverted"', '"acme.code"', "`acme.inverted` does not say in IMPLEMENTATION, as `module:function`"),
        (
            '(Preprocess, name="',
            '(Preprocess, family="section", name="',
            "`acme.inverted` is of no kind that a package",
        ),
        ('(Preprocess, name="', '(Preprocess, family="loss", name="', "`acme.inverted` is of no kind that a package"),
    ],
)
def test_a_package_that_cannot_be_used_is_a_sentence(old: str, new: str, sentence: str, site: Path) -> None:
    assert old in FORMS
    (site / "acme" / "forms.py").write_text(FORMS.replace(old, new))
    (site.parent / "net.yaml").write_text(SPEC.replace("defaults:", "tables:"))
    done = archspec(site, "lint", "net.yaml")
    assert done.returncode == 1 and sentence in done.stdout, done.stdout
    assert done.stdout.startswith("net.yaml:4:49: AS104 there is no activation `acme.scaled`: ")
    assert "help: a dot marks operations of other packages: install or repair that package" in done.stdout
    done = archspec(site, "schema")
    assert done.returncode == 1 and sentence in done.stderr
    assert "acme." not in done.stdout, "nothing of a package that cannot be used is offered"


def test_what_extends_and_what_is_set_may_name_packages(site: Path) -> None:
    (site.parent / "top.yaml").write_text("archspec: 1\nextends: base.yaml\ntrain: {optimizer: {acme.signs: 0.1}}\n")
    base = SPEC.replace("{acme.signs: {acme.halving: 0.01}, beta: 0.8}", "{sgd: 0.1}")
    (site.parent / "base.yaml").write_text(base)
    assert archspec(site, "lint", "top.yaml").stdout == "1 spec: no findings\n"
    setting = "train.optimizer={acme.signs: {acme.halving: 0.5}}"
    done = archspec(site, "explain", "base.yaml", "train.optimizer.rate", "--set", setting)
    assert "{acme.halving: 0.5}" in done.stdout and done.returncode == 0, done.stdout + done.stderr
    done = archspec(site, "explain", "net.yaml", "b.factor", "--set", "layers.b.acme.scaled=7")
    assert done.stdout.startswith("b.factor  7.0"), done.stdout + done.stderr


def test_an_embedded_spec_may_name_packages_that_its_caller_does_not(site: Path) -> None:
    outer = "archspec: 1\ninputs: {image: {shape: [8, 8, 3]}}\nlayers: [body: {network: net.yaml}]\n"
    (site.parent / "outer.yaml").write_text(outer)
    done = archspec(site, "summary", "outer.yaml", "--format", "json")
    assert "acme.scaled" in {layer["op"] for layer in json.loads(done.stdout)["layers"]}, done.stderr


# In one process


@pytest.fixture
def here(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """The registry with acme's forms, acme being on this process's own path as long as the test runs."""
    monkeypatch.syspath_prepend(str(site))
    # What is made while acme is here stays with this test.
    monkeypatch.setattr(registry, "_made", cache(registry._made.__wrapped__))
    yield builtin().with_packages(["acme"])
    for name in [name for name in sys.modules if name.partition(".")[0] == "acme"]:
        monkeypatch.delitem(sys.modules, name)


def test_registries_side_by_side_do_not_see_each_other(here: Registry, site: Path) -> None:
    assert here.with_packages(["acme"]) is here and "acme" in installed()
    assert not here.problems, here.problems
    assert {family: set(forms) - set(builtin().members(family)) for family, forms in here.families.items()} == {
        family: {NAMES[family]} if family in NAMES else set() for family in builtin().families
    }
    assert "acme.scaled" in here.groups["activation"] and "acme.scaled" not in builtin().groups["activation"]
    assert set(made_of([conv]).ops) | set(made_of([dense]).ops) < set(builtin().ops)
    assert not set(made_of([conv]).ops) & set(made_of([dense]).ops)
    findings = Findings()
    assert check_file(str(site.parent / "net.yaml"), findings=findings) and not findings.items
    (site.parent / "plain.yaml").write_text(SPEC.replace("acme.", "emca.", 1))
    assert any("emca" in each.message for each in analyse(str(site.parent / "plain.yaml")).findings)
    assert "acme" not in json.dumps(published(builtin()))


def test_a_schema_with_them_is_sound(here: Registry) -> None:
    Draft202012Validator.check_schema(published(here))
    assert published(here) is not published(builtin())


def test_a_class_changes_no_table() -> None:
    before = {family: dict(forms) for family, forms in builtin().families.items()}
    assert type("Own", (dense.Dense.__mro__[1],), {}, name="own.op") not in builtin().by_name.values()
    assert {family: dict(forms) for family, forms in builtin().families.items()} == before


def test_the_order_of_imports_does_not_matter(site: Path) -> None:
    """Modules of forms that are imported before the registry, in another order, leave it as it is."""
    done = archspec(site, "schema")
    code = (
        "import archspec.compiler.language.ops.several, acme.forms, archspec.__main__ as m; raise SystemExit(m.main())"
    )
    other = archspec(site, "schema", code=code)
    assert (other.stdout, other.returncode) == (done.stdout, 0) and done.stdout

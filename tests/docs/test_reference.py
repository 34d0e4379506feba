"""The reference in docs/: every form is on a page, says what a reader needs, and has an example that compiles."""

from __future__ import annotations

from pathlib import Path

import pytest

from archspec.compiler.language.fields import Form, field
from archspec.compiler.language.op import Op, Shape
from archspec.compiler.language.registry import BUILT_IN, builtin
from archspec.reference.__main__ import DOCS
from archspec.reference.entry import entry, lacks
from archspec.reference.fields import KINDS
from archspec.reference.pages import PAGES, pages
from tests.docs.pages import Example, check, examples, save

REGISTRY = builtin()
FORMS = [cls for forms in REGISTRY.families.values() for cls in forms.values()]
MADE = pages(REGISTRY)
WRITTEN = {name: (DOCS / name).read_text("utf-8") for name in MADE if (DOCS / name).is_file()}
EXAMPLES = [(name, example) for name, text in WRITTEN.items() for example in examples(text)]


@pytest.mark.parametrize("cls", FORMS, ids=lambda cls: f"{cls.FAMILY} {cls.NAME}")
def test_a_form_says_what_its_reference_needs(cls: type[Form]) -> None:
    found = list(lacks(entry(cls, REGISTRY)))
    assert not found, "\n".join(found)


def test_every_family_has_a_page() -> None:
    placed = {"op", *(family for page in PAGES for family in page.families)}
    missing = REGISTRY.families.keys() - placed
    assert not missing, f"no page of docs/ has the family {', '.join(missing)}: add it to PAGES of reference/pages.py"


def test_every_type_of_field_has_a_name() -> None:
    plain = {each.type.text for cls in FORMS for each in cls.FIELDS.values() if not each.type.family}
    missing = plain - KINDS.keys()
    assert not missing, f"say in KINDS of reference/fields.py what people call {', '.join(sorted(missing))}"


def test_every_file_of_ops_says_what_is_in_it() -> None:
    files = {cls.__module__ for cls in REGISTRY.ops.values()}
    silent = [module.__name__ for module in BUILT_IN if module.__name__ in files and not (module.__doc__ or "").strip()]
    assert not silent, f"{', '.join(silent)} has no docstring, which begins the page of its ops"


def test_the_pages_are_up_to_date() -> None:
    stale = [name for name, text in MADE.items() if WRITTEN.get(name) != text]
    assert not stale, f"run bin/regen: {', '.join(stale)}"
    assert {f"ops/{file.name}" for file in (DOCS / "ops").glob("*.md")} <= MADE.keys()


@pytest.mark.parametrize("cls", FORMS, ids=lambda cls: f"{cls.FAMILY} {cls.NAME}")
def test_a_page_has_the_form_and_all_of_its_fields(cls: type[Form]) -> None:
    sections = [part for text in WRITTEN.values() for part in text.split("\n## ") if part.startswith(f"{cls.NAME}\n")]
    wanted = [f"| `{name}`" for name in cls.FIELDS] + ["```yaml"]
    assert any(all(words in section for words in wanted) for section in sections)


def test_the_index_names_every_op() -> None:
    assert [name for name in REGISTRY.ops if f"[`{name}`]" not in WRITTEN["ops/README.md"]] == []


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the spec that examples are laid over."""
    folder = tmp_path_factory.mktemp("reference")
    save([example for _, example in EXAMPLES if example.said("file")], folder)
    return folder


@pytest.mark.parametrize(("page", "example"), EXAMPLES, ids=lambda value: getattr(value, "line", value))
def test_example(page: str, example: Example, folder: Path) -> None:
    """It compiles without a finding, and its layer has the shape that the page says."""
    save([example], folder)
    check(example, folder)


def test_examples_are_on_every_page_but_the_index() -> None:
    assert {name for name, _ in EXAMPLES} == MADE.keys() - {"ops/README.md"}


class Silent(Op, name="silent"):
    amount: int = field(doc="")

    def shape(self, *shapes: Shape) -> Shape:
        return shapes[0]

    def macs(self, *shapes: Shape) -> int:
        return 1

    def lower(self, g: object, *inputs: object) -> object:
        return inputs[0]


def test_what_an_op_does_not_say_is_named() -> None:
    said = "\n".join(lacks(entry(Silent, REGISTRY)))
    for words in ("no docstring", "the field amount", "its `shape` a docstring", "`macs` without", "EXAMPLE"):
        assert words in said

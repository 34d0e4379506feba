"""What a record lacks: said with its place, once where all lack the same, and with the features to write."""

from __future__ import annotations

from pathlib import Path

import pytest
import tensorflow as tf

from archspec.compiler.language.forms.data import TFRecord
from archspec.compiler.language.forms.kinds import ClassKind, ImageKind, Kind, NumberKind
from archspec.compiler.language.forms.preprocess.geometry import Resize
from archspec.diagnostics import Stop
from archspec.runtime.data.explain import explain_data_error
from archspec.runtime.data.open import open_data
from archspec.runtime.data.pipeline import evaluation_batches
from archspec.runtime.data.tfrecord import open_tfrecord
from tests.runtime.examples import png


def example(**features: object) -> bytes:
    """A record; keys have __ for /."""
    made = {}
    for key, value in features.items():
        values = value if isinstance(value, list) else [value]
        kind, list_of = {
            float: ("float_list", tf.train.FloatList),
            int: ("int64_list", tf.train.Int64List),
            bytes: ("bytes_list", tf.train.BytesList),
        }[type(values[0])]
        made[key.replace("__", "/")] = tf.train.Feature(**{kind: list_of(value=values)})
    return tf.train.Example(features=tf.train.Features(feature=made)).SerializeToString(deterministic=True)


WANTED = "wanted are image/encoded (bytes) and image/class/label (int64)"


@pytest.mark.parametrize(
    ("record", "code", "said"),
    [
        (example(image=png(1), label=1), "AS716", f"has image (bytes), label (int64); {WANTED}"),
        (example(image__encoded=png(1)), "AS716", f"has image/encoded (bytes); {WANTED}"),
        (
            example(image__encoded=png(1), image__class__label=1.0),
            "AS716",
            f"has image/class/label (float), image/encoded (bytes); {WANTED}",
        ),
        (
            example(image__encoded=png(1), image__class__label=b"cat"),
            "AS716",
            f"has image/class/label (bytes), image/encoded (bytes); {WANTED}",
        ),
        (
            example(image__encoded=png(1), image__class__label=[1, 2]),
            "AS716",
            "has 2 values in image/class/label, and one is wanted",
        ),
        (b"\xff\xff\xff", "AS716", "holds 3 bytes that are no tf.train.Example"),
        (b"", "AS716", f"has no keys; {WANTED}"),
        (example(image__encoded=b"no image", image__class__label=1), "AS711", "is text"),
    ],
    ids=[
        "other keys",
        "no label",
        "a label of float",
        "a label of text",
        "two labels",
        "no example",
        "empty",
        "no image",
    ],
)
def test_a_record_without_what_it_needs_is_named(tmp_path: Path, record: bytes, code: str, said: str) -> None:
    """By the look before the first step, and, where that did not come upon it, when it is reached."""
    path, good = tmp_path / "data" / "train-0", example(image__encoded=png(1), image__class__label=1)
    path.parent.mkdir()
    with tf.io.TFRecordWriter(str(path)) as writer:
        for one in (good, record):
            writer.write(one)
    with pytest.raises(Stop) as stopped:
        open_data(TFRecord(pattern=str(path)), None, "train")
    assert (stopped.value.diagnostics[0].code, str(stopped.value)) == (code, f"{path}, record 1 {said}")
    dataset = open_tfrecord(TFRecord(pattern=str(path)), "train")
    with pytest.raises(tf.errors.OpError) as raised:
        list(evaluation_batches(dataset, (Resize(size=(2, 2)),), {"image": (2, 2, 3)}, 2))
    found = explain_data_error(raised.value, dataset)
    assert found is not None
    assert found.diagnostics[0].code == code
    assert str(found).endswith(f"train-0, record 1, {said}")


GENERAL = "`features` in the spec's `data: {tfrecord: …}` says which keys are read"
TFDS = example(image=png(1), label=1)


@pytest.mark.parametrize(
    ("record", "features", "help"),
    [
        (TFDS, {}, "write `features: {image: {image: image}, label: {class: label}}` in the spec's `data: {"),
        (
            example(file_name=b"1.png", image=png(1), label=1, height=4, width=4),
            {},
            "write `features: {image: {image: image}, label: {class: label}}` in the spec's `data: {",
        ),
        (
            example(image__encoded=png(1), kind=3),
            {},
            "write `features: {image: {image: image/encoded}, label: {class: kind}}` in the spec's `data: {",
        ),
        (
            example(picture=png(1), label=b"cat"),
            {},
            "write `features: {image: {image: picture}, label: {class: label, names: […]}}` in the spec's `data: {",
        ),
        (
            TFDS,
            {"image": ImageKind(source="image"), "label": ClassKind(source="lable")},
            "write `label: {class: label}` in the spec's `features`",
        ),
        (
            TFDS,
            {"image": ImageKind(source="img"), "age": NumberKind(source="years")},
            "write `image: {image: image}, age: {number: label}` in the spec's `features`",
        ),
        (
            example(image=png(1), label=b"cat"),
            {"image": ImageKind(), "label": ClassKind(source="kind", names=("cat", "dog"))},
            "write `label: {class: label, …}` in the spec's `features`",
        ),
        (
            example(**{"a: b": png(1), "label": 1}),
            {},
            'write `features: {image: {image: "a: b"}, label: {class: label}}` in the spec',
        ),
        (example(image__encoded=png(1), image__class__label=1.0), {}, GENERAL),
        (example(image__encoded=png(1), a=1, b=2), {}, GENERAL),
        (example(image__encoded=png(1), image__class__label=[1, 2]), {}, GENERAL),
        (b"\xff\xff\xff", {}, "repair the data set"),
        (
            example(image=png(1), label=b"emu"),
            {"image": ImageKind(), "label": ClassKind(names=("cat", "dog"))},
            "repair the data set",
        ),
    ],
    ids=[
        "tfds",
        "more",
        "integer",
        "texts",
        "one key",
        "two",
        "names",
        "quotes",
        "floats",
        "which",
        "labels",
        "none",
        "emu",
    ],
)
def test_what_every_record_lacks_is_said_once(
    tmp_path: Path, record: bytes, features: dict[str, Kind], help: str
) -> None:
    path = tmp_path / "train-0"
    with tf.io.TFRecordWriter(str(path)) as writer:
        for _ in range(40):
            writer.write(record)
    with pytest.raises(Stop) as stopped:
        open_data(TFRecord(pattern=str(path), features=features), None, "train")
    (finding,) = stopped.value.diagnostics
    assert (finding.code, finding.notes) == ("AS716", ())
    assert finding.message.startswith(f"{path}, record 0 ")
    assert finding.message.endswith("; all 40 examples are like this")
    assert finding.help is not None and finding.help.startswith(help), finding.help


def test_what_the_help_says_of_keys_can_be_read(tmp_path: Path) -> None:
    with tf.io.TFRecordWriter(str(tmp_path / "train-0")) as writer:
        writer.write(TFDS)
    features = {"image": ImageKind(source="image"), "label": ClassKind(source="label")}
    dataset = open_data(TFRecord(pattern=f"{tmp_path}/train-0", features=features), None, "train")
    assert (dataset.size, dataset.record_help) == (1, "")

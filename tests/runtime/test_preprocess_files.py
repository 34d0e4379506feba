"""Picture files of all kinds become a network's input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from archspec.compiler.language.forms.preprocess import geometry as forms
from archspec.diagnostics import Stop
from archspec.runtime.preprocess.apply import preprocess_file

FIXED = (forms.CropOrPad(size=(16, 16)),)
PIXELS = np.kron(np.random.default_rng(3).integers(0, 256, (4, 4, 3)), np.ones((4, 4, 1))).astype(np.uint8)


def saved(folder: Path, name: str, mode: str, **options: Any) -> str:
    path = folder / name
    Image.fromarray(PIXELS).convert(mode).save(path, **options)
    return str(path)


@pytest.mark.parametrize(
    ("name", "mode", "tolerance"),
    [
        ("a.png", "RGB", 1e-6),
        ("a.png", "RGBA", 1e-6),
        ("a.bmp", "RGB", 1e-6),
        ("a.jpg", "RGB", 0.15),
        ("a.jpeg", "CMYK", 0.15),
        ("a.webp", "RGB", 1e-6),
        ("a.gif", "P", 0.35),
    ],
)
def test_colour_is_read_from_every_format(tmp_path: Path, name: str, mode: str, tolerance: float) -> None:
    jpeg = {"quality": 95, "subsampling": 0}
    options = {"lossless": True} if name.endswith("webp") else jpeg if ".jp" in name else {}
    image = preprocess_file(saved(tmp_path, name, mode, **options), FIXED, (16, 16, 3))
    assert image.dtype == np.float32
    assert np.abs(image - PIXELS / 255).mean() < tolerance / 3
    assert np.abs(image - PIXELS / 255).max() < tolerance


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.bmp", "a.gif", "a.webp"])
def test_colour_becomes_grey_for_a_network_of_one_channel(tmp_path: Path, name: str) -> None:
    image = preprocess_file(saved(tmp_path, name, "RGB"), FIXED, (16, 16, 1))
    grey = PIXELS / 255 @ [0.299, 0.587, 0.114]
    assert np.abs(image[..., 0] - grey).mean() < 0.03


def test_grey_becomes_colour_for_a_network_of_three(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.png", "L")
    image = preprocess_file(path, FIXED, (16, 16, 3))
    np.testing.assert_allclose(image, np.repeat(np.array(Image.open(path))[..., None], 3, -1) / 255, atol=1e-6)
    exact = preprocess_file(path, FIXED, (16, 16, 1))
    np.testing.assert_allclose(exact[..., 0], np.array(Image.open(path)) / 255, atol=1e-6)


def test_sixteen_bits_become_eight(tmp_path: Path) -> None:
    path = tmp_path / "deep.png"
    path.write_bytes(tf.io.encode_png(tf.constant(PIXELS.astype(np.uint16) * 257)).numpy())
    np.testing.assert_allclose(preprocess_file(str(path), FIXED, (16, 16, 3)), PIXELS / 255, atol=1e-6)


def test_the_first_picture_of_an_animation_counts(tmp_path: Path) -> None:
    path = tmp_path / "moving.gif"
    frames = [Image.new("RGB", (16, 16), color) for color in ("red", "blue")]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    np.testing.assert_allclose(preprocess_file(str(path), FIXED, (16, 16, 3)), np.full((16, 16, 3), (1.0, 0, 0)))


def test_what_is_no_image_is_a_sentence(tmp_path: Path) -> None:
    text = tmp_path / "letter.jpg"
    text.write_text("Dear network,")
    with pytest.raises(Stop, match=r"letter\.jpg is text") as stopped:
        preprocess_file(str(text), FIXED, (16, 16, 3))
    assert stopped.value.diagnostics[0].code == "AS711"
    with pytest.raises(Stop, match=r"none\.jpg cannot be read: No such file") as stopped:
        preprocess_file(str(tmp_path / "none.jpg"), FIXED, (16, 16, 3))
    assert stopped.value.diagnostics[0].code == "AS710"


def test_steps_of_another_size_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="end in images of 16x16, but the input is 20x20"):
        preprocess_file(saved(tmp_path, "a.png", "RGB"), FIXED, (20, 20, 3))
    with pytest.raises(Stop, match="images cannot be an input of shape 16x16x5"):
        preprocess_file(saved(tmp_path, "a.png", "RGB"), FIXED, (16, 16, 5))

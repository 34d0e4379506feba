"""Every preprocess step against NumPy, or against what its documentation promises."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from archspec.compiler.language.features import image_type
from archspec.compiler.language.forms.preprocess import color, geometry
from archspec.compiler.language.forms.preprocess.step import Preprocess, complaints
from archspec.compiler.language.registry import builtin
from archspec.runtime.implementation import implementation
from archspec.runtime.preprocess.apply import Preparation
from archspec.runtime.preprocess.decode import to_float
from archspec.runtime.preprocess.geometry import MOVES_PIXELS

RANDOM = np.random.default_rng(7)


def seeded(number: int) -> tf.Tensor:
    return tf.constant([number, 0], tf.int64)


def done(step: Preprocess, image: Any, seed: int = 0) -> np.ndarray:
    """What a step makes of a float image."""
    return implementation(step)(step, tf.constant(image, tf.float32), seeded(seed)).numpy()


def prepared(image: Any, steps: tuple[Preprocess, ...], shape: tuple[int, int, int], seed: int) -> np.ndarray:
    """A picture as the input of this shape."""
    prepare = Preparation({"image": image_type(*image.shape)}, steps, {"image": shape})
    return prepare({"image": tf.constant(image)}, seeded(seed))["image"].numpy()


def legacy_bilinear(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """TF1's resize_bilinear: output pixel i reads input at i * (input size / output size)."""

    def weights(there: int, wanted: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        at = np.arange(wanted, dtype=np.float32) * np.float32(there / wanted)
        low = np.floor(at).astype(int)
        return low, np.minimum(low + 1, there - 1), at - low

    top, bottom, y = weights(image.shape[0], height)
    left, right, x = weights(image.shape[1], width)
    y, x = y[:, None, None], x[None, :, None]
    upper = image[top][:, left] * (1 - x) + image[top][:, right] * x
    lower = image[bottom][:, left] * (1 - x) + image[bottom][:, right] * x
    return upper * (1 - y) + lower * y


def centered_bilinear(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """The grid with half-pixel centres: output pixel i reads input at (i + 0.5) * ratio - 0.5."""

    def matrix(there: int, wanted: int) -> np.ndarray:
        at = np.clip((np.arange(wanted) + 0.5) * there / wanted - 0.5, 0, there - 1)
        return np.maximum(0, 1 - np.abs(at[:, None] - np.arange(there)))

    return np.einsum("ih,jw,hwc->ijc", matrix(image.shape[0], height), matrix(image.shape[1], width), image)


def test_every_form_has_its_code() -> None:
    for form in builtin().families["preprocess"].values():
        assert issubclass(form, Preprocess)
        module, _, function = form.IMPLEMENTATION.partition(":")
        assert callable(getattr(import_module(module), function)), form


@pytest.mark.parametrize("size", [(5, 9), (20, 31), (7, 40), (13, 17)])
def test_resize_is_bilinear_on_either_grid(size: tuple[int, int]) -> None:
    image = RANDOM.random((13, 17, 3), np.float32)
    np.testing.assert_allclose(done(geometry.Resize(size=size), image), legacy_bilinear(image, *size), atol=1e-5)
    centered = done(geometry.Resize(size=size, grid="center"), image)
    np.testing.assert_allclose(centered, centered_bilinear(image, *size), atol=1e-5)


def test_inception_evaluation_is_tf_slims() -> None:
    """uint8 to [0, 1], central crop 0.875 a side, TF1's bilinear grid, (x - 0.5) * 2."""
    image = RANDOM.integers(0, 256, (50, 67, 3), np.uint8)
    steps = (
        geometry.CentralCrop(fraction=0.875),
        geometry.Resize(size=(29, 31)),
        color.Normalize(mean=(127.5,), scale=127.5),
    )
    # int((50 - 43.75) / 2) = 3 rows and int((67 - 58.625) / 2) = 4 columns go on each side.
    expected = (legacy_bilinear(image[3:-3, 4:-4] / 255, 29, 31) - 0.5) * 2
    found = prepared(image, steps, (29, 31, 3), 0)
    np.testing.assert_allclose(found, expected, atol=2e-6)


@pytest.mark.parametrize(
    ("mean", "scale"),
    [
        ((127.5,), 127.5),
        ((128.0,), 128.0),
        ((123.68, 116.78, 103.94), 1.0),
        ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375)),
    ],
)
def test_normalize(mean: tuple[float, ...], scale: float | tuple[float, ...]) -> None:
    image = RANDOM.integers(0, 256, (4, 5, 3), np.uint8)
    expected = (image.astype(np.float64) - mean) / scale
    np.testing.assert_allclose(done(color.Normalize(mean=mean, scale=scale), image / 255), expected, atol=1e-4)


def test_standardize() -> None:
    image = RANDOM.random((6, 7, 3), np.float32)
    np.testing.assert_allclose(
        done(color.Standardize(), image), (image - image.mean()) / image.std(), rtol=1e-4, atol=1e-5
    )
    # A flat image is divided by 1 / sqrt(number of values), not by zero.
    assert np.abs(done(color.Standardize(), np.full((6, 7, 3), 0.3))).max() < 1e-4


@pytest.mark.parametrize(("height", "width", "new"), [(40, 80, (20, 40)), (80, 40, (40, 20)), (33, 50, (20, 30))])
def test_resize_shorter_keeps_the_aspect(height: int, width: int, new: tuple[int, int]) -> None:
    image = RANDOM.random((height, width, 3), np.float32)
    np.testing.assert_allclose(done(geometry.ResizeShorter(side=20), image), legacy_bilinear(image, *new), atol=1e-4)


def test_random_resize_shorter_draws_both_ends() -> None:
    step, image = geometry.RandomResizeShorter(side=(4, 6)), np.zeros((8, 16, 3))
    shapes = {done(step, image, seed).shape for seed in range(40)}
    assert shapes == {(4, 8, 3), (5, 10, 3), (6, 12, 3)}


def test_random_crop_takes_every_place_and_nothing_else() -> None:
    image = np.arange(5 * 6, dtype=np.float32).reshape(5, 6, 1)
    crops = [done(geometry.RandomCrop(size=(3, 4)), image, seed)[..., 0] for seed in range(200)]
    windows = {tuple(image[y : y + 3, x : x + 4, 0].ravel()) for y in range(3) for x in range(3)}
    assert {tuple(crop.ravel()) for crop in crops} == windows


def test_crop_or_pad_and_pad() -> None:
    image = RANDOM.random((5, 4, 3), np.float32)
    expected = np.zeros((3, 8, 3), np.float32)
    expected[:, 2:6] = image[1:4]
    np.testing.assert_array_equal(done(geometry.CropOrPad(size=(3, 8)), image), expected)
    np.testing.assert_array_equal(done(geometry.Pad(amount=2), image), np.pad(image, [(2, 2), (2, 2), (0, 0)]))


def test_random_flip_exchanges_left_and_right_half_of_the_time() -> None:
    image = RANDOM.random((3, 4, 3), np.float32)
    flipped = [np.array_equal(done(geometry.RandomFlip(), image, seed), image[:, ::-1]) for seed in range(200)]
    kept = [np.array_equal(done(geometry.RandomFlip(), image, seed), image) for seed in range(200)]
    assert all(one != other for one, other in zip(flipped, kept, strict=True))
    assert 70 < sum(flipped) < 130


def test_random_resized_crop_stays_within_its_area_and_aspect() -> None:
    """An image whose values are its coordinates tells by its corner pixels which part was taken."""
    height, width = 300, 400
    rows, columns = np.meshgrid(np.arange(height), np.arange(width), indexing="ij")
    image = np.stack([rows, columns, rows], -1).astype(np.float32)
    step = geometry.RandomResizedCrop(size=(100, 100), area=(0.1, 0.6), aspect=(0.75, 1.33))
    areas, aspects = [], []
    for seed in range(150):
        crop = done(step, image, seed)
        # Pixel 99 of 100 stands at 0.99 of the part's side, counted from its first pixel.
        tall, wide = (crop[-1, -1, :2] - crop[0, 0, :2]) / 0.99
        areas.append(tall * wide / (height * width))
        aspects.append(wide / tall)
    assert 0.09 < min(areas) < 0.2
    assert 0.5 < max(areas) < 0.62
    assert 0.73 < min(aspects) < 0.85
    assert 1.2 < max(aspects) < 1.36


def test_color_jitter_clips_and_takes_both_orders() -> None:
    """On (0.5, 0.1, 0.1), saturation times 1.5 reaches its limit before, but not after, a brightening above 0.1."""
    step, image = color.ColorJitter(brightness=0.4, saturation=(1.5, 1.5)), np.full((2, 2, 3), (0.5, 0.1, 0.1))
    orders = set()
    for seed in range(60):
        red, green, blue = done(step, image, seed)[0, 0]
        assert green == blue
        amount = red - 0.5
        assert abs(amount) <= 0.4
        if amount > 0.1:
            assert min(abs(green - amount), abs(green - (amount - 0.1))) < 1e-5
            orders.add("saturation first" if abs(green - amount) < 1e-5 else "brightness first")
    assert orders == {"saturation first", "brightness first"}


def test_color_jitter_without_anything_changes_nothing() -> None:
    image = RANDOM.random((4, 4, 3), np.float32)
    np.testing.assert_array_equal(done(color.ColorJitter(brightness=0.0, saturation=None), image), image)


def test_color_jitter_of_grey_images_leaves_saturation_and_hue_alone() -> None:
    image = RANDOM.random((4, 4, 1), np.float32) * 0.2 + 0.4
    changed = done(color.ColorJitter(brightness=0.1, hue=0.3), image, 5)
    np.testing.assert_allclose(changed - image, np.full_like(image, (changed - image).mean()), atol=1e-6)


def test_full_color_jitter_stays_in_range_and_differs_by_seed() -> None:
    step, image = color.ColorJitter(hue=0.2, contrast=(0.5, 1.5)), RANDOM.random((4, 4, 3), np.float32)
    results = [done(step, image, seed) for seed in range(20)]
    assert all(result.min() >= 0 and result.max() <= 1 for result in results)
    assert len({result.tobytes() for result in results}) == 20
    np.testing.assert_array_equal(done(step, image, 3), results[3])


def test_random_brightness_and_contrast_are_not_clipped() -> None:
    image = RANDOM.random((4, 4, 3), np.float32)
    added = [done(color.RandomBrightness(amount=0.9), image, seed) - image for seed in range(40)]
    assert all(np.ptp(amount) < 1e-6 for amount in added)
    assert min(amount.mean() for amount in added) < -0.6
    assert max(amount.mean() for amount in added) > 0.6
    changed = done(color.RandomContrast(factor=(3.0, 3.0)), image)
    np.testing.assert_allclose(changed, (image - image.mean((0, 1))) * 3 + image.mean((0, 1)), atol=1e-5)


@pytest.mark.parametrize("form", sorted(MOVES_PIXELS, key=lambda form: form.NAME))
def test_moving_pixels_before_or_after_they_become_float_is_the_same(form: type[Preprocess]) -> None:
    main = form.MAIN
    step = form(**({} if main is None else {main.name: {"size": (6, 5), "fraction": 0.6, "amount": 2}[main.name]}))
    image = RANDOM.integers(0, 256, (9, 8, 3), np.uint8)
    early = to_float(implementation(step)(step, tf.constant(image), seeded(3)))
    np.testing.assert_array_equal(early, implementation(step)(step, to_float(tf.constant(image)), seeded(3)))


def test_each_step_has_randomness_of_its_own() -> None:
    """Two flips in a row would cancel out always if they shared one seed."""
    image = RANDOM.integers(0, 256, (3, 4, 3), np.uint8)
    steps = (geometry.RandomFlip(), geometry.RandomFlip())
    found = [prepared(image, steps, (3, 4, 3), seed) for seed in range(40)]
    assert 10 < sum(np.allclose(one, image[:, ::-1] / 255) for one in found) < 30


SIZED = st.one_of(
    st.builds(lambda f: geometry.CentralCrop(fraction=f), st.floats(0.2, 1.0)),
    st.builds(lambda h, w: geometry.Resize(size=(h, w)), st.integers(1, 40), st.integers(1, 40)),
    st.builds(lambda h, w: geometry.CropOrPad(size=(h, w)), st.integers(1, 40), st.integers(1, 40)),
    st.builds(lambda h, w: geometry.RandomCrop(size=(h, w)), st.integers(1, 20), st.integers(1, 20)),
    st.builds(lambda n: geometry.Pad(amount=n), st.integers(0, 5)),
    st.builds(lambda n: geometry.ResizeShorter(side=n), st.integers(1, 40)),
    st.builds(lambda n: geometry.RandomResizeShorter(side=(n, n)), st.integers(1, 40)),
    st.builds(lambda h: geometry.RandomResizedCrop(size=(h, h)), st.integers(1, 40)),
    st.just(color.Standardize()),
)


@given(st.lists(SIZED, max_size=3), st.integers(8, 40), st.integers(8, 40))
@settings(max_examples=60)
def test_sizes_foreseen_without_tensorflow_are_those_that_come(
    steps: list[Preprocess], height: int, width: int
) -> None:
    image, size = tf.zeros([height, width, 3]), (height, width)
    for step in steps:
        if step.complaint(size, 3):
            with pytest.raises(tf.errors.InvalidArgumentError, match="larger than the image"):
                implementation(step)(step, image, seeded(1))
            return
        image, foreseen = implementation(step)(step, image, seeded(1)), step.size_after(size)
        size = tuple(image.shape[:2])
        assert foreseen in (size, (None, None))


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([color.Normalize(mean=(1.0, 2.0))], "normalize has 2 means, but the input has 3 channels"),
        ([color.Normalize(mean=(1.0,), scale=(1.0, 2.0))], "normalize has 2 scales, but the input has 3 channels"),
        ([color.ColorJitter(saturation=(1.5, 0.5))], r"color_jitter has saturation \[1.5, 0.5\]"),
        ([geometry.RandomResizeShorter(side=(256,))], "random_resize_shorter needs two lengths"),
        (
            [geometry.Resize(size=(9, 9)), geometry.RandomCrop(size=(8, 10))],
            "random_crop is larger than the image, .* 9x9",
        ),
        ([geometry.RandomResizedCrop(size=(8, 8), area=(1.0, 0.1))], r"area \[1, 0.1\]"),
        ([geometry.Resize(size=(9, 8))], r"\(resize\) end in images of 9x8, but the input is 8x8"),
        ([], r"\(none\) end in images of any size, but the input is 8x8"),
    ],
)
def test_steps_that_cannot_work_are_complained_about(steps: list[Preprocess], said: str) -> None:
    found = complaints(steps, (None, None), (8, 8, 3))
    assert len(found) == 1
    assert re.search(said, found[0][0])

"""One picture in many kinds of files is one picture: against Pillow's decoding, and against the picture itself."""

from __future__ import annotations

import io
import struct
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

from archspec.compiler.language.forms.preprocess import geometry as forms
from archspec.diagnostics import Stop
from archspec.runtime.preprocess.apply import preprocess_file
from archspec.runtime.preprocess.decode import decode, trouble, with_channels
from archspec.runtime.preprocess.header import read_header

KINDS = Path(__file__).parents[3] / "shared" / "data" / "kinds"
FILES = sorted(path.name for path in KINDS.iterdir()) if KINDS.is_dir() else []
MODES = {1: "L", 3: "RGB", 4: "RGBA"}

SOFT = {"one.bmp": 108, "pal16.png": 9, "pal4.bmp": 9, "gray.webp": 24}
"""Mean difference from the photograph itself, in grey levels, of what has few colours; all others have at most 4."""


@cache
def in_graph(channels: int) -> Any:
    """`decode` as a training runs it."""
    signature = [tf.TensorSpec([], tf.string)]
    return tf.function(partial(decode, channels=channels), input_signature=signature, autograph=False)


def decoded(contents: bytes, channels: int) -> np.ndarray:
    """As a training does it, in a graph, and as `predict` does, outside of one."""
    found, again = decode(tf.constant(contents), channels).numpy(), in_graph(channels)(contents).numpy()
    assert found.dtype == again.dtype == np.uint8
    np.testing.assert_array_equal(again, found)
    return found.astype(int)


def with_pillow(contents: bytes, channels: int) -> np.ndarray:
    with Image.open(io.BytesIO(contents)) as picture:
        array = np.asarray(ImageOps.exif_transpose(picture).convert(MODES[channels])).astype(int)
    return array.reshape(*array.shape[:2], channels)


def photograph(channels: int) -> np.ndarray:
    return with_pillow((KINDS / "exif6.png").read_bytes(), channels)


@pytest.mark.skipif(not FILES, reason=f"no pictures in {KINDS}")
@pytest.mark.parametrize("channels", MODES)
@pytest.mark.parametrize("name", FILES)
def test_every_kind_is_the_picture_that_pillow_sees(name: str, channels: int) -> None:
    """Exactly, but for JPEG, whose inverse transform differs: 2 grey levels in the mean and 16 at most."""
    contents = (KINDS / name).read_bytes()
    found = decoded(contents, channels)
    assert found.shape == (64, 96, channels)
    if name == "bitfields_rgbx.bmp":
        # Pillow does not read it; the photograph lies in it without loss.
        np.testing.assert_array_equal(found, photograph(channels))
        return
    difference = np.abs(found - with_pillow(contents, channels))
    jpeg = name.endswith(".jpg")
    assert difference.mean() <= (2 if jpeg else 0.01) and difference.max() <= (16 if jpeg else 1)
    opaque = found[..., :3] if channels == 4 else found
    assert np.abs(opaque - photograph(min(channels, 3))).mean() < SOFT.get(name, 4)


def test_alpha_is_kept_for_four_channels_and_left_out_for_fewer() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (5, 7, 4), np.uint8)
    for kind, options in (("PNG", {}), ("WEBP", {"lossless": True, "exact": True})):
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, kind, **options)
        np.testing.assert_array_equal(decoded(file.getvalue(), 4), pixels)
        np.testing.assert_array_equal(decoded(file.getvalue(), 3), pixels[..., :3])


@pytest.mark.parametrize("transparent", [None, 3])
@pytest.mark.parametrize("mode", ["1", "L", "LA", "P1", "P2", "P4", "P8", "RGB", "RGBA"])
def test_png_of_every_type(mode: str, transparent: int | None) -> None:
    random, file = np.random.default_rng(4), io.BytesIO()
    picture = Image.fromarray(random.integers(0, 256, (9, 11, 3), np.uint8))
    options: dict[str, Any] = {"bits": int(mode[1:])} if mode.startswith("P") else {}
    colors = 2 ** options.get("bits", 8)
    picture = picture.quantize(min(colors, 99)) if mode.startswith("P") else picture.convert(mode)
    if transparent is not None and mode not in ("LA", "RGBA"):
        options["transparency"] = picture.getpixel((5, 5))
    picture.save(file, "PNG", **options)
    for channels in MODES:
        np.testing.assert_allclose(decoded(file.getvalue(), channels), with_pillow(file.getvalue(), channels), atol=1)


UPRIGHT = np.zeros((32, 48, 3), np.uint8)
UPRIGHT[:16, :16] = 255, 0, 0
UPRIGHT[:16, 32:] = 0, 255, 0
STORED = {
    1: lambda image: image,
    2: lambda image: image[:, ::-1],
    3: lambda image: image[::-1, ::-1],
    4: lambda image: image[::-1],
    5: lambda image: image.transpose(1, 0, 2),
    6: lambda image: np.rot90(image),
    7: lambda image: np.rot90(image, 2).transpose(1, 0, 2),
    8: lambda image: np.rot90(image, -1),
}
"""By orientation, how the camera stores what it saw (JEITA CP-3451)."""


def exif(orientation: int, order: str) -> bytes:
    """EXIF data with a tag before the orientation and one after it."""
    entries = [(0x0100, 4, 1, 48), (0x0112, 3, 1, orientation), (0x0128, 3, 1, 2)]
    packed = b"".join(
        struct.pack(f"{order}HHI", tag, kind, count)
        + (struct.pack(f"{order}I", v) if kind == 4 else struct.pack(f"{order}HH", v, 0))
        for tag, kind, count, v in entries
    )
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}IH", 8, len(entries))
    return b"Exif\0\0" + start + packed + bytes(4)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", STORED)
def test_every_orientation_is_turned_upright(orientation: int, kind: str, order: str) -> None:
    file = io.BytesIO()
    options: dict[str, Any] = {"JPEG": {"quality": 100, "subsampling": 0}, "WEBP": {"lossless": True}}.get(kind, {})
    stored = Image.fromarray(np.ascontiguousarray(STORED[orientation](UPRIGHT)))
    stored.save(file, kind, exif=exif(orientation, order), **options)
    for channels in (1, 3):
        found = decoded(file.getvalue(), channels)
        expected = UPRIGHT if channels == 3 else np.asarray(Image.fromarray(UPRIGHT).convert("L"))[..., None]
        assert found.shape == expected.shape
        assert np.abs(found - expected).max() < 8


def test_exif_data_after_other_markers_and_damaged_exif_data() -> None:
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(np.rot90(UPRIGHT))).save(file, "JPEG", exif=exif(6, ">"), comment=b"a word")
    contents = file.getvalue()
    assert read_header(contents).orientation == 6
    note = b"\xff\xfe" + struct.pack(">H", 2 + 70) + b"Exif\0\0" + bytes(64)
    assert read_header(contents[:2] + note + contents[2:]).orientation == 6
    for cut in (
        b"Exif\0\0",
        b"Exif\0\0MM\0*",
        b"Exif\0\0MM\0*\xff\xff\xff\xff",
        b"Exif\0\0junk",
        exif(6, ">")[:-20],
        exif(77, ">"),
    ):
        file = io.BytesIO()
        Image.fromarray(UPRIGHT).save(file, "JPEG", exif=cut)
        assert read_header(file.getvalue()).orientation == 1
        assert decoded(file.getvalue(), 3).shape == UPRIGHT.shape


def test_exif_data_as_imagemagick_keeps_it_in_png() -> None:
    text, file = PngInfo(), io.BytesIO()
    body = exif(6, ">")
    text.add_text("Raw profile type exif", f"\nexif\n{len(body):8}\n{body.hex()}\n")
    Image.fromarray(np.ascontiguousarray(np.rot90(UPRIGHT))).save(file, "PNG", pnginfo=text)
    np.testing.assert_array_equal(decoded(file.getvalue(), 3), UPRIGHT)


@pytest.mark.parametrize(
    ("bits", "masks"),
    [
        (16, (0xF800, 0x07E0, 0x001F)),
        (16, (0x0F00, 0x00F0, 0x000F)),
        (32, (0x3FF00000, 0xFFC00, 0x3FF)),
        (32, (0xFF00, 0xFF0000, 0xFF000000)),
    ],
)
@pytest.mark.parametrize("downwards", [False, True])
def test_bmp_with_masks(bits: int, masks: tuple[int, int, int], downwards: bool) -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (3, 5, 3))
    words = np.zeros((3, 6), np.uint32)
    expected = np.empty_like(pixels)
    for channel, mask in enumerate(masks):
        shift = (mask & -mask).bit_length() - 1
        top = mask >> shift
        values = np.round(pixels[..., channel] * top / 255).astype(np.uint32)
        expected[..., channel] = np.floor(values * 255 / top + 0.5)
        words[:, :5] |= values << shift
    rows = words[:, : 6 if bits == 16 else 5].astype(f"<u{bits // 8}")
    body = (rows if downwards else rows[::-1]).tobytes()
    info = struct.pack("<IiiHHIIiiII", 40, 5, -3 if downwards else 3, 1, bits, 3, len(body), 0, 0, 0, 0)
    contents = b"BM" + struct.pack("<IHHI", 66 + len(body), 0, 0, 66) + info + struct.pack("<III", *masks) + body
    np.testing.assert_array_equal(decoded(contents, 3), expected)
    np.testing.assert_array_equal(decoded(contents, 4)[..., 3], 255)


def test_channels_of_arrays() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (5, 7, 4), np.uint8)
    for there in MODES:
        for wanted, mode in MODES.items():
            source = pixels[..., :there]
            picture = Image.fromarray(source[..., 0] if there == 1 else source)
            expected = np.asarray(picture.convert(mode)).reshape(5, 7, wanted)
            np.testing.assert_array_equal(with_channels(tf.constant(source), wanted), expected)


# What cannot be read


def saved(kind: str, mode: str = "RGB", **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(UPRIGHT).convert(mode).save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        (b"", "is empty"),
        (b"Dear network,", "is text"),
        (b"\n<!DOCTYPE html><html>404", "is a web page"),
        (b"<?xml version='1.0'?>\n<svg/>", "is an SVG file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1", "is a Git LFS pointer"),
        (saved("TIFF"), "is a TIFF file"),
        (saved("AVIF"), "is an AVIF file"),
        (saved("JPEG2000"), "is a JPEG 2000 file"),
        (saved("PPM"), "is a Netpbm file"),
        (saved("ICO"), "is an icon"),
        (saved("PDF"), "is a PDF file"),
        (b"\0\0\0\x18ftypheic", "is a HEIF file"),
        (b"\0\0\0\x18ftypisom", "is an MP4 film"),
        (b"RIFF\0\0\0\0WAVEfmt ", "is a RIFF file"),
        (bytes(600), "is a file of zeros"),
        (bytes(range(1, 100)), "is a file of unknown kind"),
        (saved("JPEG")[:100], "is cut off within its header"),
        (saved("JPEG")[:-200], "is a damaged JPEG file, or was cut off"),
        (saved("JPEG", "CMYK")[:-200], "is a damaged JPEG file: "),
        (saved("PNG")[:-40], "is a damaged PNG file, or was cut off"),
        (saved("PNG")[:20], "is cut off within its header"),
        (saved("BMP")[:-40], "is a damaged BMP file: "),
        (saved("BMP")[:20], "is cut off within its header"),
        (saved("GIF")[:-120], "is a damaged GIF file: "),
        (saved("WEBP")[:-40], "is a damaged WebP file: "),
        (b"BM" + bytes(80), "is damaged: its header says 0x0 pixels"),
        (b"\xff\xd8\xff\xc0\0\x0b\x0c\0\x10\0\x10\1\1\x11\0", "is a JPEG file of 12 bits"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_kind(contents: bytes, said: str, tmp_path: Path) -> None:
    for channels in MODES:
        found = trouble(contents, channels)
        assert found is not None and found.startswith(said)
        with pytest.raises((tf.errors.InvalidArgumentError, ValueError)):
            decode(tf.constant(contents), channels)
        with pytest.raises(tf.errors.InvalidArgumentError):
            in_graph(channels)(contents)
    (tmp_path / "x.jpg").write_bytes(contents)
    with pytest.raises(Stop) as stopped:
        preprocess_file(str(tmp_path / "x.jpg"), (forms.Resize(size=(4, 4)),), (4, 4, 3))
    assert str(stopped.value).startswith(f"{tmp_path}/x.jpg {said}") and "Traceback" not in str(stopped.value)
    assert stopped.value.diagnostics[0].code == "AS711"


def test_a_picture_larger_than_allowed_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHSPEC_MAX_PIXELS", "1535")
    for contents in (
        saved("JPEG"),
        saved("JPEG", exif=exif(6, "<")),
        saved("PNG"),
        saved("GIF"),
        saved("BMP"),
        saved("WEBP"),
    ):
        said = trouble(contents, 3)
        assert said == "has 48x32 = 1536 pixels, and ARCHSPEC_MAX_PIXELS allows 1535"
        with pytest.raises(tf.errors.InvalidArgumentError):
            tf.function(partial(decode, channels=3), autograph=False)(contents)
    monkeypatch.setenv("ARCHSPEC_MAX_PIXELS", "1536")
    assert trouble(saved("JPEG"), 3) is None
    monkeypatch.setenv("ARCHSPEC_MAX_PIXELS", "much")
    with pytest.raises(Stop, match="ARCHSPEC_MAX_PIXELS is 'much', which is no whole number"):
        decode(tf.constant(saved("PNG")), 3)


def test_sizes_in_every_webp_header() -> None:
    for contents in (saved("WEBP"), saved("WEBP", lossless=True), saved("WEBP", exif=exif(1, "<"))):
        header = read_header(contents)
        assert (header.format, header.height, header.width) == ("WebP", 32, 48)

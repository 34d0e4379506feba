"""Pictures that TensorFlow reads wrongly or not at all, decoded with Pillow."""

from __future__ import annotations

import struct
import warnings
from io import BytesIO

import numpy as np
from PIL import Image, ImageOps

from archspec.runtime.preprocess.header import read_header

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
"""By number of channels."""

_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP")

# Pillow has a limit of its own for a picture's size; `read_header` holds one that a user can raise.
Image.MAX_IMAGE_PIXELS = None
# The transparency of a palette is read all the same.
warnings.filterwarnings("ignore", "Palette images with Transparency", module=r"PIL\.")


def decode_with_pillow(contents: bytes, channels: int) -> np.ndarray:
    """An upright picture, uint8 [height, width, channels]; raises ValueError, whose text is the end of a sentence."""
    header = read_header(contents)
    try:
        picture = _masked_bmp(contents) if header.format == "BMP" else None
        if picture is None:
            picture = Image.open(BytesIO(contents), formats=_FORMATS)
        array = np.asarray(ImageOps.exif_transpose(picture).convert(_MODES[channels]))
    except Exception as error:
        # A damaged file can make Pillow raise anything at all.
        raise ValueError(f"is a damaged {header.format} file: {error}") from error
    return array if channels > 1 else array[..., np.newaxis]


def _masked_bmp(contents: bytes) -> Image.Image | None:
    """A BMP of 16 or 32 bits whose masks say where its colours are, of which Pillow knows some; None for others."""
    size, width, height, _, bits, compression = struct.unpack_from("<IiiHHI", contents, 14)
    if size < 40 or bits not in (16, 32) or compression not in (3, 6):
        return None
    *masks, alpha = struct.unpack_from("<IIII", contents, 54)
    if alpha and (size >= 56 or compression == 6):
        masks.append(alpha)
    (offset,) = struct.unpack_from("<I", contents, 10)
    columns = (width * bits + 31) // 32 * 32 // bits
    pixels = np.frombuffer(contents, f"<u{bits // 8}", columns * abs(height), offset).reshape(abs(height), columns)
    channels = [_channel(pixels[:, :width], mask) for mask in masks]
    return Image.fromarray(np.stack(channels, -1)[:: 1 if height < 0 else -1])


def _channel(pixels: np.ndarray, mask: int) -> np.ndarray:
    """The bits of a mask, which stand side by side, on the scale 0 to 255."""
    lowest = mask & -mask
    largest = mask // lowest
    values = (pixels & mask).astype(np.uint64) // lowest
    return ((values * 510 + largest) // (2 * largest)).astype(np.uint8)

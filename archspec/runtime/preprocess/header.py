"""What a picture's first bytes say: its format, size and orientation, without decoding it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from archspec.files.kinds import kind_of
from archspec.files.limits import PIXELS, limit

_ORIENTATION = 0x0112
"""The tag of EXIF (JEITA CP-3451) that says how a camera was held: 1 upright, up to 8 turned or mirrored."""


@dataclass(frozen=True, slots=True)
class Header:
    """A picture's format, height and width as stored, orientation (1 to 8), and whether TensorFlow decodes it right.

    The orientation is read for JPEG and PNG only; Pillow, which decodes the others, knows theirs.
    """

    format: str
    height: int
    width: int
    orientation: int = 1
    direct: bool = False


def read_header(contents: bytes) -> Header:
    """The header of a picture of at most the allowed size; raises ValueError, whose text is the end of a sentence."""
    read = next((read for start, read in _READERS.items() if contents.startswith(start)), None)
    if read is None or (read is _webp and contents[8:12] != b"WEBP"):
        raise ValueError(f"is {kind_of(contents)}")
    try:
        header = read(contents)
    except (struct.error, IndexError):
        raise ValueError("is cut off within its header") from None
    if header.height < 1 or header.width < 1:
        raise ValueError(f"is damaged: its header says {header.width}x{header.height} pixels")
    if header.height * header.width > limit(PIXELS):
        raise ValueError(_too_large(header))
    return header


def _too_large(header: Header) -> str:
    size = f"{header.width}x{header.height} = {header.width * header.height} pixels"
    return f"has {size}, and {PIXELS} allows {limit(PIXELS)}"


def _jpeg(contents: bytes) -> Header:
    """The markers up to the frame's, which has the size; APP1 holds the EXIF data (ITU T.81, B.1)."""
    position, orientation = 2, 1
    while True:
        if contents[position] != 0xFF:
            raise ValueError("is a damaged JPEG file")
        marker = contents[position + 1]
        if marker in (0xFF, 0x01) or 0xD0 <= marker <= 0xD8:
            position += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack_from(">H", contents, position + 2)
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return _jpeg_frame(contents, position, marker, orientation)
        if marker in (0xD9, 0xDA):
            raise ValueError("is a damaged JPEG file: its picture begins before its size is said")
        if marker == 0xE1 and contents[position + 4 : position + 10] == b"Exif\0\0":
            orientation = _tiff_orientation(contents[position + 10 : position + 2 + length])
        position += 2 + length


def _jpeg_frame(contents: bytes, position: int, marker: int, orientation: int) -> Header:
    bits, height, width, components = struct.unpack_from(">BHHB", contents, position + 4)
    if bits != 8 or marker in (0xC3, 0xC7, 0xCB, 0xCF):
        raise ValueError(f"is a {'lossless ' if bits == 8 else ''}JPEG file of {bits} bits, and baseline has 8, lossy")
    return Header("JPEG", height, width, orientation, direct=components in (1, 3) and marker < 0xC8)


def _tiff_orientation(data: bytes) -> int:
    """The orientation in a TIFF structure; 1 where it has none, or is damaged."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", data, 4)
        (count,) = struct.unpack_from(f"{order}H", data, start)
        for entry in range(start + 2, start + 2 + 12 * count, 12):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", data, entry)
            if tag == _ORIENTATION:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1


def _png(contents: bytes) -> Header:
    if contents[12:16] != b"IHDR":
        raise ValueError("is a damaged PNG file")
    width, height, bits, colour = struct.unpack_from(">IIBB", contents, 16)
    exif = b"eXIf" in contents or b"Raw profile type exif" in contents
    # TensorFlow misplaces alpha where a byte holds several pixels or colours come from a palette (type 3).
    direct = bits >= 8 and colour != 3
    return Header("PNG", height, width, _png_orientation(contents) if exif else 1, direct)


def _png_orientation(contents: bytes) -> int:
    """The orientation of the chunk eXIf, or of the text in which ImageMagick keeps EXIF data."""
    try:
        with Image.open(BytesIO(contents), formats=["PNG"]) as picture:
            found = picture.getexif().get(_ORIENTATION, 1)
    except Exception:
        # Pillow raises many things for a damaged file; whoever decodes it will say which.
        return 1
    return found if found in range(1, 9) else 1


def _gif(contents: bytes) -> Header:
    width, height = struct.unpack_from("<HH", contents, 6)
    return Header("GIF", height, width)


def _bmp(contents: bytes) -> Header:
    (size,) = struct.unpack_from("<I", contents, 14)
    width, height = struct.unpack_from("<hh" if size == 12 else "<ii", contents, 18)
    # Rows stand from the bottom up, or, where the height is negative, from the top down.
    return Header("BMP", abs(height), width)


def _webp(contents: bytes) -> Header:
    """The first chunk's size: of the canvas, of a lossless or of a lossy picture (RFC 9649)."""
    kind = contents[12:16]
    if kind == b"VP8X":
        low_width, high_width, low_height, high_height = struct.unpack_from("<HBHB", contents, 24)
        return Header("WebP", (low_height | high_height << 16) + 1, (low_width | high_width << 16) + 1)
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", contents, 21)
        return Header("WebP", (bits >> 14 & 0x3FFF) + 1, (bits & 0x3FFF) + 1)
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", contents, 26)
        return Header("WebP", height & 0x3FFF, width & 0x3FFF)
    raise ValueError("is a damaged WebP file")


_READERS: dict[bytes, Callable[[bytes], Header]] = {
    b"\xff\xd8\xff": _jpeg,
    b"\x89PNG\r\n\x1a\n": _png,
    b"GIF87a": _gif,
    b"GIF89a": _gif,
    b"BM": _bmp,
    b"RIFF": _webp,
}

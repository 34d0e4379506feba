"""Whether a picture's file looks whole, by its beginning and its end."""

from __future__ import annotations

from archspec.runtime.preprocess.header import read_header

_END_OF_JPEG = b"\xff\xd9"
_ENDS = {"PNG": b"IEND\xaeB`\x82", "GIF": b";"}


def looks_whole(head: bytes, tail: bytes, size: int) -> bool:
    """False where one would have to decode a file of `size` bytes to know; its ends may overlap."""
    try:
        header = read_header(head)
    except ValueError:
        return False
    if header.format == "WebP":
        return size >= 8 + int.from_bytes(head[4:8], "little")
    if header.format == "BMP":
        return size >= int.from_bytes(head[2:6], "little") > 0
    if header.format == "JPEG":
        # Cameras write more behind the end, and these two bytes can't stand within a picture's own data.
        return _END_OF_JPEG in tail
    return tail.endswith(_ENDS[header.format])

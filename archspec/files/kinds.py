"""What a file that can't be read as a picture is, by its first bytes."""

from __future__ import annotations

READABLE = "JPEG, PNG, GIF, BMP and WebP can be read"

_STARTS = {
    b"II*\0": "a TIFF file",
    b"MM\0*": "a TIFF file",
    b"II+\0": "a BigTIFF file",
    b"MM\0+": "a BigTIFF file",
    b"8BPS": "a Photoshop file",
    b"\0\0\0\x0cjP  ": "a JPEG 2000 file",
    b"\xff\x4f\xff\x51": "a JPEG 2000 file",
    b"\0\0\0\x0cJXL ": "a JPEG XL file",
    b"\xff\x0a": "a JPEG XL file",
    b"\0\0\1\0": "an icon",
    b"#?RADIANCE": "a Radiance HDR file",
    b"v/1\x01": "an OpenEXR file",
    b"gimp xcf": "a GIMP file",
    b"DDS ": "a DirectDraw texture",
    b"%PDF": "a PDF file",
    b"%!PS": "a PostScript file",
    b"PK\3\4": "a ZIP archive",
    b"\x1f\x8b": "a gzip file",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"\x93NUMPY": "a NumPy array",
    b"\x89HDF": "an HDF5 file",
    b"RIFF": "a RIFF file (sound or film)",
    b"\x1aE\xdf\xa3": "a Matroska film",
    b"version https://git-lfs": "a Git LFS pointer: the file itself has not been fetched",
}
_BRANDS = {b"avif": "an AVIF file", b"avis": "an AVIF file", b"qt  ": "a QuickTime film"}
_BRANDS |= dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), "a HEIF file (HEIC)")


def kind_of(contents: bytes) -> str:
    """`a TIFF file`, `empty`, `text`, …, as the end of a sentence that begins with the file."""
    if not contents:
        return "empty"
    if contents[4:8] == b"ftyp":
        return _BRANDS.get(contents[8:12], "an MP4 film")
    found = next((kind for start, kind in _STARTS.items() if contents.startswith(start)), None)
    if found is not None:
        return found
    if contents[:1] == b"P" and contents[1:2] in b"1234567" and contents[2:3].isspace():
        return "a Netpbm file"
    if contents[128:132] == b"DICM":
        return "a DICOM file"
    return _text_kind(contents[:512]) or ("a file of zeros" if not any(contents[:512]) else "a file of unknown kind")


def _text_kind(start: bytes) -> str | None:
    """What kind of text it is; None where it is none."""
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if any(byte < 9 for byte in text):
        return None
    lower = text.lower()
    if b"<svg" in lower:
        return "an SVG file"
    if lower.startswith((b"<!doctype html", b"<html")):
        return "a web page (HTML)"
    try:
        text[:400].decode("ascii")
    except UnicodeDecodeError:
        return None
    return "text"

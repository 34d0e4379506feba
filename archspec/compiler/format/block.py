"""Block style: one entry to a line, lists in the column of their key."""

from __future__ import annotations

from archspec.compiler.format.flow import fits, one_line, write_flow
from archspec.compiler.format.scalars import folded, literal, written
from archspec.compiler.format.source import Sheet
from archspec.compiler.format.styled import Group, Styled, Word
from archspec.compiler.format.tables import align, is_table


def write_document(sheet: Sheet, root: Styled) -> None:
    """Write the root, and the comments at the end."""
    if isinstance(root, Group) and root.children and (root.mapping or not root.flow):
        if root.properties:
            sheet.page.newline(0)
            sheet.page.write(root.properties)
        _write_block(sheet, root, 0, inline=False)
    else:
        sheet.place_comments(root.content, 0)
        sheet.page.newline(0)
        _write_leaf(sheet, root, 0)
    sheet.place_comments(len(sheet.text) + 1, 0, first=False)


def _write_block(sheet: Sheet, node: Group, indent: int, inline: bool) -> None:
    """The entries of a list or mapping; `inline` leaves the first one on the line being written."""
    if not node.mapping:
        sheet.one_line.update(align(node, [one_line(sheet, row) for row in node.children], indent + 2))
    entries = node.pairs if node.mapping else [(None, child) for child in node.children]
    for number, (start, (key, value)) in enumerate(zip(_starts(sheet, node), entries, strict=False)):
        first = number == 0
        own = sheet.place_comments(start, indent, first)
        if own or not (first and inline):
            sheet.page.newline(indent, sheet.blank_above(start) and (own or not first))
        if key is not None:
            _write_pair(sheet, key, value, indent)
        else:
            _write_item(sheet, value, indent)


def _starts(sheet: Sheet, node: Group) -> list[int]:
    """Where each entry begins in the source."""
    if node.mapping:
        return [key.start for key, _ in node.pairs]
    return [child.start if node.flow else sheet.dash(child.start) for child in node.children]


def _write_pair(sheet: Sheet, key: Word, value: Styled, indent: int) -> None:
    sheet.place_comments(key.content, indent)
    sheet.page.write(written(key, flow=False) + (" :" if key.style == "*" else ":"))
    if isinstance(value, Group) and _as_block(sheet, value, key.value):
        sheet.page.write(f" {value.properties}" if value.properties else "")
        _write_block(sheet, value, indent + 2 if value.mapping else indent, inline=False)
    else:
        _write_value(sheet, value, indent)


def _write_item(sheet: Sheet, node: Styled, indent: int) -> None:
    sheet.page.write("-")
    if not isinstance(node, Group) or not (_is_named(node) or _as_block(sheet, node, "-")):
        _write_value(sheet, node, indent)
        return
    sheet.page.write(f" {node.properties}")
    inline = not node.properties and not sheet.comments.waiting(_starts(sheet, node)[0])
    _write_block(sheet, node, indent + 2, inline)


def _is_named(node: Group) -> bool:
    """Whether a flow mapping is one name with a list or mapping, such as a layer: its braces are not needed."""
    return node.mapping and len(node.children) == 2 and isinstance(node.children[1], Group)


def _as_block(sheet: Sheet, node: Group, name: str) -> bool:
    """Whether a list or mapping takes a line for each entry: as its author had it, or too wide for one."""
    if not node.flow or not node.children or fits(sheet, node, after=1):
        return not node.flow
    if not node.mapping:
        return name == "layers"
    return len(node.pairs) > 1 and all(isinstance(value, Group) for _, value in node.pairs)


def _write_value(sheet: Sheet, node: Styled, indent: int) -> None:
    """A scalar or flow collection behind a key or dash; comments in between push it to the next line."""
    if sheet.place_comments(node.content, indent + 2):
        sheet.page.newline(indent + 2)
    else:
        sheet.page.write(" ")
    _write_leaf(sheet, node, indent)


def _write_leaf(sheet: Sheet, node: Styled, indent: int) -> None:
    if isinstance(node, Group):
        write_flow(sheet, node, rows=is_table(node))
    elif not _write_lines(sheet, node, indent + 2):
        sheet.page.write(written(node, flow=False))


def _write_lines(sheet: Sheet, word: Word, indent: int) -> bool:
    """Write a scalar that its author gave several lines; False where it has only one, or a comment is in the way."""
    source = sheet.text[word.content : word.end]
    if "\n" not in source or sheet.page.has_remark:
        return False
    if word.style is None:
        sheet.page.write(word.properties)
        for number, line in enumerate(source.split("\n")):
            if number:
                sheet.page.newline(indent)
            sheet.page.write(line.strip())
        return True
    return word.style in ("|", ">") and _write_block_scalar(sheet, word, source, indent)


def _write_block_scalar(sheet: Sheet, word: Word, source: str, indent: int) -> bool:
    found = (folded(word, source, indent) if word.style == ">" else None) or literal(word.value, indent)
    if found is None:
        return False
    header, lines = found
    sheet.page.write(word.properties + header)
    sheet.place_comments(word.end, indent)
    sheet.page.verbatim(lines)
    return True

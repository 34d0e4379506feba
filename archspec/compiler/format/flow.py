"""Lists and mappings in flow style: on one line if they fit, else broken after commas under the first element."""

from __future__ import annotations

from archspec.compiler.format.page import WIDTH
from archspec.compiler.format.scalars import written
from archspec.compiler.format.source import Sheet
from archspec.compiler.format.styled import Group, Styled, Word
from archspec.compiler.format.tables import align

Pair = tuple[Word, Styled]
Element = Styled | Pair


def one_line(sheet: Sheet, node: Styled) -> str | None:
    """A node on one line; None where a comment is inside or no line is wide enough."""
    if isinstance(node, Word):
        return written(node, flow=True)
    if node not in sheet.one_line:
        sheet.one_line[node] = _joined(sheet, node)
    return sheet.one_line[node]


def _joined(sheet: Sheet, node: Group) -> str | None:
    if not node.flow or sheet.comments.within(node.start, node.end):
        return None
    parts = []
    for element in _elements(node):
        text = _element_line(sheet, element)
        if text is None:
            return None
        parts.append(text)
    opening, closing = _brackets(node)
    whole = node.properties + opening + ", ".join(parts) + closing
    return whole if len(whole) <= WIDTH else None


def _elements(node: Group) -> list[Element]:
    return list(node.pairs) if node.mapping else list(node.children)


def _brackets(node: Group) -> tuple[str, str]:
    if node.bare and not _is_empty(node.children[1]):
        return "", ""
    return ("{", "}") if node.mapping else ("[", "]")


def _element_line(sheet: Sheet, element: Element) -> str | None:
    if not isinstance(element, tuple):
        return one_line(sheet, element)
    text = one_line(sheet, element[1])
    return None if text is None else _key(element) + (f" {text}" if text else "")


def _key(pair: Pair) -> str:
    """The key with its colon, which a value left out does not need."""
    key, value = pair
    text = written(key, flow=True)
    if _is_empty(value) and text:
        return text
    return f"{text} :" if key.style == "*" else f"{text}:"


def _is_empty(node: Styled) -> bool:
    return isinstance(node, Word) and node.style is None and not node.value and not node.properties


def fits(sheet: Sheet, node: Styled, after: int) -> bool:
    """Whether a node and what must follow it, in columns, fit on the line being written."""
    text = one_line(sheet, node)
    return text is not None and sheet.page.column + len(text) + after <= WIDTH


def write_flow(sheet: Sheet, node: Styled, after: int = 0, rows: bool = False) -> None:
    """Write a node in flow style; `rows` puts each row of a table on a line of its own."""
    if isinstance(node, Word) or (not rows and fits(sheet, node, after)):
        sheet.page.write(one_line(sheet, node) or "")
    elif _brackets(node) == ("", ""):
        _write_pair(sheet, node.pairs[0], sheet.page.column, after)
    else:
        _write_broken(sheet, node, after)


def _write_broken(sheet: Sheet, node: Group, after: int) -> None:
    opening, closing = _brackets(node)
    sheet.page.write(node.properties + opening)
    indent, elements = sheet.page.column, _elements(node)
    rows = align(node, [one_line(sheet, row) for row in node.children], indent)
    sheet.one_line.update(rows)
    for number, element in enumerate(elements):
        last = number == len(elements) - 1
        _begin(sheet, element, indent, first=number == 0, after=1 + after if last else 1, alone=bool(rows))
        _write_element(sheet, element, indent, after=1 + after if last else 1)
        sheet.page.write("" if last else ",")
    if sheet.place_comments(node.end - 1, indent) or sheet.page.has_remark:
        sheet.page.newline(indent - 1)
    sheet.page.write(closing)


def _begin(sheet: Sheet, element: Element, indent: int, first: bool, after: int, alone: bool) -> None:
    """Comments, and the line break or space before an element."""
    if sheet.place_comments(_content(element), indent):
        sheet.page.newline(indent)
    elif not first:
        text = _element_line(sheet, element)
        narrow = text is not None and sheet.page.column + 1 + len(text) + after <= WIDTH
        if alone or not narrow or sheet.page.has_remark:
            sheet.page.newline(indent)
        else:
            sheet.page.write(" ")


def _content(element: Element) -> int:
    if isinstance(element, tuple):
        return element[0].content
    if isinstance(element, Group) and element.bare:
        return element.pairs[0][0].content
    return element.content


def _write_element(sheet: Sheet, element: Element, indent: int, after: int) -> None:
    if isinstance(element, tuple):
        _write_pair(sheet, element, indent, after)
    else:
        write_flow(sheet, element, after)


def _write_pair(sheet: Sheet, pair: Pair, indent: int, after: int) -> None:
    value = pair[1]
    sheet.page.write(_key(pair))
    if _is_empty(value):
        return
    if sheet.place_comments(value.content, indent):
        sheet.page.newline(indent)
    else:
        sheet.page.write(" ")
    write_flow(sheet, value, after)

"""What is being laid out: the text, its comments, and the page that takes shape."""

from __future__ import annotations

from archspec.compiler.format.comments import Comment, Queue
from archspec.compiler.format.page import Page
from archspec.compiler.format.styled import Group


class Sheet:
    """A text on its way to its canonical layout."""

    def __init__(self, text: str, comments: list[Comment]) -> None:
        self.text, self.comments, self.page = text, Queue(comments), Page()
        self.one_line: dict[Group, str | None] = {}

    def place_comments(self, until: int, indent: int, first: bool = True) -> bool:
        """Write the comments before a place; whether there were any on lines of their own.

        `first` says that nothing stands above in this list or mapping, so that no blank line is wanted.
        """
        own = False
        for comment in self.comments.take(until):
            if not comment.own_line and not own and self.page.takes_remark:
                self.page.remark(comment)
                continue
            self.page.newline(indent, comment.own_line and self.blank_above(comment.start) and (own or not first))
            self.page.write(comment.text)
            own = True
        return own

    def blank_above(self, place: int) -> bool:
        """Whether the line above is empty, for what begins a line."""
        above = self.text.rfind("\n", 0, place)
        if above < 0 or self.text[above + 1 : place].strip(" \t?-"):
            return False
        return not self.text[self.text.rfind("\n", 0, above) + 1 : above].strip()

    def dash(self, place: int) -> int:
        """Where the - stands of the list item that begins at a place."""
        place = self.text.rindex("-", 0, place)
        while self.comments.covers(place):
            place = self.text.rindex("-", 0, place)
        return place

"""A Document to a Graph: parameters, expressions, blocks, repeats, branches, with every node's shape as it is appended.

`expander.py` is the recursion; the other modules hold what it asks, each about one thing.
"""

from archspec.compiler.expand.expansion import Expanded, expand

__all__ = ["Expanded", "expand"]

"""Graph to Graph, one pass to a file; a pass keeps shapes, and end points that are still there keep their names.

inference: what training alone needs is gone; `summary` and `expect` count the cost of what is left.
"""

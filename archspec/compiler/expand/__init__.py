"""Parameters, expressions, blocks, repeats, branches -> a flat graph, with every node's shape as it is appended."""

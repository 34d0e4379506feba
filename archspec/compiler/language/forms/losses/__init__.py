"""Losses: what training makes small; each says what it wants of the tensors that it reads, and computes itself.

`loss` holds what all have in common; `classes` compares with classes, `numbers` with numbers, `vectors` vectors.
"""

"""Steps from a decoded image to a network's input; their TensorFlow code stands in runtime/preprocess.

`step` holds what all have in common; `geometry` moves pixels, `color` changes their values.
"""

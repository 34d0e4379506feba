"""From an encoded image to a network's input: the TensorFlow code of every preprocess form."""

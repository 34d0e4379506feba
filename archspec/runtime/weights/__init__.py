"""Trained weights of the kinds that TensorFlow reads, and all kinds as archspec writes them."""

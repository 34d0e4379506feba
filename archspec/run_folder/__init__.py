"""A run's folder as every command reads it, without TensorFlow: its files, and what they say of the run."""

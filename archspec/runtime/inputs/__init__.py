"""The inputs of a prediction."""

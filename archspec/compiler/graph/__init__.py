"""The graph between spec and TensorFlow: nodes with static shapes, their cost, their text form, and passes."""

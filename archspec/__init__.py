"""archspec: convolutional networks as YAML specs, compiled into TensorFlow graphs."""

__version__ = "0.1.0"

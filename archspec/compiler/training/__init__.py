"""What a training asks of graph, data and optimizers, checked where it is written: what lints clean trains."""

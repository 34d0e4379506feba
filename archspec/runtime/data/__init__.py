"""Training and evaluation input: labelled images from disk into batches, with tf.data.

`open.open_data` finds a data set, `pipeline.training_batches` and `pipeline.evaluation_batches` make batches of it,
`explain.explain_data_error` says which example an error was about.
"""

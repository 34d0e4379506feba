"""The compiler: YAML text in, a verified graph and its settings out; pure Python, no framework.

Words: an *op* is a kind of operation, a *layer* is one in a spec, a *node* is one in a graph,
a *field* is a hyperparameter, a *variable* is a weight, a *form* is anything written as
`name: main value, field: value` (ops, initializers, losses, optimizers, preprocessing steps, …).
"""

"""A table of text as the inputs of a prediction, its columns read as the spec's own table is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import tensorflow as tf

from archspec.compiler.graph.graph import Graph
from archspec.compiler.language.forms.data import Csv
from archspec.compiler.training.inputs import feeds
from archspec.diagnostics import stop
from archspec.runtime.data.csv import open_csv
from archspec.runtime.data.dataset import Dataset
from archspec.runtime.data.explain import explain_data_error
from archspec.runtime.data.look import look_at
from archspec.runtime.data.open import from_folder
from archspec.runtime.data.pipeline import evaluation_batches
from archspec.runtime.ends import picture_shapes
from archspec.runtime.inputs.pictures import Batch
from archspec.runtime.named import Reads

if TYPE_CHECKING:
    from archspec.compiler.program import Program

SUFFIXES = (".csv", ".tsv")
_BATCH = 32


def form_of(program: Program) -> Csv | None:
    """How the spec reads a table: that of its eval section, or of its train section; None where it reads none."""
    sections = (program.eval, program.train)
    found = [each.data for each in sections if each is not None and isinstance(each.data, Csv)]
    return found[0] if found else None


def open_table(path: str, program: Program, graph: Graph) -> Dataset:
    """The rows of a table with the features that feed the graph's inputs; targets need not be there. Raises Stop."""
    form = form_of(program)
    if form is None:
        help = "give what the spec's data holds: pictures, or an .npy or .npz file"
        raise stop("AS714", f"{path} is a table, and {program.file} says of no `csv` what its columns are", help=help)
    fed = {feature.partition(".")[0] for feature in feeds(graph.inputs, form.example()).values()}
    here = from_folder(form, os.path.dirname(program.file))
    features = {name: kind for name, kind in here.features.items() if name in fed}
    data = open_csv(here.replace(path=path, features=features), "")
    look_at(data)
    return data


def rows(data: Dataset, program: Program, graph: Graph) -> Iterator[Batch]:
    """Batches of the table's rows as the graph's inputs, prepared as the eval section says; raises Stop."""
    steps, size = (program.eval.preprocess, program.eval.batch) if program.eval is not None else ((), _BATCH)
    batches, done = evaluation_batches(data, steps, picture_shapes(graph, data.features), size), 0
    reads = Reads(graph, data.features, [])
    try:
        for batch in batches:
            numbers = batch["index"].numpy().tolist()
            done += len(numbers)
            inputs = {name: tensor.numpy() for name, tensor in reads.inputs_of_examples(batch).items()}
            yield [data.place(number) for number in numbers], inputs
    except tf.errors.OpError as error:
        raise explain_data_error(error, data, range(done, data.size)) or error from error

"""The schema of a document's own keys."""

from __future__ import annotations

from archspec.compiler.schema.extending import partial
from archspec.compiler.schema.layers import PARAMETERS
from archspec.compiler.schema.pieces import TEXT, Json, described, either, listing, mapping, named, opened, ref

_SIZE: Json = opened(either({"type": "integer", "minimum": 1}, {"type": "null"}))
_DTYPES = ["float32", "float16", "bfloat16", "float64", "uint8", "int32", "int64", "bool"]
_PRECISION: Json = opened({"enum": ["float32", "bfloat16"]})
_BOUND: Json = {"type": "string", "pattern": r"^(<=|>=|<|>)\s*[0-9]+(\.[0-9]+)?\s*[kMG]?$", "examples": ["<= 6G"]}
_COUNT = either({"type": "integer"}, _BOUND)

_INPUT = mapping(
    {
        "shape": described("sizes without the batch; null: not known", either(listing(_SIZE), ref("expression"))),
        "dtype": described("type of its numbers", opened({"enum": _DTYPES})),
        "draw": described("what it is drawn from, where no data feeds it", ref("family.draw")),
    }
)

_EXPECT = mapping(
    {
        "trainable": described("numbers that are trained, heads included", _COUNT),
        "params": described("numbers in all variables", _COUNT),
        "variables": described("variables", _COUNT),
        "macs": described("multiply-accumulates of one example, without heads", _COUNT),
        "shapes": described("shapes by tensor, without the batch", named(listing({"type": ["integer", "null"]}))),
    },
    description="what must be true of the compiled network",
)

_PERCENT: Json = {"type": "number", "minimum": 0, "maximum": 100}
_ADDRESS: Json = {"type": "string", "pattern": "^https?://", "examples": ["https://example.org/weights.tar.gz"]}
_PUBLISHED = mapping(
    {
        "top_1": described("examples whose class is the most probable one, in percent", _PERCENT),
        "top_5": described("examples whose class is among the five most probable, in percent", _PERCENT),
        "trained": described("on what it was trained, and how that was measured", TEXT),
        "weights": described("where trained weights are", _ADDRESS),
        "license": described("the license of these weights, by its SPDX name", TEXT),
    },
    description="what others have published of the network; nothing is computed from it",
)

_LAID_OVER = ("defaults", "scopes", "train", "eval")
"""Sections that merge with those of the extended spec below their keys."""


def document() -> Json:
    """A mapping of sections; one that extends another spec needs neither inputs nor layers."""
    variant = mapping(
        {"set": described("hyperparameters", {"type": "object"}), "expect": _EXPECT, "published": _PUBLISHED}
    )
    sections: Json = {
        "archspec": described("version of the language", {"const": 1}),
        "name": described("root of the names of all variables", TEXT),
        "about": described("what this is, and its source", TEXT),
        "extends": described("the spec that this one changes: a file below this one's folder", TEXT),
        "variants": described("named choices of hyperparameters; the first holds where none is chosen", named(variant)),
        "hyperparameters": described("what --set can change: a default, or a mapping", PARAMETERS),
        "functions": described("`name(parameter): expression`", named({"type": ["string", "number", "boolean"]})),
        "tables": described("tables for `table:`", named(either(listing({}), {"type": "object"}))),
        "defaults": described("scoped defaults of the whole spec", ref("scope")),
        "scopes": described("scoped defaults that a layer takes by name", named(ref("scope"))),
        "precision": described("type in which it computes what it can; variables are float32", _PRECISION),
        "inputs": described("what the network is fed", named(_INPUT)),
        "blocks": described("layers with parameters", named(ref("block"))),
        "layers": described("the main line", ref("sequence")),
        "heads": described("what hangs off the main line: auxiliary classifiers, further tasks", named(ref("layer"))),
        "outputs": described("the network's outputs by name: layers; the last layer where left out", named(TEXT)),
        "names": described("names in a checkpoint that do not follow the layers', by path", named(TEXT)),
        "train": described("how it is trained", ref("scope.train")),
        "eval": described("how it is evaluated", ref("scope.eval")),
        "expect": _EXPECT,
        "published": _PUBLISHED,
        "change": described("keys of layers of the extended spec, by path", named({})),
        "insert": described("layers put `after PATH` or `before PATH`", named(ref("sequence"))),
        "remove": described("layers taken out, by path", listing(TEXT)),
    }
    # What extends another spec may say a part of a form; a spec by itself says all of it.
    laid_over = {name: partial(sections[name]) for name in _LAID_OVER}
    strict = {"required": ["inputs", "layers"], "properties": {name: sections[name] for name in _LAID_OVER}}
    whole = {"if": {"not": {"required": ["extends"]}}, "then": strict}
    return {**mapping({**sections, **laid_over}), "required": ["archspec"], **whole}

"""What may have been meant by a name that is not known."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_ELSEWHERE: dict[str, tuple[str, ...]] = {
    "activationfn": ("activation",),
    "averagepooling2d": ("avg_pool2d",),
    "avgpool": ("avg_pool2d",),
    "batchnorm": ("batch_norm", "norm"),
    "batchnormalization": ("batch_norm", "norm"),
    "batchsize": ("batch",),
    "biasesinitializer": ("bias_initializer",),
    "biasesregularizer": ("bias_l2",),
    "biasregularizer": ("bias_l2",),
    "bn": ("batch_norm", "norm"),
    "channels": ("filters", "units"),
    "concatenate": ("concat",),
    "crossentropy": ("softmax_cross_entropy",),
    "depthmultiplier": ("multiplier",),
    "dilation": ("rate",),
    "dilationrate": ("rate",),
    "dilations": ("rate",),
    "dropoutrate": ("rate",),
    "eps": ("epsilon",),
    "fc": ("dense",),
    "fullyconnected": ("dense",),
    "globalaveragepooling2d": ("global_avg_pool",),
    "kaiming": ("he_normal",),
    "kernelinitializer": ("initializer",),
    "kernelregularizer": ("l2",),
    "kernelsize": ("kernel",),
    "learningrate": ("rate",),
    "linear": ("dense",),
    "lr": ("rate",),
    "lrn": ("local_response_norm",),
    "maxpooling2d": ("max_pool2d",),
    "movingaveragedecay": ("average",),
    "mul": ("multiply",),
    "normal": ("truncated_normal",),
    "normalizer": ("norm",),
    "normalizerfn": ("norm",),
    "normlayer": ("norm",),
    "numfilters": ("filters",),
    "numoutputs": ("filters", "units"),
    "ones": ("constant",),
    "outchannels": ("filters",),
    "outfeatures": ("units",),
    "poolsize": ("kernel",),
    "regularizer": ("l2",),
    "scope": ("name",),
    "usebias": ("bias",),
    "weightdecay": ("l2",),
    "weightsinitializer": ("initializer",),
    "weightsregularizer": ("l2",),
    "xavier": ("glorot_uniform",),
    "xavierinitializer": ("glorot_uniform",),
    "zeros": ("constant",),
}
"""What TF-Slim, Keras and PyTorch call a thing, without case and underscores, and our names for it."""


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The question whether a name that is there was meant, where one is near."""
    found = closest(name, names)
    return f"did you mean `{found}`?" if found is not None else None


def closest(name: str, names: Iterable[str]) -> str | None:
    """The name that is spelt most nearly so, or that other tools spell so; upper and lower case are alike."""
    known: dict[str, str] = {}
    for candidate in names:
        known.setdefault(candidate.lower(), candidate)
    if name.lower() in known:
        return known[name.lower()]
    for ours in _ELSEWHERE.get(name.lower().replace("_", ""), ()):
        if ours in known:
            return known[ours]
    longer = [candidate for candidate in known if candidate.startswith(f"{name.lower()}_")]
    if name and len(longer) == 1:
        return known[longer[0]]
    close = get_close_matches(name.lower(), known, 1)
    return known[close[0]] if close else None

"""What may have been meant by a name that is not known: by its meaning, or as a slip of a letter or two."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

_ELSEWHERE: dict[str, tuple[str, ...]] = {
    "activationfn": ("activation",),
    "adaptiveavgpool2d": ("global_avg_pool",),
    "adaptivemaxpool2d": ("global_max_pool",),
    "averagepooling2d": ("avg_pool2d",),
    "avgpool": ("avg_pool2d",),
    "batchnorm": ("batch_norm", "norm"),
    "batchnormalization": ("batch_norm", "norm"),
    "batchsize": ("batch",),
    "biasesinitializer": ("bias_initializer",),
    "biasesregularizer": ("bias_l2",),
    "biasregularizer": ("bias_l2",),
    "bn": ("batch_norm", "norm"),
    "categoricalcrossentropy": ("softmax_cross_entropy",),
    "centercrop": ("crop_or_pad",),
    "centercrop2d": ("crop",),
    "channels": ("filters", "units"),
    "clipbyvalue": ("clip",),
    "concatenate": ("concat",),
    "conv": ("conv2d",),
    "conv3dtranspose": ("conv3d_transpose",),
    "convtranspose1d": ("conv1d_transpose",),
    "convtranspose3d": ("conv3d_transpose",),
    "cropping2d": ("crop",),
    "conv2dt": ("conv2d_transpose",),
    "convolution2d": ("conv2d",),
    "convtranspose": ("conv2d_transpose",),
    "convtranspose2d": ("conv2d_transpose",),
    "crossentropy": ("softmax_cross_entropy",),
    "crossentropyloss": ("softmax_cross_entropy",),
    "deconv": ("conv2d_transpose",),
    "deconv2d": ("conv2d_transpose",),
    "deconvolution": ("conv2d_transpose",),
    "deconvolution2d": ("conv2d_transpose",),
    "depthmultiplier": ("multiplier",),
    "dilation": ("rate",),
    "dilationrate": ("rate",),
    "dilations": ("rate",),
    "dropout2d": ("dropout",),
    "dropoutrate": ("rate",),
    "eps": ("epsilon",),
    "fc": ("dense",),
    "fullyconnected": ("dense",),
    "gem": ("generalized_mean_pool",),
    "gempool": ("generalized_mean_pool",),
    "globalaveragepooling1d": ("global_avg_pool",),
    "globalaveragepooling2d": ("global_avg_pool",),
    "globalaveragepooling3d": ("global_avg_pool",),
    "globalavgpool2d": ("global_avg_pool",),
    "glorot": ("glorot_uniform",),
    "gradientreversal": ("scale_gradient",),
    "globalmaxpool2d": ("global_max_pool",),
    "globalmaxpooling2d": ("global_max_pool",),
    "groupnormalization": ("group_norm",),
    "he": ("he_normal",),
    "heinitializer": ("he_normal",),
    "horizontalflip": ("random_flip",),
    "kaiming": ("he_normal",),
    "kaiminguniform": ("he_uniform",),
    "kaimingnormal": ("he_normal",),
    "kernelinitializer": ("initializer",),
    "instancenormalization": ("instance_norm",),
    "kernelregularizer": ("l2",),
    "kernelsize": ("kernel",),
    "layernormalization": ("layer_norm",),
    "layerscale": ("gain",),
    "learningrate": ("rate",),
    "linear": ("dense",),
    "lr": ("rate",),
    "lrelu": ("leaky_relu",),
    "lrn": ("local_response_norm",),
    "maxpool": ("max_pool2d",),
    "maxpooling2d": ("max_pool2d",),
    "imagedatasetfromdirectory": ("folder",),
    "imagefolder": ("folder",),
    "interpolate": ("resize",),
    "movingaveragedecay": ("average",),
    "msra": ("he_normal",),
    "mul": ("multiply",),
    "multihead": ("attention",),
    "multiheadattention": ("attention",),
    "negativeslope": ("alpha",),
    "normal": ("random_normal",),
    "normalizer": ("norm",),
    "normalizerfn": ("norm",),
    "normlayer": ("norm",),
    "numfilters": ("filters",),
    "numoutputs": ("filters", "units"),
    "onehotencoding": ("one_hot",),
    "ones": ("constant",),
    "outchannels": ("filters",),
    "outfeatures": ("units",),
    "permute": ("transpose",),
    "pixelshuffle": ("depth_to_space",),
    "pixelunshuffle": ("space_to_depth",),
    "poolsize": ("kernel",),
    "randomhorizontalflip": ("random_flip",),
    "reflectionpad2d": ("pad",),
    "regularizer": ("l2",),
    "resizing": ("resize",),
    "scale": ("gain",),
    "scope": ("name",),
    "sgdm": ("sgd",),
    "sparsecategoricalcrossentropy": ("softmax_cross_entropy",),
    "spatialdropout": ("dropout",),
    "spatialdropout2d": ("dropout",),
    "sqroot": ("sqrt",),
    "squareroot": ("sqrt",),
    "stochasticdepth": ("drop_path",),
    "stopgradient": ("scale_gradient",),
    "sub": ("subtract",),
    "sum": ("add",),
    "swish": ("silu",),
    "thresholdedrelu": ("threshold",),
    "transposeconv": ("conv2d_transpose",),
    "transposeconv2d": ("conv2d_transpose",),
    "transposedconv": ("conv2d_transpose",),
    "transposedconv2d": ("conv2d_transpose",),
    "unitnorm": ("l2_normalize",),
    "unitnormalization": ("l2_normalize",),
    "unsqueeze": ("expand_dims",),
    "upconv": ("conv2d_transpose",),
    "upconv2d": ("conv2d_transpose",),
    "upsampling2d": ("upsample",),
    "upsamplingbilinear2d": ("upsample",),
    "usebias": ("bias",),
    "weightdecay": ("l2",),
    "weightsinitializer": ("initializer",),
    "weightsregularizer": ("l2",),
    "xavier": ("glorot_uniform",),
    "xaviernormal": ("glorot_normal",),
    "xavierinitializer": ("glorot_uniform",),
    "xavieruniform": ("glorot_uniform",),
    "zeropad2d": ("pad",),
    "zeropadding2d": ("pad",),
    "zeros": ("constant",),
}
"""What TF-Slim, Keras and PyTorch call a thing, without case and underscores, and our names for it."""

_THEIR_OWN = """
    acos adabelief adadelta adafactor adagrad adamax adamw adan asgd asin atan attention auc average batchrenorm
    bce bilinear binarycrossentropy cast celu cos cosh crelu cutmix cutout dice divide elementwise elu6
    erf exp exponential focal ftrl gather gelu glorotnormal glu groupnorm gru hardshrink hardtanh
    height heuniform hinge huber instancenorm iou iterations kaiminguniform kldivergence lamb lambda lars
    layernorm layernormalization lbfgs lecunnormal lecununiform left lion log logsoftmax lstm mae map max
    maximum maxunpool maxunpool2d mean min minimum mish momentum mixup mse multihead nadam nesterov nll
    orthogonal padding power precision prelu prod radam randomverticalflip recall reducelronplateau
    renorm reorganize right rnn rotate rprop rrelu selu sgdw sigmoidcrossentropy sign silu sin
    sinh slice softmax2d softmin softplus softsign sophia sparse sparsemax split sqrt square stack step subtract
    tan threshold tile unpool unstack verticalflip weightnorm
    width xaviernormal
"""
_OF_THEIR_OWN = frozenset(_THEIR_OWN.split())
"""Names that mean something themselves: one of them is no slip for a name that looks like it."""


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The question whether a name that is there was meant, where one is near."""
    found = closest(name, names)
    return f"did you mean `{found}`?" if found is not None else None


def closest(name: str, names: Iterable[str]) -> str | None:
    """The name that means the same elsewhere, or is spelt so but for a letter or two; None rather than a wrong one."""
    known: dict[str, str] = {}
    for candidate in names:
        known.setdefault(_bare(candidate), candidate)
    bare = _bare(name)
    if bare in known:
        return known[bare]
    for ours in _ELSEWHERE.get(bare, ()):
        if _bare(ours) in known:
            return known[_bare(ours)]
    if bare in _ELSEWHERE or bare in _OF_THEIR_OWN:
        return None
    longer = [candidate for candidate in known.values() if candidate.lower().startswith(f"{name.lower()}_")]
    if len(name) > 1 and len(longer) == 1:
        return longer[0]
    return _respelt(bare, known)


def _bare(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def _respelt(bare: str, known: dict[str, str]) -> str | None:
    """The one name that is nearest in spelling; None where none is near, or two are equally so."""
    allowed = 0 if len(bare) < 3 else 1 if len(bare) < 7 else 2
    found: list[tuple[int, str]] = []
    for candidate, written in known.items():
        if abs(len(candidate) - len(bare)) <= allowed and _digits(bare) in ("", _digits(candidate)):
            distance = _distance(bare, candidate, allowed)
            if distance <= allowed:
                # `relux` is nearer to relu than to relu6: a letter is no slip for a digit.
                found.append((2 * distance + (_digits(candidate) != _digits(bare)), written))
    best = [written for distance, written in found if distance == min(found)[0]]
    return best[0] if len(best) == 1 else None


def _digits(name: str) -> str:
    return "".join(letter for letter in name if letter.isdigit())


@lru_cache(maxsize=4096)
def _distance(one: str, other: str, most: int) -> int:
    """Letters to change, add, leave out or swap with their neighbour; anything over `most` where there are more."""
    before, last = list[int](), list(range(len(other) + 1))
    for i in range(1, len(one) + 1):
        before, last = last, _next_row(i, one, other, before, last)
        if min(last) > most:
            return most + 1
    return last[-1]


def _next_row(i: int, one: str, other: str, before: list[int], last: list[int]) -> list[int]:
    """The distances of the first `i` letters of one to every beginning of the other."""
    row = [i]
    for j in range(1, len(other) + 1):
        changed = last[j - 1] + (one[i - 1] != other[j - 1])
        best = min(changed, last[j] + 1, row[j - 1] + 1)
        if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
            best = min(best, before[j - 2] + 1)
        row.append(best)
    return row

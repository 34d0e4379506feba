"""What may have been meant by a name that is not known: by its meaning, or as a slip of a letter or two."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from archspec.compiler.language.elsewhere import bare, sentences
from archspec.compiler.language.elsewhere import names as their_names

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
    """The question whether a name that is there was meant, or how it is said here; None where neither is known."""
    known = list(names)
    if _translated(bare(name), {bare(each): each for each in known}) is None:
        for there, sentence in sentences().get(bare(name), ()):
            if there in known:
                return sentence
    found = closest(name, known)
    return f"did you mean `{found}`?" if found is not None else None


def closest(name: str, names: Iterable[str]) -> str | None:
    """The name that means the same elsewhere, or is spelt so but for a letter or two; None rather than a wrong one."""
    known: dict[str, str] = {}
    for candidate in names:
        known.setdefault(bare(candidate), candidate)
    plain = bare(name)
    translated = _translated(plain, known)
    if translated is not None:
        return translated
    if plain in their_names() or plain in _OF_THEIR_OWN:
        return None
    longer = [candidate for candidate in known.values() if candidate.lower().startswith(f"{name.lower()}_")]
    if len(name) > 1 and len(longer) == 1:
        return longer[0]
    return _respelt(plain, known)


def _translated(plain: str, known: Mapping[str, str]) -> str | None:
    """The name that is written in another way, or that others call so."""
    return next((known[ours] for ours in (plain, *map(bare, their_names().get(plain, ()))) if ours in known), None)


def _respelt(plain: str, known: dict[str, str]) -> str | None:
    """The one name that is nearest in spelling; None where none is near, or two are equally so."""
    allowed = 0 if len(plain) < 3 else 1 if len(plain) < 7 else 2
    found: list[tuple[int, str]] = []
    for candidate, written in known.items():
        if abs(len(candidate) - len(plain)) <= allowed and _digits(plain) in ("", _digits(candidate)):
            distance = _distance(plain, candidate, allowed)
            if distance <= allowed:
                # `relux` is nearer to relu than to relu6: a letter is no slip for a digit.
                found.append((2 * distance + (_digits(candidate) != _digits(plain)), written))
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

"""The order of training examples: a fair permutation an epoch, one order for any number of ranks and any start."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archspec.runtime.data.order import Shuffled, epoch_order

WHERE = {"rank": 0, "ranks": 1, "start_step": 0}
SIZES = st.integers(1, 300)


def taken(count: int, **arguments: int) -> list[tuple[int, int]]:
    """The first (position, index) pairs of an order."""
    rank, ranks, start = (arguments.pop(name, default) for name, default in WHERE.items())
    order = Shuffled(**{"seed": 0, **arguments}).positions(rank, ranks, start).take(count)
    return [(int(position), int(index)) for position, index in order.as_numpy_iterator()]


@given(SIZES, st.integers(0, 2**64), st.integers(0, 10**6))
@settings(max_examples=50)
def test_every_epoch_has_every_index_once(size: int, seed: int, epoch: int) -> None:
    assert sorted(epoch_order(size, seed, epoch).numpy()) == list(range(size))


def test_all_permutations_are_equally_frequent() -> None:
    found = Counter(tuple(epoch_order(4, 3, epoch).numpy()) for epoch in range(1200))
    expected = 1200 / 24
    chi_squared = sum((found[order] - expected) ** 2 / expected for order in found) + expected * (24 - len(found))
    # 49.7 is exceeded once in a thousand where all are equally frequent (23 degrees of freedom).
    assert chi_squared < 49.7


def test_epochs_and_seeds_have_unrelated_orders() -> None:
    orders = [epoch_order(5000, seed, epoch).numpy() for seed, epoch in [(0, 0), (0, 1), (0, 2), (1, 0), (2**40, 0)]]
    related = np.corrcoef([np.arange(5000), *orders])
    assert np.abs(related - np.eye(len(related))).max() < 0.06


@given(SIZES, st.integers(1, 5), st.sampled_from([1, 2, 4]), st.integers(0, 40), st.integers(0, 3))
@settings(max_examples=12)
def test_the_parts_of_all_ranks_are_the_batch_of_one_rank(
    size: int, part: int, ranks: int, start: int, seed: int
) -> None:
    batch, steps = part * ranks, 3
    whole = taken(steps * batch, size=size, global_batch=batch, seed=seed, start_step=start)
    parts = [
        taken(steps * part, size=size, global_batch=batch, seed=seed, start_step=start, rank=rank, ranks=ranks)
        for rank in range(ranks)
    ]
    together = [pair for step in range(steps) for one in parts for pair in one[step * part : (step + 1) * part]]
    assert together == whole


@given(SIZES, st.integers(1, 20), st.integers(0, 50))
@settings(max_examples=12)
def test_a_start_in_the_middle_goes_on_as_if_there_had_been_none(size: int, batch: int, start: int) -> None:
    from_the_beginning = taken((start + 2) * batch, size=size, global_batch=batch)
    assert taken(2 * batch, size=size, global_batch=batch, start_step=start) == from_the_beginning[start * batch :]


@given(SIZES, st.integers(1, 20), st.integers(0, 50))
@settings(max_examples=12)
def test_step_indices_are_what_the_step_takes(size: int, batch: int, step: int) -> None:
    pairs = taken(batch, size=size, global_batch=batch, seed=5, start_step=step)
    assert Shuffled(size, batch, 5).indices(step).tolist() == [index for _, index in pairs]


def test_a_start_far_away_needs_no_time() -> None:
    position, index = taken(1, size=1_000_003, global_batch=256, start_step=10**12)[0]
    assert position == 256 * 10**12
    assert index == epoch_order(1_000_003, 0, position // 1_000_003).numpy()[position % 1_000_003]


def test_a_batch_that_ranks_cannot_share_is_refused() -> None:
    with pytest.raises(ValueError, match="no 3 equal parts"):
        Shuffled(10, 4, 0).positions(0, 3, 0)

"""Chance in whole numbers: no float is drawn, so that every machine and every C library gives the same company."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Whole = NDArray[np.int64]


class Dice:
    """A stream of random whole numbers for one topic; topics do not disturb each other.

    >>> Dice(1, "a").below(10, 3).tolist() == Dice(1, "a").below(10, 3).tolist()
    True
    """

    def __init__(self, seed: int, topic: str) -> None:
        stream = np.random.SeedSequence([seed, int.from_bytes(topic.encode("ascii"), "big")])
        self._generator = np.random.Generator(np.random.PCG64(stream))

    def below(self, high: ArrayLike, count: int | tuple[int, ...]) -> Whole:
        """Whole numbers from 0 up to high − 1; high may be an array of that shape."""
        return self._generator.integers(0, high, size=count, dtype=np.int64)

    def between(self, low: ArrayLike, high: ArrayLike, count: int | tuple[int, ...]) -> Whole:
        """Whole numbers from low to high, both included."""
        first = np.asarray(low, dtype=np.int64)
        return first + self.below(np.asarray(high, dtype=np.int64) - first + 1, count)

    def chance(self, permille: ArrayLike, count: int) -> NDArray[np.bool_]:
        """True with so many chances in a thousand."""
        return self.below(1000, count) < permille

    def pick(self, weights: ArrayLike, count: int) -> Whole:
        """Positions, each as likely as its whole weight says."""
        edges = np.cumsum(np.asarray(weights, dtype=np.int64))
        return np.searchsorted(edges, self.below(edges[-1], count), side="right")

    def spread(self, points: Sequence[int], count: int) -> Whole:
        """Values along a list of quantiles: each stretch between two neighbours is equally likely."""
        known = np.asarray(points, dtype=np.int64)
        stretch = self.below(len(known) - 1, count)
        return known[stretch] + (known[stretch + 1] - known[stretch]) * self.below(1000, count) // 1000

    def order(self, count: int) -> Whole:
        """The numbers 0 … count − 1 in random order."""
        return self._generator.permutation(count)


def halves_up(numerator: ArrayLike, denominator: int) -> Whole:
    """A quotient rounded to the nearest whole number, halves away from zero.

    >>> halves_up([25, -25, 24], 10).tolist()
    [3, -3, 2]
    """
    whole = np.asarray(numerator, dtype=np.int64)
    return np.sign(whole) * ((2 * np.abs(whole) + denominator) // (2 * denominator))

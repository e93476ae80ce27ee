# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The bound within which results count as equal."""
import numpy as np

from device import Failure


def expect_close(what, actual, expected, relative=1e-5, scale=0):
    """|a - b| <= relative |b| + relative / 10 max(|b|, scale); NaN equals NaN, an infinity itself. A scale is for values that
    are small, or zero, because larger ones cancel out."""
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    if actual.shape != expected.shape:
        raise Failure("%s: shape %s instead of %s" % (what, actual.shape, expected.shape))
    finite = np.isfinite(expected)
    largest = np.max(np.abs(expected[finite]), initial=scale)
    with np.errstate(invalid="ignore"):
        near = np.abs(actual - expected) <= relative * np.abs(expected) + relative / 10 * largest
    same = np.where(finite, near, (actual == expected) | (np.isnan(actual) & np.isnan(expected)))
    if same.all():
        return
    wrong = np.argwhere(~same)
    at = tuple(wrong[0])
    raise Failure("%s: %d of %d elements differ, first at %s: %.9g instead of %.9g (largest is %.3g)"
                  % (what, len(wrong), same.size, list(map(int, at)), actual[at], expected[at], largest))


def expect_equal(what, actual, expected):
    actual, expected = np.asarray(actual), np.asarray(expected)
    if actual.shape != expected.shape:
        raise Failure("%s: shape %s instead of %s" % (what, actual.shape, expected.shape))
    if not np.array_equal(actual, expected):
        at = tuple(np.argwhere(actual != expected)[0])
        raise Failure("%s: %s instead of %s at %s" % (what, actual[at], expected[at], list(map(int, at))))


def expect(condition, message):
    if not condition:
        raise Failure(message)

"""Fixtures of the tests in a real office."""

from tests.calc.office import equipped, extended
from tests.calc.talk import talk

__all__ = ["equipped", "extended", "talk"]

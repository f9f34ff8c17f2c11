"""A run of the cycle for whoever reads its end: a refusal on which all stands is said as a sentence."""

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from xlsales.core.refusal import Refusal
from xlsales.problems import InputError, from_refusal

if TYPE_CHECKING:
    from xlsales.steps import Outcome


def ran(
    tables: Mapping[str, pd.DataFrame],
    settings: Mapping[str, Any],
    told: Callable[[str], None] = lambda _: None,
    wanted: Collection[str] | None = None,
) -> "Outcome":
    """What `steps.run` finds. InputError where it cannot go on."""
    from xlsales import steps  # noqa: PLC0415 - the whole cycle; most buttons compute nothing

    try:
        return steps.run(tables, settings, told, wanted)
    except Refusal as refusal:
        raise InputError(from_refusal(refusal)) from refusal

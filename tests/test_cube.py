"""The cube answers what the one definition answers."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_quantities import DAY, names, orders
from xlsales.core.calendar import Calendar
from xlsales.core.cube import Cube
from xlsales.core.cube_sums import NO_DATE, day_numbers
from xlsales.core.encoding import encode
from xlsales.core.order_lines import order_measures
from xlsales.core.quantities import five_quantities


@st.composite
def cash(draw: st.DrawFn) -> pd.DataFrame:
    rows = [
        {
            "date": DAY + pd.Timedelta(days=draw(st.integers(-400, 400))),
            "product": draw(names),
            "region": draw(names),
            "collections": draw(st.integers(-(10**6), 10**6)) / 100,
        }
        for _ in range(draw(st.integers(1, 6)))
    ]
    return pd.DataFrame(rows).astype({"product": "str", "region": "str"})


@settings(max_examples=150, deadline=None)
@given(
    orders(),
    st.one_of(st.none(), cash()),
    st.sampled_from([[], ["product"], ["region", "channel"]]),
    st.sampled_from(["none", "week", "month", "quarter", "half", "year"]),
    st.sampled_from([Calendar(), Calendar(4), Calendar(7, 25)]),
    st.booleans(),
)
def test_the_cube_equals_the_definition(
    table: pd.DataFrame, received: pd.DataFrame | None, by: list[str], period: str, calendar: Calendar, cut: bool
) -> None:
    lines = order_measures(table)
    first, last = (DAY - pd.Timedelta(days=100), DAY + pd.Timedelta(days=60)) if cut else (None, None)
    expected = five_quantities(lines, received, by, period, first, last, calendar)
    found = Cube(lines, received, calendar).table(by, period, first=first, last=last)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, atol=0.005, rtol=0)


@settings(max_examples=60, deadline=None)
@given(orders(), cash(), names)
def test_a_filter_and_a_single_figure_equal_the_filtered_definition(
    table: pd.DataFrame, received: pd.DataFrame, region: str | None
) -> None:
    lines = order_measures(table)
    cube = Cube(lines, received)

    def only(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[frame["region"].isna() if region is None else frame["region"] == region]

    expected = five_quantities(only(lines), only(received), ["product"], "month")
    found = cube.table(["product"], "month", {"region": region})
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, atol=0.005, rtol=0)
    for row in expected.to_dict("records"):
        product = None if pd.isna(row["product"]) else row["product"]
        for measure in ("sales", "margin_rate", "collections"):
            figure = cube.figure(measure, {"product": product, "region": region}, row["period"])
            assert figure == pytest.approx(row[measure], abs=0.005, nan_ok=True)


texts = st.lists(
    st.one_of(st.none(), st.text(max_size=20), st.sampled_from(["", "a\0", "a", "a\0\0", "长江" * 9])), max_size=30
)


@settings(max_examples=200, deadline=None)
@given(texts)
def test_encoding_keeps_every_value_apart(values: list[str | None]) -> None:
    column = pd.Series(values, dtype="str")
    found = encode(column)
    back = found.names.array.take(found.codes) if values else found.names.array
    assert [None if pd.isna(value) else value for value in back] == values
    assert found.names.is_unique


@pytest.mark.parametrize("kind", ["even", "uneven", "long", "own", "late", "zeros"])
@pytest.mark.parametrize("blanks", [False, True])
def test_many_texts_keep_apart_and_in_order(kind: str, blanks: bool) -> None:
    rng = np.random.default_rng(5)
    number = rng.integers(0, 5_000, 150_000)
    if kind == "late":
        number = np.sort(number)
    made = {
        "even": lambda n: f"CUST-{n:05d}",
        "uneven": lambda n: f"客{n}",
        "long": lambda n: f"{n % 70:03d} is a name of some length {n:05d}",
        "own": lambda n: f"CUST-{n:05d}",
        "late": lambda n: f"C{n}",
        "zeros": lambda n: "a" + "\0" * (n % 9) + "b" * (n % 2),
    }[kind]
    values = [made(n) for n in (np.arange(150_000) if kind == "own" else number)]
    if blanks:
        values = [None if place % 7 == 0 else value for place, value in enumerate(values)]
    one, two = (pd.Series(part, dtype="str") for part in (values[:100_000], values[100_000:]))
    found = encode(one, two)
    back = found.names.array.take(found.codes)
    assert (pd.Series(back).fillna("?") == pd.Series(values, dtype="str").fillna("?")).all()
    known = found.names.dropna()
    assert known.is_unique
    assert known.is_monotonic_increasing
    assert found.names.isna().tolist() == [False] * len(known) + [True] * blanks
    assert len(known) == len({value for value in values if value is not None})


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_missing_dates_of_any_unit_are_no_date(unit: str) -> None:
    dates = pd.Series(pd.to_datetime(["2026-01-31 23:00", None, "1969-12-31 01:00"], format="mixed")).astype(
        f"datetime64[{unit}]"
    )
    assert day_numbers(dates).tolist() == [20_484, NO_DATE, -1]


def test_dimensions_that_are_encoded_together_change_no_figure() -> None:
    rng = np.random.default_rng(3)
    rows = 200_000
    lines = pd.DataFrame({"date": DAY + pd.to_timedelta(rng.integers(0, 500, rows), "D")})
    for name, many in (("product", 300), ("region", 7), ("customer", 9_000)):
        lines[name] = pd.Series(rng.integers(0, many, rows)).map("{:04d}".format).astype("str")
    lines = lines.assign(**{name: rng.integers(-999, 9_999, rows) / 100 for name in ("sales", "volume", "profit")})
    lines["margin"] = lines["profit"].mask(rng.random(rows) < 0.1)
    money = lines[["date", "product", "region"]].assign(collections=lines["sales"]).iloc[: rows // 2]
    cube = Cube(lines, money, dimensions=["product", "region", "customer", "not there"])
    for by, where in (
        (["region"], {}),
        (["product", "region"], {}),
        (["customer"], {}),
        (["customer", "product"], {}),
        (["product"], {"region": "0003"}),
        (["product"], {"region": ["0001", "0002", "0003", "0005"], "customer": [f"{n:04d}" for n in range(4_000)]}),
    ):
        kept, paid = lines, money.reindex(columns=[*money, "customer"])
        for name, wanted in where.items():
            many = wanted if isinstance(wanted, list) else [wanted]
            kept, paid = kept[kept[name].isin(many)], paid[paid[name].isin(many)]
        expected = five_quantities(kept, paid.astype({"customer": "str"}), by, "month")
        found = cube.table(by, "month", where)
        pd.testing.assert_frame_equal(found, expected, check_dtype=False, atol=0.005, rtol=0)


def test_missing_dates_are_a_period_of_their_own() -> None:
    lines = order_measures(pd.DataFrame({"date": [DAY, pd.NaT], "quantity": 1.0, "amount": [1.0, 2.0]}))
    found = Cube(lines).table([], "month")
    assert found["sales"].tolist() == [1.0, 2.0]
    assert found["period"].isna().tolist() == [False, True]
    expected = five_quantities(lines, None, [], "month")
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_what_never_happened_is_zero_and_its_rate_blank() -> None:
    cube = Cube(order_measures(pd.DataFrame({"date": [DAY], "product": ["P"], "quantity": 1.0, "amount": [1.0]})))
    assert cube.figure("sales", {"product": "Q"}) == 0.0
    assert np.isnan(cube.figure("margin_rate", {"product": "Q"}))
    assert np.isnan(cube.figure("collections", {"product": "P"}))

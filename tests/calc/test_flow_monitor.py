"""One member is chosen in a cell and everything on the sheet follows; Monitor rewrites what pages and charts show."""

import pytest
import xlwings as xw

from tests.calc.flows import body, cell, cells, table
from tests.calc.window import Window
from xlsales.build.sheets.focus import FIVE, NAME
from xlsales.labels import word


def test_a_member_is_chosen_and_the_sheet_follows(window: Window, book: xw.Book, lang: str) -> None:
    members, pace = body(book, "members"), body(book, "pace")
    region = members[members["scope"] == word("value.scope.region", lang)].iloc[0]
    choice = book.names[NAME].refers_to_range
    sheet = choice.sheet
    sheet.activate()
    choice[0, 0].value = region["choice"]
    mine = pace[(pace["scope"] == region["scope"]) & (pace["member"] == region["member"])]
    sales = mine[mine["measure"] == word("value.measure.sales", lang)].iloc[-1]
    shown = cells(sheet.range((FIVE + 3, 1), (FIVE + 3, 14)))[0]
    assert shown[2:4] == pytest.approx([sales["target"], sales["actual"]])
    assert shown[7] == pytest.approx(sales["landing_blended"])

    # An order line is doubled: after Monitor the sheet and the data of its chart show more.
    chart = book.names["xs_chart_focus_months"].refers_to_range
    before = cells(chart)
    orders = table(book, "orders")
    rows = body(book, "orders")
    places = [at for at, home in enumerate(rows["region"]) if home == region["member"]]
    quantity, amount = cell(orders, "quantity", places[-1]), cell(orders, "amount", places[-1])
    grown = float(amount.value)
    quantity.value, amount.value = 2 * float(quantity.value), 2 * grown
    window.run("monitor")
    after = cells(chart)
    old, new = ([float(line[1] or 0) for line in grid[1:] if isinstance(line[1], float)] for grid in (before, after))
    assert sum(new) == pytest.approx(sum(old) + grown)
    shown = cells(sheet.range((FIVE + 3, 1), (FIVE + 3, 14)))[0]
    assert shown[3] == pytest.approx(sales["actual"] + grown)
    alerts = table(book, "alerts")
    formula = cell(alerts, "place", 0).formula
    assert formula.upper().startswith("=HYPERLINK("), formula
    assert cell(alerts, "place", 0).value

"""The demonstration company, made small, in a book of the toy engine: sheets and tables where the builder lays them."""

from functools import cache
from pathlib import Path

import pandas as pd
import xlwings as xw

from tests.toy_engine import Range, Sheet, Table, toy_book
from xlsales import demo
from xlsales.build.layout import FIRST_ROW, HEADER_ROW, SHEETS, blocks, list_object
from xlsales.hosts.cells import column_cells
from xlsales.labels import label, word
from xlsales.schema import TABLES
from xlsales.schema.model import CODE, PERIOD, TEXT
from xlsales.schema.origin import letters
from xlsales.schema.targets import QUANTITIES

KEPT_CUSTOMERS = 12
FIRST_MONTH = 3


@cache
def company(lang="en"):
    """The company's tables with the orders, invoices and receipts of a few customers."""
    return made_small(demo.tables(lang))


def made_small(frames):
    """Tables of the company cut down to those of a few customers."""
    few = frames["customers"]["customer"].head(KEPT_CUSTOMERS)
    for key in ("orders", "invoices", "receipts", "contracts", "opportunities", "customer_owners"):
        frames[key] = frames[key][frames[key]["customer"].isin(few)].reset_index(drop=True)
    lines = frames["orders"]["order"] + "/" + frames["orders"]["line"].astype(str)
    credits_ = frames["order_credits"]
    kept = (credits_["order"] + "/" + credits_["line"].astype(str)).isin(lines)
    frames["order_credits"] = credits_[kept].reset_index(drop=True)
    open_deals = frames["opportunity_snapshots"]["opportunity"].isin(frames["opportunities"]["opportunity"])
    frames["opportunity_snapshots"] = frames["opportunity_snapshots"][open_deals].reset_index(drop=True)
    for key in ("interactions", "quotes", "tasks", "satisfaction", "service_cases"):
        frames[key] = frames[key].head(40)
    for key in ("expenses", "prices", "contacts", "activity_plan", "budget", "payments"):
        frames[key] = frames[key].head(60)
    return frames


def write_folder(folder: Path, frames) -> None:
    """The tables as a folder of CSV files."""
    folder.mkdir(parents=True, exist_ok=True)
    for key, frame in frames.items():
        (folder / f"{key}.csv").write_text(demo.as_csv(frame), encoding="utf-8", newline="")


def open_company(lang="en", frames=None, name="company.xlsx", **settings) -> xw.Book:
    """The company's workbook. settings: values by key, put into the table of settings."""
    book = toy_book(name)
    frames = dict(company(lang) if frames is None else frames)
    wanted = {"language": word(f"value.language.{lang}", lang), **settings}
    own = frames["settings"][~frames["settings"]["setting"].isin(wanted)]
    extra = pd.DataFrame({"setting": list(wanted), "value": pd.Series(list(wanted.values()), dtype=object)})
    frames["settings"] = pd.concat([own.astype(object), extra], ignore_index=True)
    impl = book.impl
    impl.tabs.clear()
    for sheet in SHEETS:
        tab = Sheet(impl, word("sheet." + sheet.key, lang))
        tab.visible = {"": True, "hidden": 0, "very": 2}[sheet.hidden]
        impl.tabs.append(tab)
        counts = {table.key: len(frames.get(table.key, ())) for table in sheet.tables}
        for block in blocks(sheet, counts, {}):
            lay_table(tab, block, frames.get(block.table.key, pd.DataFrame()), lang)
        tab.locked = not sheet.typed and bool(sheet.tables)
        if sheet.key == "plan_view":
            lay_choice(impl, tab)
        elif sheet.key.startswith("plan_") and sheet.key != "plan_data":
            lay_plan(impl, tab, sheet.key.removeprefix("plan_"), frames)
    return book


def lay_table(tab, block, frame, lang) -> None:
    """Headings, rows and ListObject of one table."""
    table, top = block.table, HEADER_ROW + 1
    for step, column in enumerate(table.columns):
        at = block.first_column + 1 + step
        tab.cells_[top, at] = label(table.key, column.key, lang)
        cells = column_cells(table, column, frame[column.key], lang) if column.key in frame else []
        tab.cells_ |= {(top + 1 + row, at): cell for row, cell in enumerate(cells) if cell is not None}
        if column.kind in {TEXT, CODE, PERIOD} and not (table.key == "settings" and column.key == "value"):
            tab.formats |= {(row, at): "@" for row in range(top + 1, block.last_row + 2)}
    area = Range(tab, top, block.first_column + 1, block.last_row - HEADER_ROW + 1, len(table.columns))
    tab.listed.append(Table(tab, list_object(table.key), area))


def lay_plan(book, tab, measure, frames) -> None:
    """The matrix of a measure: the company, its regions, their salespeople; parents are sums."""
    plan, top = frames["plan"], FIRST_ROW + 1
    mine = plan[plan["measure"] == measure]
    months = [f"2026-{month:02d}" for month in range(1, 13)]
    tab.cells_ |= {(top - 1, FIRST_MONTH + 1 + 2 * step): month for step, month in enumerate(months)}
    tab.cells_ |= {(top - 1, FIRST_MONTH + 2 + 2 * step): "H" for step in range(12)}
    leaves = mine[["region", "salesperson"]].drop_duplicates()
    row, regions = top + 1, []
    keys = zip(mine["region"], mine["salesperson"].fillna(""), mine["period"], strict=True)
    values = dict(zip(keys, zip(mine["value"], mine["held"], strict=True), strict=True))
    for region, people in leaves.groupby("region", sort=False):
        regions.append(row)
        tab.cells_ |= {(row, 1): region, (row, 3): region}
        own = people["salesperson"].dropna()
        for step, month in enumerate(months):
            if len(own):
                sums(tab, row, step, [(row + 1, row + len(own))])
            else:
                type_plan(tab, row, step, values.get((region, "", month)))
        for number, person in enumerate(own, row + 1):
            tab.cells_ |= {(number, 1): region, (number, 2): person, (number, 3): person}
            for step, month in enumerate(months):
                type_plan(tab, number, step, values.get((region, person, month)))
        row += len(own) + 1
    tab.cells_[top, 3] = "Company"
    for step in range(12):
        sums(tab, top, step, [(region, region) for region in regions] or [(top + 1, top + 1)])
    last = letters(FIRST_MONTH + 24)
    name = tab.name.replace("'", "''")
    book.named[f"xs_plan_{measure}"] = f"='{name}'!$A${top - 1}:${last}${max(row - 1, top + 1)}"
    book.named[f"xs_version_{measure}"] = f"='{name}'!$B$5"
    book.named[f"xs_year_{measure}"] = f"='{name}'!$B$6"
    book.named[f"xs_command_{measure}"] = f"='{name}'!$D$5"
    book.named[f"xs_reference_{measure}"] = f"='{name}'!$D$6"
    book.named[f"xs_method_{measure}"] = f"='{name}'!$H$5"
    book.named[f"xs_numbers_{measure}"] = f"='{name}'!$L$5:$N$5"
    book.named[f"xs_bounds_{measure}"] = f"='{name}'!$AH${top - 1}:$AI${max(row - 1, top + 1)}"
    tab.cells_ |= {(5, 2): "base", (6, 2): "2026"}
    tab.formats[5, 4] = "@"


def lay_choice(book, tab) -> None:
    """The sheet Plan by choice, nothing chosen yet."""
    last, name = letters(FIRST_MONTH + 2 * (53 + 5)), tab.name.replace("'", "''")
    places = {
        "plan": f"$A${HEADER_ROW + 1}:${last}${FIRST_ROW + 100}",
        "version": "$B$5",
        "year": "$B$6",
        "command": "$D$5",
        "reference": "$D$6",
        "method": "$H$5",
        "numbers": "$L$5:$N$5",
        "measure": "$D$4",
        "rows": "$H$4",
        "then": "$L$4",
        "only": "$P$4",
        "grain": "$T$4",
    }
    for key, place in places.items():
        book.named[f"xs_{key}_view"] = f"='{name}'!{place}"
    tab.formats |= {(row, column): "@" for row in range(HEADER_ROW + 1, FIRST_ROW + 101) for column in (1, 2, 3)}


def sums(tab, row, step, runs) -> None:
    column = FIRST_MONTH + 1 + 2 * step
    listed = ",".join(f"{letters(column)}{first}:{letters(column)}{last}" for first, last in runs)
    tab.formulas[row, column] = f'=IF(COUNT({listed})=0,"",SUM({listed}))'
    tab.cells_[row, column] = 0.0


def type_plan(tab, row, step, planned) -> None:
    column = FIRST_MONTH + 1 + 2 * step
    if planned is not None:
        value, held = planned
        tab.cells_[row, column] = float(value)
        if bool(held):
            tab.cells_[row, column + 1] = "H"


def rows_of(book: xw.Book, key: str, lang="en") -> pd.DataFrame:
    """A table of the book as cells, by key, without rows in which nothing stands."""
    table = next(table for sheet in book.sheets for table in sheet.tables if table.name == list_object(key))
    cells = table.range.options(ndim=2).value
    cells = cells[: len(cells) - bool(table.show_totals)]
    names = {label(key, column.key, lang): column.key for column in TABLES[key].columns}
    frame = pd.DataFrame(cells[1:], columns=[names.get(name, name) for name in cells[0]], dtype=object)
    return frame.dropna(how="all").reset_index(drop=True)


def cell_of(book: xw.Book, key: str, column: str, row: int, lang="en") -> xw.Range:
    """A cell of a table; row from 0."""
    table = next(table for sheet in book.sheets for table in sheet.tables if table.name == list_object(key))
    heads = table.header_row_range.options(ndim=2).value[0]
    return table.range[row + 1, heads.index(label(key, column, lang))]


__all__ = ["QUANTITIES", "cell_of", "company", "open_company", "rows_of", "write_folder"]

"""A hundred thousand order lines in a real Calc: opened, refreshed with progress on the status bar, timed."""

from pathlib import Path
from time import perf_counter

import pandas as pd
import pytest

from tests.calc.company import NOW
from tests.calc.flows import body, sourced
from tests.calc.talk import Talk
from tests.calc.window import Window
from tests.toy_company import company, write_folder
from xlsales import terminal
from xlsales.build.calc_edition import calc_edition
from xlsales.hosts.book import run
from xlsales.hosts.calc import App
from xlsales.labels import word

LINES = 100_000


def large_company(folder: Path, lang: str) -> Path:
    """The small company with its order lines repeated until there are so many; Calc's edition of its workbook."""
    frames = dict(company(lang))
    few = frames["orders"]
    times = -(-LINES // len(few))
    copies = [few.assign(order=few["order"] + f"-{number}") for number in range(times)]
    frames["orders"] = pd.concat(copies, ignore_index=True).head(LINES)
    frames["order_credits"] = frames["order_credits"].head(0)
    write_folder(folder / "data", frames)
    request = terminal.Request(folder / "data", None, lang, NOW)
    assert terminal.run(request, folder / "sales.xlsm", strict=False, force=True) == 0
    calc_edition(folder / "sales.xlsm", folder / "sales.calc.xlsx")
    return folder / "sales.calc.xlsx"


@pytest.mark.long
@pytest.mark.parametrize("lang", ["en"])
def test_a_hundred_thousand_order_lines(
    window: Window, tmp_path: Path, lang: str, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = large_company(tmp_path, lang)
    start = perf_counter()
    book = window.show(path)
    opened = perf_counter() - start
    assert len(body(book, "orders")) == LINES
    sourced(book, lang)
    orders = path.parent / "data" / "orders.csv"
    lines = pd.read_csv(orders, dtype=str)
    heading = next(each for each in lines if each in {"quantity", word("column.quantity", lang)})
    lines.loc[lines.index[-1], heading] = "999999"
    lines.to_csv(orders, index=False)
    shown, status = [], App.status_bar

    def told(self: App, text: str | bool) -> None:
        shown.append(text)
        status.fset(self, text)

    monkeypatch.setattr(App, "status_bar", property(status.fget, told))
    start = perf_counter()
    run("refresh_orders", book, NOW)
    taken = perf_counter() - start
    assert body(book, "orders")["quantity"].iloc[-1] == 999999, talk.said
    texts = [text for text in shown if isinstance(text, str)]
    assert word("said.writing", lang) in texts
    assert len(set(texts)) >= 5, "each step is named on the status bar"
    assert shown[-1] is False, "and is gone at the end"
    print(f"{LINES:,} order lines: opened in {opened:.1f} s, refreshed in {taken:.1f} s")

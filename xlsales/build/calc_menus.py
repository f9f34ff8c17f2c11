"""Menu and toolbars "xlsales" of the extension for LibreOffice Calc, from the registry of commands."""

from collections.abc import Sequence
from itertools import groupby
from typing import Protocol

from xlsales.build.xcu import component_data, group, node, plain, spoken
from xlsales.labels import LANGUAGES, word, words

COMMAND = "org.xlsales.Command"
SHEETS_ONLY = "com.sun.star.sheet.SpreadsheetDocument"
TOOLBAR = "private:resource/toolbar/addon_"
# The groups of commands on each toolbar, one below the other: together they are longer than a screen is wide, and what
# does not fit into a row is behind an arrow that few people find.
BARS = (("data", "finance", "monitor"), ("plan",), ("evaluate", "improve", "book"))
ROW = 9  # of the first one, below LibreOffice's own


class Button(Protocol):
    """What the toolbar must know of a command; its words are looked up by its id."""

    id: str
    group: str


def addons_xcu(buttons: Sequence[Button]) -> str:
    """The menu, a submenu for each group of commands, and the toolbars, which LibreOffice keeps flat."""
    groups = [(key, list(members)) for key, members in groupby(buttons, key=lambda button: button.group)]
    menus = [
        node(
            f"G{number:02}",
            plain("URL", "private:menu"),
            spoken("Title", {lang: word("group." + key, lang) for lang in LANGUAGES}),
            plain("Context", SHEETS_ONLY),
            group("Submenu", *(item(place, button) for place, button in enumerate(members))),
        )
        for number, (key, members) in enumerate(groups)
    ]
    title = spoken("Title", {lang: word("ribbon.tab", lang) for lang in LANGUAGES})
    menu = node("org.xlsales.menu", title, plain("Context", SHEETS_ONLY), group("Submenu", *menus))
    members = dict(groups)
    bars = [node(bar_name(bar), *toolbar([members[key] for key in bar if key in members])) for bar in BARS]
    ui = group("AddonUI", group("OfficeMenuBar", menu), group("OfficeToolBar", *bars))
    return component_data("org.openoffice.Office.Addons", ui)


def bar_name(bar: Sequence[str]) -> str:
    """A toolbar as LibreOffice calls it.

    >>> bar_name(("plan",))
    'org.xlsales.toolbar.plan'
    """
    return f"org.xlsales.toolbar.{bar[0]}"


def toolbar(groups: Sequence[Sequence[Button]]) -> list[str]:
    """The buttons of the toolbar with a line between groups; the names of the nodes give the order."""
    found: list[str] = []
    for members in groups:
        if found:
            found.append(node(f"B{len(found):03}", plain("URL", "private:separator")))
        for button in members:
            found.append(item(len(found), button))
    return found


def item(place: int, button: Button) -> str:
    """One command, in the menu or on the toolbar."""
    entry = words()["command." + button.id]
    return node(
        f"B{place:03}",
        plain("URL", f"service:{COMMAND}?{button.id}"),
        spoken("Title", {lang: entry[lang] for lang in LANGUAGES}),
        plain("Target", "_self"),
        plain("Context", SHEETS_ONLY),
    )


def window_xcu() -> str:
    """Where the toolbars stand and what they are called."""
    states = [
        node(
            TOOLBAR + bar_name(bar),
            spoken("UIName", {lang: bar_title(bar, lang) for lang in LANGUAGES}),
            plain("Docked", "true", "xs:boolean"),
            plain("Visible", "true", "xs:boolean"),
            plain("DockingArea", "0", "xs:int"),
            plain("DockPos", f"0,{ROW + row}", "xs:string"),
        )
        for row, bar in enumerate(BARS)
    ]
    return component_data("org.openoffice.Office.UI.CalcWindowState", group("UIElements", group("States", *states)))


def bar_title(bar: Sequence[str], lang: str) -> str:
    """A toolbar as people find it in the list of toolbars.

    >>> bar_title(("data", "finance"), "en")
    'xlsales: Data, Finance'
    """
    groups = word("where.list", lang).join(word("group." + key, lang) for key in bar)
    return word("where.says", lang).format(place=word("ribbon.tab", lang), text=groups)

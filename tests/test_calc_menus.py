"""Menu and toolbars of the extension for Calc: every command once in each, under its words."""

from itertools import chain
from xml.etree import ElementTree as ET

from xlsales.build.calc_menus import BARS, addons_xcu, bar_title, window_xcu
from xlsales.commands.registry import CALC_COMMANDS, COMMANDS, GROUPS
from xlsales.labels import LANGUAGES, word

OOR = "{http://openoffice.org/2001/registry}"
BUTTONS = [*COMMANDS.values(), *CALC_COMMANDS.values()]
WIDE = 130  # letters on the buttons of a toolbar: with their margins what a window of 1366 points shows


def addresses(part: str) -> list[str]:
    """The ids of the commands that a part of the configuration calls, in its order."""
    tree = ET.fromstring(addons_xcu(BUTTONS))
    (found,) = (each for each in tree.iter("node") if each.get(OOR + "name") == part)
    urls = (each.findtext("value") or "" for each in found.iter("prop") if each.get(OOR + "name") == "URL")
    return [url.partition("?")[2] for url in urls if url.startswith("service:")]


def test_every_command_is_in_the_menu_and_on_a_toolbar_once() -> None:
    ids = [button.id for button in BUTTONS]
    assert addresses("OfficeMenuBar") == ids
    assert sorted(addresses("OfficeToolBar")) == sorted(ids)


def test_every_group_is_on_one_toolbar() -> None:
    assert sorted(chain.from_iterable(BARS)) == sorted(GROUPS)


def test_a_toolbar_fits_into_a_window() -> None:
    for bar in BARS:
        named = [button for button in BUTTONS if button.group in bar]
        for lang in LANGUAGES:
            letters = sum(len(word("command." + button.id, lang)) for button in named)
            assert letters * (1 if lang == "en" else 2) <= WIDE, bar


def test_the_toolbars_stand_below_each_other_under_their_names() -> None:
    tree = ET.fromstring(window_xcu())
    places = [each.findtext("value") for each in tree.iter("prop") if each.get(OOR + "name") == "DockPos"]
    assert places == ["0,9", "0,10", "0,11"]
    for bar in BARS:
        assert bar_title(bar, "zh") in window_xcu()

"""The ribbon as XML: one tab for each language, a group of buttons for each part of the cycle."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol
from xml.sax.saxutils import quoteattr

from xlsales.labels import LANGUAGES, word, words

# Excel 2007 reads the first, every later one the second.
EDITIONS = {
    "customUI/customUI.xml": ("http://schemas.microsoft.com/office/2006/01/customui", "2006"),
    "customUI/customUI14.xml": ("http://schemas.microsoft.com/office/2009/07/customui", "2007"),
}
RELATION = "http://schemas.microsoft.com/office/{year}/relationships/ui/extensibility"
LONGEST_TIP = 1024
LARGE = frozenset({"refresh_all", "allocate", "refresh_margin", "refresh_collections", "monitor", "score", "improve"})


class Button(Protocol):
    """What the ribbon must know of a command; its words are looked up by its id."""

    id: str
    group: str
    icon: str


def parts(buttons: Iterable[Button], *, addin: bool) -> dict[str, bytes]:
    """The files of the ribbon by their place in the package."""
    groups: dict[str, list[Button]] = {}
    for button in buttons:
        groups.setdefault(button.group, []).append(button)
    return {place: ribbon(namespace, groups, addin=addin).encode() for place, (namespace, _) in EDITIONS.items()}


def relations() -> dict[str, tuple[str, str]]:
    """The year and the type of the relationship that leads to each file."""
    return {place: (year, RELATION.format(year=year)) for place, (_, year) in EDITIONS.items()}


def ribbon(namespace: str, groups: Mapping[str, Sequence[Button]], *, addin: bool) -> str:
    """The whole XML of one edition."""
    end = "_addin" if addin else ""
    tabs = "".join(tab(lang, groups, end) for lang in LANGUAGES)
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<customUI xmlns="{namespace}" onLoad="xs_ribbon_loaded{end}"><ribbon><tabs>{tabs}</tabs></ribbon></customUI>'
    )


def tab(lang: str, groups: Mapping[str, Sequence[Button]], end: str) -> str:
    """The tab of a language."""
    inside = "".join(
        f"<group id={quoteattr(f'xs_group{end}_{lang}_{key}')} label={quoteattr(word('group.' + key, lang))}>"
        + "".join(button(each, lang, end) for each in members)
        + "</group>"
        for key, members in groups.items()
    )
    name = quoteattr(word("ribbon.tab", lang))
    return f'<tab id="xs_tab{end}_{lang}" label={name} getVisible="xs_ribbon_tab{end}">{inside}</tab>'


def button(button: Button, lang: str, end: str) -> str:
    """A button with its picture from the Office set, its words and its tip."""
    attributes = {
        "id": f"xs_button{end}_{lang}_{button.id}",
        "label": word("command." + button.id, lang),
        "screentip": word("command." + button.id, lang),
        "supertip": words()["command." + button.id]["help_" + lang][:LONGEST_TIP],
        "imageMso": button.icon,
        "size": "large" if button.id in LARGE else "normal",
        "onAction": f"xs_ribbon_{button.id}{end}",
    }
    return "<button " + " ".join(f"{key}={quoteattr(text)}" for key, text in attributes.items()) + "/>"

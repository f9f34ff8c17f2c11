"""The extension for LibreOffice Calc (.oxt) from the registries: functions XLSALES.NAME, menu and toolbar "xlsales"."""

import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from io import BytesIO
from itertools import groupby
from typing import Any, Protocol
from xml.sax.saxutils import escape, quoteattr

from xlsales.build.type_library import type_library
from xlsales.labels import LANGUAGES, word, words
from xlsales.udfs import FUNCTIONS
from xlsales.udfs.registry import Function

IDENTIFIER = "org.xlsales.addin"
PREFIX, SERVICE = "XS_", "XLSALES"
ADD_IN, COMMAND = "com.sun.star.sheet.AddIn", "org.xlsales.Command"
MODULES, INTERFACE = ("org", "xlsales"), "XFunctions"
SHEETS_ONLY = "com.sun.star.sheet.SpreadsheetDocument"
TOOLBAR = "private:resource/toolbar/addon_org.xlsales.toolbar"
LOCALES = {"en": "en-US", "zh": "zh-CN"}
REASONS = ("version", "gone", "broken", "failed")
MADE = (2026, 1, 1, 0, 0, 0)  # the same bytes on every day
COMPONENT = "calc_component.txt"  # not .py: only LibreOffice can import it
CONFIGURATION = "application/vnd.sun.star.configuration-data"
KINDS = {
    "xlsales.rdb": "application/vnd.sun.star.uno-typelibrary;type=RDB",
    "xlsales.components": "application/vnd.sun.star.uno-components",
    "CalcAddIns.xcu": CONFIGURATION,
    "Addons.xcu": CONFIGURATION,
    "CalcWindowState.xcu": CONFIGURATION,
}
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


class Button(Protocol):
    """What the toolbar must know of a command; its words are looked up by its id."""

    id: str
    group: str


def extension(buttons: Sequence[Button], version: str, environment: Mapping[str, Any]) -> bytes:
    """The extension as bytes. environment: `version` (of Python, "3.11") and `folders` (what to put on its path)."""
    methods = {method_name(function): [each.name for each in function.arguments] for function in FUNCTIONS.values()}
    names = {method_name(function): function.name for function in FUNCTIONS.values()}
    component = files("xlsales.build").joinpath("parts", COMPONENT).read_bytes()
    texts = {reason: {lang: word("calc." + reason, lang) for lang in LANGUAGES} for reason in REASONS}
    parts = {
        "META-INF/manifest.xml": manifest().encode(),
        "description.xml": description(version).encode(),
        "xlsales.rdb": type_library(MODULES, INTERFACE, methods),
        "xlsales.components": components().encode(),
        "xlsales_component.py": component,
        "CalcAddIns.xcu": functions_xcu(FUNCTIONS.values()).encode(),
        "Addons.xcu": addons_xcu(buttons).encode(),
        "CalcWindowState.xcu": window_xcu().encode(),
        "functions.json": json.dumps(names).encode(),
        "texts.json": json.dumps(texts, ensure_ascii=False).encode(),
        "environment.json": json.dumps(environment, ensure_ascii=False).encode(),
    }
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            info = zipfile.ZipInfo(name, MADE)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(info, content)
    return buffer.getvalue()


def method_name(function: Function) -> str:
    """A function as the interface calls it.

    >>> method_name(FUNCTIONS["XS_PACE"])
    'pace'
    """
    return function.name.removeprefix(PREFIX).lower()


def calc_name(function: Function) -> str:
    """A function as cells of Calc call it.

    >>> calc_name(FUNCTIONS["XS_PACE"])
    'XLSALES.PACE'
    """
    return f"{SERVICE}.{function.name.removeprefix(PREFIX)}"


def manifest() -> str:
    """Which file is what."""
    entries = "".join(
        f"<manifest:file-entry manifest:media-type={quoteattr(kind)} manifest:full-path={quoteattr(name)}/>"
        for name, kind in KINDS.items()
    )
    return (
        f'{HEAD}<manifest:manifest xmlns:manifest="http://openoffice.org/2001/manifest">{entries}</manifest:manifest>'
    )


def components() -> str:
    """What the component offers, as text: LibreOffice need not run Python in order to install it."""
    offered = {SERVICE: (ADD_IN, SERVICE), COMMAND: (COMMAND,)}
    implementations = ""
    for name, services in offered.items():
        listed = "".join(f'<service name="{each}"/>' for each in services)
        implementations += f'<implementation name="{name}">{listed}</implementation>'
    return (
        f'{HEAD}<components xmlns="http://openoffice.org/2010/uno-components">'
        f'<component loader="com.sun.star.loader.Python" uri="xlsales_component.py">{implementations}</component>'
        "</components>"
    )


def description(version: str) -> str:
    """What the list of extensions shows."""
    names = "".join(f'<name lang="{lang}">{escape(word("ribbon.tab", lang))}</name>' for lang in LANGUAGES)
    return (
        f'{HEAD}<description xmlns="http://openoffice.org/extensions/description/2006">'
        f'<identifier value="{IDENTIFIER}"/><version value={quoteattr(version)}/>'
        f"<display-name>{names}</display-name></description>"
    )


def node(name: str, *content: str) -> str:
    """A node of the configuration."""
    return f'<node oor:name={quoteattr(name)} oor:op="replace">{"".join(content)}</node>'


def group(name: str, *content: str) -> str:
    """A node that is there already."""
    return f"<node oor:name={quoteattr(name)}>{''.join(content)}</node>"


def plain(name: str, value: str, kind: str = "xs:string") -> str:
    """A property."""
    return f'<prop oor:name="{name}" oor:type="{kind}"><value>{escape(value)}</value></prop>'


def spoken(name: str, says: Mapping[str, str]) -> str:
    """A property in every language."""
    values = "".join(f'<value xml:lang="{LOCALES[lang]}">{escape(text)}</value>' for lang, text in says.items())
    return f'<prop oor:name="{name}" oor:type="xs:string">{values}</prop>'


def component_data(name: str, *content: str) -> str:
    """A file of the configuration."""
    package, _, own = name.rpartition(".")
    return (
        f'{HEAD}<oor:component-data xmlns:oor="http://openoffice.org/2001/registry" '
        f'xmlns:xs="http://www.w3.org/2001/XMLSchema" oor:name="{own}" oor:package="{package}">'
        f"{''.join(content)}</oor:component-data>"
    )


def functions_xcu(functions: Iterable[Function]) -> str:
    """The functions and their arguments with help in every language, for the function wizard."""
    nodes = []
    for function in functions:
        name = calc_name(function)
        arguments = [
            node(
                each.name,
                spoken("DisplayName", dict.fromkeys(LANGUAGES, each.name)),
                spoken("Description", {lang: function.argument_help(each.name, lang) for lang in LANGUAGES}),
            )
            for each in function.arguments
        ]
        nodes.append(
            node(
                method_name(function),
                spoken("DisplayName", dict.fromkeys(LANGUAGES, name)),
                spoken("Description", {lang: function.label(lang) for lang in LANGUAGES}),
                plain("Category", "Add-In"),
                spoken("CompatibilityName", dict.fromkeys(LANGUAGES, name)),
                group("Parameters", *arguments),
            )
        )
    inside = group("AddInInfo", node(SERVICE, group("AddInFunctions", *nodes)))
    return component_data("org.openoffice.Office.CalcAddIns", inside)


def addons_xcu(buttons: Sequence[Button]) -> str:
    """The menu, a submenu for each group of commands, and the toolbar, which LibreOffice keeps flat."""
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
    bar = node("org.xlsales.toolbar", *toolbar([members for _, members in groups]))
    ui = group("AddonUI", group("OfficeMenuBar", menu), group("OfficeToolBar", bar))
    return component_data("org.openoffice.Office.Addons", ui)


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
    """Where the toolbar stands and what it is called."""
    state = node(
        TOOLBAR,
        spoken("UIName", {lang: word("ribbon.tab", lang) for lang in LANGUAGES}),
        plain("Docked", "true", "xs:boolean"),
        plain("Visible", "true", "xs:boolean"),
        plain("DockingArea", "0", "xs:int"),
        plain("DockPos", "0,9", "xs:string"),
    )
    return component_data("org.openoffice.Office.UI.CalcWindowState", group("UIElements", group("States", state)))

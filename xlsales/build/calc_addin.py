"""The extension for LibreOffice Calc (.oxt) from the registries: functions XLSALES.NAME, menu and toolbars."""

import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from xlsales.build.calc_menus import COMMAND, Button, addons_xcu, window_xcu
from xlsales.build.type_library import type_library
from xlsales.build.xcu import HEAD, component_data, group, node, plain, spoken
from xlsales.labels import LANGUAGES, word
from xlsales.udfs import FUNCTIONS
from xlsales.udfs.registry import Function

IDENTIFIER = "org.xlsales.addin"
PREFIX, SERVICE = "XS_", "XLSALES"
ADD_IN = "com.sun.star.sheet.AddIn"
MODULES, INTERFACE = ("org", "xlsales"), "XFunctions"
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

"""LibreOffice's configuration files (.xcu), written as text."""

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
LOCALES = {"en": "en-US", "zh": "zh-CN"}


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

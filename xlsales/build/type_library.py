"""A type library of LibreOffice (UNOIDL, version 0) with one interface: which functions the add-in has.

LibreOffice's own tool for it comes with its development kit alone, which no user has; the format is small: numbers with
the lowest byte first, a map of modules, and texts with their length before them or an offset to where they stand.
"""

import struct
from collections.abc import Mapping, Sequence

MAGIC = b"UNOIDL\xff\0"
MODULE, INTERFACE = 0, 5
IN = 0
BASE, ANY, ROWS = "com.sun.star.uno.XInterface", "any", "[][]any"  # in an `any` Calc would not take rows


def type_library(modules: Sequence[str], interface: str, methods: Mapping[str, Sequence[str]]) -> bytes:
    r"""The file for `modules` ("org", "xlsales") and an interface in the innermost; arguments are
    `any`, results rows of it.

    methods: names to the names of their arguments.

    >>> type_library(("org",), "XEmpty", {})[:8]
    b'UNOIDL\xff\x00'
    """
    body = bytearray(MAGIC + bytes(8))
    payload = len(body)
    body += bytes([INTERFACE]) + _count(1) + _text(BASE) + _count(0) + _count(0) + _count(len(methods))
    for name, arguments in methods.items():
        body += _text(name) + _text(ROWS) + _count(len(arguments))
        for argument in arguments:
            body += bytes([IN]) + _text(argument) + _text(ANY)
        body += _count(0)  # exceptions
    name = interface
    for module in (*reversed(modules), None):
        map_at = _entry(body, name, payload)
        if module is None:
            body[8:16] = struct.pack("<II", map_at, 1)
            break
        # A module's map stands behind its kind and its count, so the entry is written once more there.
        entry = bytes(body[map_at:])
        del body[map_at:]
        payload = len(body)
        body += bytes([MODULE]) + _count(1) + entry
        name = module
    return bytes(body)


def _entry(body: bytearray, name: str, payload: int) -> int:
    """Write a name and an entry that leads to a payload; the place of the entry."""
    name_at = len(body)
    body += name.encode("ascii") + b"\0"
    entry_at = len(body)
    body += struct.pack("<II", name_at, payload)
    return entry_at


def _count(number: int) -> bytes:
    return struct.pack("<I", number)


def _text(text: str) -> bytes:
    """A text with its length before it."""
    letters = text.encode("ascii")
    return _count(len(letters)) + letters

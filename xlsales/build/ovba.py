"""The streams of a VBA project (MS-OVBA) from the text of its modules, without compiled code: Excel compiles it itself.

The same shape as the files that xlwings ships: `_VBA_PROJECT` of version 0xFFFF, every source starting at offset 0.
"""

import struct
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from xlsales.build.compound import compound

CODE_PAGE = 1252
CHUNK = 4096
WORKBOOK = "{00020819-0000-0000-C000-000000000046}"
WORKSHEET = "{00020820-0000-0000-C000-000000000046}"
CLASS = "{FCFB3D2A-A0FA-1068-A738-08002B3371B5}"
AUTOMATION = r"*\G{00020430-0000-0000-C000-000000000046}#2.0#0#C:\Windows\System32\stdole2.tlb#OLE Automation"
STANDARD, DOCUMENT, CLASSES = "Module", "Document", "Class"


@dataclass(frozen=True)
class Module:
    """A module: its name, its kind, and its whole source with the attributes that head it."""

    name: str
    kind: str
    source: str

    @property
    def stored(self) -> bytes:
        """The source as the project holds it: plain ASCII, so that no code page matters."""
        return self.source.replace("\n", "\r\n").encode("ascii")


def standard(name: str, body: str) -> Module:
    """A standard module."""
    return Module(name, STANDARD, f'Attribute VB_Name = "{name}"\n{body}')


def document(name: str, body: str = "", *, workbook: bool = False) -> Module:
    """The module of the workbook or of a sheet."""
    base = WORKBOOK if workbook else WORKSHEET
    return Module(name, DOCUMENT, heading(name, base, own=True) + body)


def class_module(name: str, body: str, *, exposed: bool) -> Module:
    """A class; body: its code, perhaps with further attributes ahead."""
    return Module(name, CLASSES, heading(name, CLASS, own=False, exposed=exposed) + body)


def heading(name: str, base: str, *, own: bool, exposed: bool = True) -> str:
    """The attributes that head a class; own: whether there is one of it from the start, as of a sheet."""
    attributes = {
        "VB_Name": f'"{name}"',
        "VB_Base": f'"0{base}"',
        "VB_GlobalNameSpace": False,
        "VB_Creatable": False,
        "VB_PredeclaredId": own,
        "VB_Exposed": exposed,
        "VB_TemplateDerived": False,
        "VB_Customizable": own,
    }
    return "".join(f"Attribute {key} = {value}\n" for key, value in attributes.items())


def project(modules: Sequence[Module], name: str) -> bytes:
    """The bytes of vbaProject.bin. name: the project's, in letters."""
    streams = {module.name: compressed(module.stored) for module in modules}
    streams["_VBA_PROJECT"] = bytes.fromhex("CC61FFFF000000")
    streams["dir"] = compressed(directory(modules, name))
    names = b"".join(
        module.name.encode("ascii") + b"\0" + module.name.encode("utf-16le") + b"\0\0" for module in modules
    )
    return compound({"VBA": streams, "PROJECT": listing(modules, name), "PROJECTwm": names + b"\0\0"})


def record(number: int, data: bytes = b"") -> bytes:
    """A record of the directory stream: its number, the length, the data."""
    return struct.pack("<HI", number, len(data)) + data


def twice(number: int, wide: int, text: str) -> bytes:
    """A text in the code page and once more in Unicode."""
    return record(number, text.encode("ascii")) + record(wide, text.encode("utf-16le"))


def directory(modules: Sequence[Module], name: str) -> bytes:
    """The stream `dir`: the project, its one reference, its modules."""
    library = AUTOMATION.encode("ascii")
    found = record(0x01, struct.pack("<I", 3))  # 64-bit Windows; every host reads it
    found += record(0x02, struct.pack("<I", 0x409)) + record(0x14, struct.pack("<I", 0x409))
    found += record(0x03, struct.pack("<H", CODE_PAGE)) + record(0x04, name.encode("ascii"))
    found += twice(0x05, 0x40, "") + twice(0x06, 0x3D, "")
    found += record(0x07, struct.pack("<I", 0)) + record(0x08, struct.pack("<I", 0))
    found += struct.pack("<HIIH", 0x09, 4, 1, 1) + twice(0x0C, 0x3C, "")
    found += twice(0x16, 0x3E, "stdole")
    found += record(0x0D, struct.pack("<I", len(library)) + library + bytes(6))
    found += record(0x0F, struct.pack("<H", len(modules))) + record(0x13, struct.pack("<H", 0xFFFF))
    for module in modules:
        found += twice(0x19, 0x47, module.name) + twice(0x1A, 0x32, module.name) + twice(0x1C, 0x48, "")
        found += record(0x31, struct.pack("<I", 0)) + record(0x1E, struct.pack("<I", 0))
        found += record(0x2C, struct.pack("<H", 0xFFFF))
        found += record(0x21 if module.kind == STANDARD else 0x22) + record(0x2B)
    return found + record(0x10)


def listing(modules: Sequence[Module], name: str) -> bytes:
    """The stream `PROJECT`: which modules there are, and that nothing is locked."""
    identity = "{" + str(uuid.uuid5(uuid.NAMESPACE_URL, name)).upper() + "}"
    lines = [f'ID="{identity}"']
    lines += [f"{module.kind}={module.name}" + "/&H00000000" * (module.kind == DOCUMENT) for module in modules]
    lines += [f'Name="{name}"', 'HelpContextID="0"', 'VersionCompatible32="393222000"']
    locks = (("CMG", bytes(4), 0x0D), ("DPB", bytes(1), 0x2B), ("GC", b"\xff", 0x59))
    lines += [f'{key}="{obscured(data, seed, identity)}"' for key, data, seed in locks]
    lines += ["", "[Host Extender Info]", "&H00000001={3832D640-CF90-11CF-8E43-00A0C911005A};VBE;&H00000000"]
    lines += ["", "[Workspace]", *(f"{module.name}=0, 0, 0, 0, C" for module in modules), ""]
    return "\r\n".join(lines).encode("ascii")


def obscured(data: bytes, seed: int, identity: str) -> str:
    """The data encryption of MS-OVBA 2.4.3.2 (a veil, no secret: version 2, the key is the sum of the identity)."""
    key = sum(identity.encode("ascii")) & 0xFF
    out = bytearray([seed, seed ^ 2, seed ^ key])
    plain, last, before = key, out[2], out[1]
    for byte in bytes([7] * ((seed & 6) // 2)) + struct.pack("<I", len(data)) + data:
        veiled = byte ^ ((before + plain) & 0xFF)
        out.append(veiled)
        before, last, plain = last, veiled, byte
    return out.hex().upper()


def compressed(data: bytes) -> bytes:
    """The compression of MS-OVBA 2.4.1: a sign, then chunks of 4096 bytes, each on its own."""
    out = bytearray(b"\x01")
    for start in range(0, len(data), CHUNK):
        plain = data[start : start + CHUNK]
        packed = chunk(plain)
        if len(packed) < CHUNK:
            out += struct.pack("<H", (len(packed) - 1) | 0xB000) + packed
        else:
            out += struct.pack("<H", (CHUNK - 1) | 0x3000) + plain.ljust(CHUNK, b"\0")
    return bytes(out)


def chunk(plain: bytes) -> bytes:
    """One chunk as literal bytes and copies of what came before, eight at a time behind a byte that says which."""
    out, seen, at = bytearray(), {}, 0
    while at < len(plain):
        flags, tokens = 0, bytearray()
        for bit in range(8):
            if at >= len(plain):
                break
            places = max(4, (at - 1).bit_length())  # how many bits of a copy say how far back it is
            length, back = longest(plain, at, seen, (0xFFFF >> places) + 3)
            if length:
                flags |= 1 << bit
                tokens += struct.pack("<H", ((back - 1) << (16 - places)) | (length - 3))
            else:
                tokens.append(plain[at])
            for passed in range(at, at + max(length, 1)):
                seen.setdefault(plain[passed : passed + 3], []).append(passed)
            at += max(length, 1)
        out.append(flags)
        out += tokens
    return bytes(out)


def longest(plain: bytes, at: int, seen: dict[bytes, list[int]], most: int) -> tuple[int, int]:
    """The longest copy of what stands at a place, and how far back it is; (0, 0) if there is none of three bytes."""
    best = back = 0
    most = min(most, len(plain) - at)
    if most < 3:
        return 0, 0
    for place in reversed(seen.get(plain[at : at + 3], [])):
        if plain[place : place + best + 1] != plain[at : at + best + 1]:
            continue
        length = max(best, 3)
        while length < most and plain[place + length] == plain[at + length]:
            length += 1
        if length > best:
            best, back = length, at - place
        if best == most:
            break
    return best, back

"""Our own reading of a VBA project file: the container's directory and sectors, and the rules of a source."""

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import olefile
from oletools.olevba import decompress_stream

NOBODY, LAST_REAL = 0xFFFFFFFF, 0xFFFFFFFA
RED, STORAGE, STREAM = 0, 1, 2
SHORT, CUTOFF = 64, 4096
LONGEST_LINE, MOST_CONTINUED = 1023, 24


@dataclass(frozen=True)
class Entry:
    name: str
    kind: int
    colour: int
    left: int
    right: int
    child: int
    start: int
    size: int


class Container:
    """The raw structure of a compound file, and what is wrong with it."""

    def __init__(self, data: bytes) -> None:
        self.data, self.wrong = data, []
        head = struct.unpack_from("<8s16sHHHHH6s9I", data)
        self.sector = 1 << head[5]
        if head[0].hex() != "d0cf11e0a1b11ae1" or len(data) % self.sector:
            self.wrong.append("the file is no compound file of whole sectors")
            return
        tables, directory, short_table = head[9], head[10], head[13]
        places = struct.unpack_from("<109I", data, 76)[:tables]
        self.table = [number for place in places for number in self.numbers(place)]
        for place in places:
            if self.table[place] != 0xFFFFFFFD:
                self.wrong.append("a sector of the table is not marked as one")
        self.entries = list(self.read_entries(directory))
        self.short = [number for place in self.chain(short_table, self.table) for number in self.numbers(place)]
        self.walk_storage(0, "")
        self.check_chains()

    def piece(self, number: int) -> bytes:
        return self.data[(number + 1) * self.sector : (number + 2) * self.sector]

    def numbers(self, place: int) -> tuple[int, ...]:
        return struct.unpack(f"<{self.sector // 4}I", self.piece(place))

    def chain(self, start: int, table: list[int]) -> list[int]:
        found: list[int] = []
        while start < LAST_REAL:
            if start >= len(table) or start in found:
                self.wrong.append("a chain of sectors does not end")
                return found
            found.append(start)
            start = table[start]
        return found

    def read_entries(self, directory: int) -> Iterator[Entry]:
        listed = b"".join(self.piece(number) for number in self.chain(directory, self.table))
        for at in range(0, len(listed), 128):
            raw = listed[at : at + 128]
            length, kind, colour, left, right, child = struct.unpack_from("<HBBIII", raw, 64)
            start, size = struct.unpack_from("<IQ", raw, 116)
            yield Entry(raw[: max(0, length - 2)].decode("utf-16le"), kind, colour, left, right, child, start, size)

    def walk(self, number: int, parent_red: bool) -> tuple[int, list[int]]:
        """The black height and the members of a sibling tree, in its order."""
        if number == NOBODY:
            return 1, []
        entry = self.entries[number]
        if parent_red and entry.colour == RED:
            self.wrong.append(f"two red nodes in a row at {entry.name}")
        left, before = self.walk(entry.left, entry.colour == RED)
        right, after = self.walk(entry.right, entry.colour == RED)
        if left != right:
            self.wrong.append(f"unequal black heights at {entry.name}")
        return left + (entry.colour != RED), [*before, number, *after]

    def walk_storage(self, number: int, path: str) -> None:
        _, members = self.walk(self.entries[number].child, parent_red=False)
        names = [self.entries[member].name for member in members]
        if names != sorted(names, key=lambda name: (len(name), name.upper())):
            self.wrong.append(f"siblings out of order in {path or 'the root'}")
        for member in members:
            if self.entries[member].kind == STORAGE:
                self.walk_storage(member, f"{path}/{self.entries[member].name}")

    def check_chains(self) -> None:
        for entry in self.entries:
            if entry.kind == STREAM and entry.size:
                small = entry.size < CUTOFF
                found = self.chain(entry.start, self.short if small else self.table)
                unit = SHORT if small else self.sector
                if len(found) != -(-entry.size // unit):
                    self.wrong.append(f"{entry.name} has {len(found)} sectors for {entry.size} bytes")


def container_faults(data: bytes) -> list[str]:
    """What is wrong with the container."""
    try:
        return Container(data).wrong
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        return [f"the container cannot be read: {error}"]


def sources(data: bytes) -> dict[str, bytes]:
    """The sources of the modules, as olefile and oletools read them."""
    with olefile.OleFileIO(io.BytesIO(data)) as file:
        names = [parts[1] for parts in file.listdir() if parts[0] == "VBA" and parts[1] not in {"dir", "_VBA_PROJECT"}]
        return {
            name: bytes(decompress_stream(bytearray(file.openstream(["VBA", name]).read()))) for name in sorted(names)
        }


def source_faults(name: str, source: bytes) -> list[str]:
    """What is wrong with a module's text."""
    found = []
    if not source.isascii():
        found.append(f"{name}: letters that a code page may lack")
    if b"\n" in source.replace(b"\r\n", b"") or b"\r" in source.replace(b"\r\n", b""):
        found.append(f"{name}: a line does not end in CR LF")
    if not source.startswith(b'Attribute VB_Name = "' + name.encode() + b'"'):
        found.append(f"{name}: the source begins with another name")
    continued = 0
    for number, line in enumerate(source.split(b"\r\n"), 1):
        if len(line) > LONGEST_LINE:
            found.append(f"{name}: line {number} is too long")
        continued = continued + 1 if line.endswith(b" _") else 0
        if continued > MOST_CONTINUED:
            found.append(f"{name}: line {number} is continued too often")
    return found


def project_faults(data: bytes) -> list[str]:
    """What is wrong with a VBA project file."""
    found = container_faults(data)
    if found:
        return found
    for name, source in sources(data).items():
        found += source_faults(name, source)
    with olefile.OleFileIO(io.BytesIO(data)) as file:
        listing = file.openstream("PROJECT").read().decode("ascii").splitlines()
    named = [
        line.split("=")[1].split("/")[0] for line in listing if line.split("=")[0] in {"Module", "Class", "Document"}
    ]
    if len(named) != len(set(named)) or set(named) != set(sources(data)):
        found.append("the list of modules does not fit the modules")
    return found


def project_of(book: Path) -> bytes:
    """The VBA project of a workbook file."""
    import zipfile

    with zipfile.ZipFile(book) as file:
        return file.read("xl/vbaProject.bin")

"""A compound file (MS-CFB version 3) from a tree of streams: the container of a VBA project; same input, same bytes."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

SECTOR, SHORT_SECTOR, CUTOFF = 512, 64, 4096
FREE, END, TABLE_SECTOR, NOBODY = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
STORAGE, STREAM, ROOT = 1, 2, 5
RED, BLACK = 0, 1
IN_HEADER = 109  # so many sectors of the allocation table the header names itself; a project needs a few

Tree = Mapping[str, "bytes | Tree"]


@dataclass
class Entry:
    """One line of the directory. left, right: its siblings in the search tree; child: the top of its own."""

    name: str
    kind: int
    data: bytes = b""
    colour: int = BLACK
    left: int = NOBODY
    right: int = NOBODY
    child: int = NOBODY
    start: int = 0
    size: int = 0

    @property
    def packed(self) -> bytes:
        """The 128 bytes of the entry."""
        name = (self.name + "\0").encode("utf-16le")
        head = struct.pack("<HBBIII", len(name), self.kind, self.colour, self.left, self.right, self.child)
        return name.ljust(64, b"\0") + head + bytes(36) + struct.pack("<IQ", self.start, self.size)


@dataclass
class Sectors:
    """The sectors of the file and, for each, the one that follows it."""

    content: list[bytes] = field(default_factory=list)
    following: list[int] = field(default_factory=list)

    def add(self, data: bytes) -> int:
        """Put data into new sectors; its first one, or END for none."""
        if not data:
            return END
        first, count = len(self.content), -(-len(data) // SECTOR)
        self.content += [data[at * SECTOR : (at + 1) * SECTOR].ljust(SECTOR, b"\0") for at in range(count)]
        self.following += [*range(first + 1, first + count), END]
        return first


def compound(tree: Tree) -> bytes:
    """The bytes of a compound file with the given storages (mappings) and streams (bytes).

    >>> compound({"one": b"text"})[:8].hex()
    'd0cf11e0a1b11ae1'
    """
    entries = [Entry("Root Entry", ROOT)]
    add_children(entries, 0, tree)
    sectors = Sectors()
    directory_sectors = -(-len(entries) * 128 // SECTOR)
    directory = sectors.add(bytes(directory_sectors * SECTOR))
    short, short_table = short_streams(entries)
    table_bytes = struct.pack(f"<{len(short_table)}I", *short_table)
    short_sectors = -(-len(table_bytes) // SECTOR)
    short_start = sectors.add(table_bytes.ljust(short_sectors * SECTOR, b"\xff"))
    entries[0].start, entries[0].size = sectors.add(short), len(short)
    for entry in entries:
        if len(entry.data) >= CUTOFF:
            entry.start, entry.size = sectors.add(entry.data), len(entry.data)
    listed = b"".join(entry.packed for entry in entries)
    blank = bytes(68) + struct.pack("<III", NOBODY, NOBODY, NOBODY) + bytes(48)
    listed += blank * (directory_sectors * SECTOR // 128 - len(entries))
    for at in range(directory_sectors):
        sectors.content[directory + at] = listed[at * SECTOR : (at + 1) * SECTOR]
    return with_table(sectors, directory, short_start, short_sectors)


def order(name: str) -> tuple[int, str]:
    """Siblings stand by length, then by letters without their case."""
    return len(name.encode("utf-16le")), name.upper()


def add_children(entries: list[Entry], parent: int, tree: Tree) -> None:
    """Add the members of a storage as a balanced search tree, then theirs."""
    names = sorted(tree, key=order)
    first = len(entries)
    for name in names:
        member = tree[name]
        entries.append(Entry(name, STREAM, member) if isinstance(member, bytes) else Entry(name, STORAGE))
    deepest = len(names).bit_length()

    def middle(low: int, high: int, depth: int) -> int:
        if low >= high:
            return NOBODY
        at = (low + high) // 2
        entry = entries[first + at]
        entry.colour = RED if depth == deepest and depth > 1 else BLACK  # the last level may be incomplete
        entry.left, entry.right = middle(low, at, depth + 1), middle(at + 1, high, depth + 1)
        return first + at

    entries[parent].child = middle(0, len(names), 1)
    for at, name in enumerate(names):
        member = tree[name]
        if not isinstance(member, bytes):
            add_children(entries, first + at, member)


def short_streams(entries: list[Entry]) -> tuple[bytes, list[int]]:
    """The streams under the cut-off, in short sectors inside one stream; and which short sector follows which."""
    together, following = bytearray(), []
    for entry in entries:
        if entry.kind == STREAM and len(entry.data) < CUTOFF:
            count = -(-len(entry.data) // SHORT_SECTOR)
            entry.start = len(together) // SHORT_SECTOR if count else END
            entry.size = len(entry.data)
            following += [*range(entry.start + 1, entry.start + count), END] if count else []
            together += entry.data.ljust(count * SHORT_SECTOR, b"\0")
    return bytes(together), following


def with_table(sectors: Sectors, directory: int, short_start: int, short_sectors: int) -> bytes:
    """Header, sectors, and the table that says which sector follows which."""
    tables = 1
    while tables * (SECTOR // 4) < len(sectors.content) + tables:
        tables += 1
    if tables > IN_HEADER:
        raise ValueError("the project is too large for a plain compound file")
    places = range(len(sectors.content), len(sectors.content) + tables)
    table = [*sectors.following, *[TABLE_SECTOR] * tables]
    table += [FREE] * (tables * (SECTOR // 4) - len(table))
    header = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<9I", 0, tables, directory, 0, CUTOFF, short_start, short_sectors, END, 0)
    header += struct.pack(f"<{IN_HEADER}I", *places, *[FREE] * (IN_HEADER - tables))
    return header + b"".join(sectors.content) + struct.pack(f"<{len(table)}I", *table)

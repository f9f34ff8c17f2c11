"""A virtual screen: started, photographed without further programs, ended."""

import mmap
import os
import struct
import subprocess
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

WIDTH, HEIGHT = 1920, 1080
STARTED_WITHIN = 60
MOST_COLOURS = 8  # bits of a colour
LINE_BYTES, COLOURS, HEADER_FIELDS = 12, 19, 25  # places in the header of an X window dump, its length in numbers
COLOUR_BYTES = 12  # of each entry in the table of colours behind the header


@dataclass(frozen=True)
class Screen:
    """A screen. name: such as ":7"; memory: the file in which the X server keeps what it shows."""

    name: str
    memory: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a program must know to appear on it."""
        return {**os.environ, "DISPLAY": self.name}

    def picture(self, path: Path) -> Path:
        """What the screen shows now, as PNG."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with self.memory.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as dump:
            header = struct.unpack(f">{HEADER_FIELDS}I", dump[: 4 * HEADER_FIELDS])
            start, wide = header[0] + COLOUR_BYTES * header[COLOURS], header[LINE_BYTES]
            lines = [dump[start + wide * row : start + wide * row + 4 * WIDTH] for row in range(HEIGHT)]
        path.write_bytes(png(lines))
        return path

    def tool(self, *arguments: str) -> None:
        """A real event of mouse or keyboard."""
        subprocess.run(["xdotool", *arguments], env=self.environment, check=True, timeout=60)


def png(lines: list[bytes]) -> bytes:
    """A picture of lines of four bytes a point: blue, green, red, nothing."""
    body = bytearray()
    for line in lines:
        points = bytearray(len(line) // 4 * 3)
        points[0::3], points[1::3], points[2::3] = line[2::4], line[1::4], line[0::4]
        body += b"\0" + points
    size = struct.pack(">IIBBBBB", len(lines[0]) // 4, len(lines), MOST_COLOURS, 2, 0, 0, 0)
    parts = ((b"IHDR", size), (b"IDAT", zlib.compress(bytes(body), 1)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@contextmanager
def screen() -> Iterator[Screen]:
    """A virtual screen of 1920 by 1080."""
    read, write = os.pipe()
    with TemporaryDirectory(prefix="xlsales-screen-") as folder:
        size = f"{WIDTH}x{HEIGHT}x24"
        command = [
            "Xvfb",
            "-displayfd",
            str(write),
            "-screen",
            "0",
            size,
            "-nolisten",
            "tcp",
            "-noreset",
            "-fbdir",
            folder,
        ]
        server = subprocess.Popen(command, pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(write)
        try:
            with os.fdopen(read) as answer:
                name = answer.readline().strip()  # an X server that cannot start closes it
            assert name, f"Xvfb ended with {server.wait(STARTED_WITHIN)}"
            yield Screen(f":{name}", Path(folder) / "Xvfb_screen0")
        finally:
            server.terminate()
            server.wait(STARTED_WITHIN)

"""Write everything or nothing: every target is checked first, images are kept, and put back if any step fails."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import pandas as pd

from xlsales.commands.headings import places
from xlsales.commands.images import pack, seal, unpack
from xlsales.commands.protocol import Append, Book, Change, Image, Replace
from xlsales.problems import InputError, Problem
from xlsales.schema import TABLES

WRITING, DONE = "writing", "done"
UNDO = "undo"
STATE = "state"
IMAGE = "image"


@dataclass(frozen=True)
class Memory:
    """What the book remembers of its last command. finished: not, where it was interrupted while writing.

    images: (image, seal): what to put back, and what its place held when the command had ended, "" where nobody types.
    """

    command: str
    finished: bool
    images: tuple[tuple[Image, str], ...]


def commit(book: Book, command: str, changes: Sequence[Change], log: pd.DataFrame, *, undoable: bool) -> None:
    """Make the changes and the row of the log, or none of them.

    undoable: the images are kept in the book for Undo last; else what it kept before stays.
    """
    keep = undoable and bool(changes)
    tail: list[Change] = [Append("log", log)]
    memory: list[Change] = [Replace(UNDO, remembered(command, WRITING, []))] if keep else []
    every = [*memory, *changes, *tail]
    book.check(every)
    with book.writing(every):
        taken: list[Image] = []
        try:
            images = [book.image(change) for change in changes]
            if keep:
                taken.append(book.image(memory[0]))
                book.put(Replace(UNDO, remembered(command, WRITING, [(image, "") for image in images])))
            for change, image in zip(changes, images, strict=True):
                taken.append(image)
                book.put(change)
            for change in tail:
                taken.append(book.image(change))
                book.put(change)
            if keep:
                sealed = [(image, seal(book.present(image)) if typed(image) else "") for image in images]
                book.put(Replace(UNDO, remembered(command, DONE, sealed)))
        except BaseException as error:
            put_back(book, taken, error)
            raise


def put_back(book: Book, taken: Sequence[Image], cause: BaseException) -> None:
    """Put all images back, the last first; where one fails the others are put back all the same."""
    failed = False
    for image in reversed(taken):
        try:
            book.put(image)
        except Exception:  # noqa: BLE001 - whatever the program answers, the rest must be put back
            failed = True
    if failed:
        raise InputError(Problem("book_unfinished")) from cause


def typed(image: Image) -> bool:
    """Whether people type where the image was taken."""
    return image.target not in TABLES or TABLES[image.target].role in {"master", "input"}


def remembered(command: str, state: str, images: Iterable[tuple[Image, str]]) -> pd.DataFrame:
    """The rows of the table `undo`: the state, then each image in parts."""
    rows = [(command, UNDO, STATE, STATE, state, "")]
    for number, (image, mark) in enumerate(images):
        parts = pack(image)
        rows += [
            (command, image.target, f"{number:04d}-{part:06d}", IMAGE, text, mark) for part, text in enumerate(parts)
        ]
    return pd.DataFrame(rows, columns=["command", "table", "row_key", "column", "before", "after"], dtype="str")


def nothing() -> pd.DataFrame:
    """No memory."""
    return pd.DataFrame({column.key: pd.Series(dtype="str") for column in TABLES[UNDO].columns})


def recall(book: Book) -> Memory | None:
    """What the book remembers of its last command; None where there is nothing to undo."""
    raw = book.read([UNDO]).tables.get(UNDO)
    if raw is None or raw.empty:
        return None
    at = places(UNDO, list(raw.columns))
    if set(at) != {column.key for column in TABLES[UNDO].columns}:
        return None
    table = pd.DataFrame({key: raw.iloc[:, place] for key, place in at.items()})
    table = table[table["before"].notna()]
    states = table[table["row_key"] == STATE]
    if states.empty:
        return None
    parts = sorted(
        zip(*(table.loc[table["column"] == IMAGE, key] for key in ("row_key", "before", "after")), strict=True),
        key=lambda row: str(row[0]),
    )
    images = []
    try:
        for _, group in groupby(parts, key=lambda row: str(row[0]).partition("-")[0]):
            lines = list(group)
            mark = lines[0][2]
            images.append((unpack(line[1] for line in lines), mark if isinstance(mark, str) else ""))
    except (ValueError, KeyError) as error:
        raise InputError(Problem("undo_broken")) from error
    state = states.iloc[0]
    return Memory(str(state["command"]), state["before"] == DONE, tuple(images))

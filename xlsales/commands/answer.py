"""What every command gives back; kept apart from `reading`, so that a light button loads no calculation."""

from dataclasses import dataclass

from xlsales.commands.protocol import Change


@dataclass(frozen=True)
class Answer:
    """What a command wants: changes to make, a question to ask before, what to say and where to go after.

    rows: how many rows it found or writes, for the log. undoable: whether Undo last takes it back. lang: a language to
    take on. ends_preview: whether the sheet Preview has done its duty.
    """

    changes: tuple[Change, ...] = ()
    says: str = ""
    question: str = ""
    parameters: str = ""
    rows: int = 0
    undoable: bool = True
    table: str = ""
    sheet: str = ""
    lang: str = ""
    ends_preview: bool = False

"""Formulas between Excel's spelling and Calc's: `'It''s'!A1,2` is `$'It''s'.A1;2`, XS_PACE is XLSALES.PACE; text alone.

Calc gives and takes formulas in bulk only in its own spelling (English names, semicolons), so both ways are texts here.
"""

import re
from collections.abc import Callable

OURS, THEIRS = "XS_", "XLSALES."
STRING = r'"(?:[^"]|"")*"'
QUOTED = r"'(?:[^']|'')*'"
BRACKETS = r"\[(?:[^\[\]]|\[[^\[\]]*\])*\]"
NAME = r"[^\W\d][\w.\\]*"
CELL = r"\$?[A-Za-z]{1,3}\$?\d{1,7}(?![\w.(])"
LINE = r"\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}(?![\w.(])"
AFTER_SHEET = rf"(?={CELL}|{LINE}|\$?\d+:\$?\d+|\#REF!)"
EXCEL_TOKEN = re.compile(
    rf"(?P<string>{STRING})|(?P<sheet>(?:{QUOTED}|{NAME})!)|(?P<brackets>{BRACKETS})|(?P<cell>{CELL})"
    rf"|(?P<function>{NAME}(?=\())|(?P<name>{NAME})|(?P<mark>[,;{{}}])"
)
CALC_TOKEN = re.compile(
    rf"(?P<string>{STRING})|(?P<sheet>\$?{QUOTED}\.|\$?[^\W\d]\w*\.{AFTER_SHEET})|(?P<brackets>{BRACKETS})|(?P<cell>{CELL})"
    rf"|(?P<function>{NAME}(?=\())|(?P<name>{NAME})|(?P<mark>[;|{{}}])"
)
ONE_CELL = re.compile(r"(\$?)([A-Za-z]{1,3})(\$?)(\d{1,7})")


def to_calc(formula: str) -> str:
    """A formula as Calc takes it, with its equals sign.

    >>> print(to_calc("=XS_PACE('Plan S'!$A$1,{1,2;3,4},orders[[#Headers],[Sales]])"))
    =XLSALES.PACE($'Plan S'.$A$1;{1;2|3;4};orders[[#Headers];[Sales]])
    """
    return _swapped(formula, EXCEL_TOKEN, _calc_token)


def to_excel(formula: str) -> str:
    """A formula as Excel writes it.

    >>> print(to_excel("=XLSALES.PACE($'Plan S'.$A$1;Data.B2;{1;2|3;4};orders[[#Headers];[Sales]])"))
    =XS_PACE('Plan S'!$A$1,Data!B2,{1,2;3,4},orders[[#Headers],[Sales]])
    """
    return _swapped(formula, CALC_TOKEN, _excel_token)


def _swapped(formula: str, tokens: re.Pattern[str], swap: Callable[[str, str, bool], str]) -> str:
    inside = False  # of an array in braces
    parts, position = [], 0
    for found in tokens.finditer(formula):
        parts.append(formula[position : found.start()])
        text, position = found[0], found.end()
        if text in {"{", "}"}:
            inside = text == "{"
        parts.append(swap(found.lastgroup or "", text, inside))
    return "".join(parts) + formula[position:]


def _calc_token(kind: str, text: str, inside: bool) -> str:
    if kind == "sheet":
        name = text[:-1]
        return f"${name}." if name.startswith("'") else f"$'{name}'."
    if kind == "brackets":
        return text.replace("],[", "];[").replace("], [", "];[")
    if kind == "function" and text.upper().startswith(OURS):
        return THEIRS + text[len(OURS) :].upper()
    if kind == "mark" and text in {",", ";"}:
        return ";" if text == "," else "|" if inside else ";"
    return text


def _excel_token(kind: str, text: str, inside: bool) -> str:
    if kind == "sheet":
        return text[:-1].removeprefix("$") + "!"
    if kind == "brackets":
        return text.replace("];[", "],[")
    if kind == "function" and text.upper().startswith(THEIRS):
        return OURS + text[len(THEIRS) :].upper()
    if kind == "mark" and text in {";", "|"}:
        return "," if text == ";" else ";" if inside else text
    return text


def shifted(formula: str, rows: int, columns: int) -> str:
    r"""An Excel formula as filling down and to the right makes it: relative references move.

    >>> shifted("=A1*$B1+Data!C$2&\"A1\"", 2, 1)
    '=B3*$B3+Data!D$2&"A1"'
    """
    if not rows and not columns:
        return formula

    def moved(match: re.Match[str]) -> str:
        fixed_column, letters, fixed_row, number = match.groups()
        if not fixed_column and columns:
            letters = letters_of(number_of(letters) + columns)
        return f"{fixed_column}{letters}{fixed_row}{number if fixed_row else int(number) + rows}"

    def token(found: re.Match[str]) -> str:
        return ONE_CELL.sub(moved, found[0]) if found.lastgroup == "cell" else found[0]

    return EXCEL_TOKEN.sub(token, formula)


def number_of(letters: str) -> int:
    """The number of a column, from 1.

    >>> number_of("A"), number_of("xfd")
    (1, 16384)
    """
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def letters_of(number: int) -> str:
    """The letters of a column.

    >>> letters_of(1), letters_of(16384)
    ('A', 'XFD')
    """
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters

"""Whether a query for a database is one SELECT that changes nothing; judged by its words, outside quotes and comments.

It is the first of three locks: the transaction is read-only where the database can do that, and it is never committed.
"""

import re

from xlsales.sources.raw import refuse

WRITING = re.compile(
    r"insert|update|delete|merge|into|create|alter|drop|truncate|grant|revoke|call|exec|execute|copy|lock|attach|detach|"
    r"pragma|vacuum|reindex|rename|load|handler|outfile|dumpfile|shutdown|kill"
)
# They reach the server's files, other servers or its settings, not the data.
REACHING = re.compile(
    r"pg_read_file|pg_read_binary_file|pg_ls_\w+|pg_terminate_backend|pg_cancel_backend|pg_reload_conf|set_config|"
    r"pg_sleep\w*|lo_import|lo_export|lo_unlink|lo_put|dblink\w*|nextval|setval|load_file|load_extension|readfile|writefile|"
    r"sleep|benchmark|openrowset|opendatasource|openquery|xp_\w+|sp_\w+|utl_\w+|dbms_\w+"
)
PLAIN_TEXT, ESCAPED_TEXT = r"'(?:[^']|'')*'", r"'(?:[^'\\]|\\.|'')*'"
QUOTED_NAME, ESCAPED_DOUBLE, BACKTICKS, BRACKETS = (
    r'"(?:[^"]|"")*"',
    r'"(?:[^"\\]|\\.|"")*"',
    r"`(?:[^`]|``)*`",
    r"\[[^\]]*\]",
)
BLOCK, LINE, SPACED_LINE = r"/\*(?!!).*?\*/", r"--[^\n]*", r"--(?=\s|$)[^\n]*"
DOLLARS = r"\$(?P<tag>\w*)\$.*?\$(?P=tag)\$"
# Quotes and comments as each database reads them: what it would run must never look like a text here.
MASKED = {
    "postgresql": rf"(?<!\w)[eE]{ESCAPED_TEXT}|{PLAIN_TEXT}|{QUOTED_NAME}|{DOLLARS}|{BLOCK}|{LINE}",
    "mysql": rf"{ESCAPED_TEXT}|{ESCAPED_DOUBLE}|{BACKTICKS}|{BLOCK}|{SPACED_LINE}",
    "mssql": rf"{PLAIN_TEXT}|{QUOTED_NAME}|{BRACKETS}|{BLOCK}|{LINE}",
    "sqlite": rf"{PLAIN_TEXT}|{QUOTED_NAME}|{BACKTICKS}|{BRACKETS}|{BLOCK}|{LINE}",
}
MASKED["mariadb"] = MASKED["mysql"]
OTHER = rf"{PLAIN_TEXT}|{QUOTED_NAME}|{BLOCK}|{LINE}"


def one_select(query: str, dialect: str, place: str) -> str:
    """The query without a semicolon at its end, after making sure that it is one SELECT.

    dialect: the name of the database's kind, as SQLAlchemy calls it. Raises Unreadable: empty, several statements, no
    SELECT, a word that writes, a function that reaches beyond the data, a quote that never ends.

    >>> one_select("SELECT ';' AS mark -- delete", "sqlite", "")
    "SELECT ';' AS mark -- delete"
    """
    bare = re.sub(MASKED.get(dialect, OTHER), _mask, query, flags=re.DOTALL)
    code = bare.rstrip().rstrip(";").rstrip()
    if not code.strip():
        raise refuse("sql_empty", place)
    if ";" in code:
        raise refuse("sql_several", place, count=len([part for part in code.split(";") if part.strip()]))
    if re.search(r"['\"`]|/\*", code):
        raise refuse("sql_open_quote", place)
    words = re.findall(r"[^\W\d]\w*", code.lower())
    first = words[0] if words else code.split()[0]
    if first not in {"select", "with"}:
        raise refuse("sql_not_select", place, value=first.upper())
    writing = next((word for word in words if WRITING.fullmatch(word)), "")
    if writing:
        raise refuse("sql_writes", place, value=writing.upper())
    reaching = next((word for word in words if REACHING.fullmatch(word)), "")
    if reaching:
        raise refuse("sql_function", place, value=reaching)
    return query[: len(code)] if bare[len(code) :].strip(" \n\t\r") else query


def _mask(found: re.Match[str]) -> str:
    """Blanks for a comment, dots for a text or a quoted name, of the same length."""
    comment = found[0].startswith(("--", "/*"))
    return (" " if comment else ".") * len(found[0])

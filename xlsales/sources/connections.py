"""Named connections to databases: the address in the user's own configuration, the secret in keyring or environment.

Neither ever stands in a workbook, a log or a sentence: what a driver says about a connection is not passed on.
"""

import os
import re
import socket
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from xlsales.sources.raw import Unreadable, refuse, unopened

FILE = "connections.toml"
SERVICE = "xlsales"  # the name under which keyring keeps the secrets
FOLDER = "XLSALES_CONFIG"  # another folder for the configuration
SECRET = "XLSALES_SECRET_"  # noqa: S105 - the beginning of a name, no secret
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
HIDDEN = re.compile(r"(?i)\b(?:password|passwd|pwd|secret|token)\b")
WAIT = 10  # seconds to wait for an answer
PORTS = {"postgresql": 5432, "mysql": 3306, "mariadb": 3306, "mssql": 1433, "oracle": 1521}
WAITING = {
    "psycopg": "connect_timeout", "psycopg2": "connect_timeout", "pymysql": "connect_timeout",
    "mysqldb": "connect_timeout", "mysqlconnector": "connection_timeout", "pymssql": "login_timeout",
    "pyodbc": "timeout", "pg8000": "timeout",
}  # fmt: skip
WRONG_LOGIN = re.compile(r"(?i)password|28P01|28000|\b1045\b|18456|ORA-01017|access denied|login failed")
WRONG_DATABASE = re.compile(r"(?i)3D000|\b1049\b|\b4060\b|ORA-12514|unknown database|database .* does not exist")


@dataclass(frozen=True)
class Connection:
    """A named connection. url: a SQLAlchemy URL without a secret; secret: "" where none is kept."""

    name: str
    url: Any = field(repr=False)
    secret: str = field(default="", repr=False)

    @property
    def dialect(self) -> str:
        """The kind of database, as SQLAlchemy names it."""
        kind: str = self.url.get_backend_name()
        return kind

    def plain(self, text: str) -> str:
        """A text without the secret, in whatever form a driver repeats it, and without the server's address."""
        forms = {self.secret, quote(self.secret), quote_plus(self.secret)} if self.secret else set()
        address = [part for part in (self.url.host, self.url.username) if part]
        for form in [*sorted(forms, key=len, reverse=True), *address]:
            text = text.replace(form, "***")
        return text


def config_file() -> Path:
    """Where the user's connections stand: the folder that XLSALES_CONFIG names, else the system's place for it."""
    from platformdirs import user_config_path

    named = os.environ.get(FOLDER)
    return (Path(named) if named else user_config_path("xlsales", appauthor=False)) / FILE


def connection(name: str, place: str) -> Connection:
    """The named connection. Raises Unreadable: not configured, a broken file, a secret in the file, no driver."""
    entries = _entries(place)
    if not NAME.fullmatch(name) or name not in entries:
        known = sorted(entries)
        code = "connection_unknown_of" if known else "connection_unknown"
        raise refuse(code, place, value=name, known=known, file=FILE)
    try:
        from sqlalchemy.engine import make_url
        from sqlalchemy.exc import ArgumentError
    except ImportError:
        raise refuse("connection_library", place, value=name) from None
    entry = entries[name]
    text = entry.get("url") if isinstance(entry, dict) else entry
    if not isinstance(text, str):
        raise refuse("connection_broken", place, value=name, file=FILE)
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # what it says repeats the address
        raise refuse("connection_broken", place, value=name, file=FILE) from None
    if url.password or HIDDEN.search(" ".join([*url.query, *map(str, url.query.values())])):
        raise refuse("connection_secret_in_file", place, value=name, file=FILE, variable=variable(name))
    return Connection(name, url, _secret(name) if url.host else "")


def variable(name: str) -> str:
    """The environment variable of a connection's secret.

    >>> variable("erp-live")
    'XLSALES_SECRET_ERP_LIVE'
    """
    return SECRET + name.upper().replace("-", "_")


def _entries(place: str) -> Mapping[str, Any]:
    path = config_file()
    try:
        found: dict[str, Any] = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise unopened(path, error) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):  # the reason may repeat a line of the file
        raise refuse("connection_file", place, value=FILE) from None
    return found


def _secret(name: str) -> str:
    """The secret from the environment, else from the system's keyring; "" where there is none."""
    given = os.environ.get(variable(name))
    if given is not None:
        return given
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return ""
    try:
        return keyring.get_password(SERVICE, name) or ""
    except (KeyringError, RuntimeError):  # a computer without a keyring; some of them fail in their own way
        return ""


def open_engine(made: Connection, place: str) -> Any:
    """An engine of SQLAlchemy that keeps no connections; nothing is opened yet. Raises Unreadable: no driver."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError
    from sqlalchemy.pool import NullPool

    url = made.url.set(password=made.secret) if made.secret else made.url
    if made.dialect == "sqlite" and not (url.database and Path(url.database).is_file()):
        raise refuse("connection_file_missing", place, value=made.name)  # SQLite would make an empty one
    try:
        driver = url.get_dialect().driver
        waiting = {WAITING[driver]: WAIT} if driver in WAITING else {}
        return create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=waiting)
    except (ImportError, NoSuchModuleError) as error:
        package = getattr(error, "name", None) or url.drivername
        raise refuse("connection_driver", place, value=made.name, package=package) from None
    except (ArgumentError, TypeError, ValueError):
        raise refuse("connection_broken", place, value=made.name, file=FILE) from None


def refused(made: Connection, error: Exception, place: str) -> Unreadable:
    """Why a database could not be opened: no way to it, a wrong password, no such database, or else."""
    said = f"{getattr(getattr(error, 'orig', None), 'sqlstate', '')} {error}"
    facts = {"variable": variable(made.name), "service": SERVICE}
    if WRONG_DATABASE.search(said):
        return refuse("connection_database", place, value=made.name)
    if WRONG_LOGIN.search(said):
        code = "connection_password" if made.secret else "connection_no_secret"
        return refuse(code, place, value=made.name, **facts)
    return refuse("connection_refused" if answers(made) else "connection_no_route", place, value=made.name, **facts)


def answers(made: Connection) -> bool:
    """Whether anything listens at the database's address."""
    if not made.url.host:
        return True
    port = made.url.port or PORTS.get(made.dialect)
    if port is None or str(made.url.host).startswith("/"):
        return Path(str(made.url.host)).exists() if str(made.url.host).startswith("/") else True
    try:
        with socket.create_connection((made.url.host, port), timeout=WAIT):
            return True
    except OSError:
        return False

"""A real PostgreSQL for the tests, from Debian's package: its own folder, its own port, only on this computer."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PASSWORD = "only/for:the@tests"  # signs that an address must quote
USER = "reader"


def program(name: str) -> Path | None:
    """A program of the newest PostgreSQL that is installed; None without one."""
    homes = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    places = [*(home / name for home in reversed(homes)), Path(shutil.which(name) or "/nowhere")]
    return next((place for place in places if place.is_file()), None)


def as_server(command: list[str]) -> list[str]:
    """The command as the server's own user where we are root, whom PostgreSQL refuses."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command


class Server:
    """A running server. url: for SQLAlchemy, without the secret; port: on 127.0.0.1."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/postgres"
        self.owner = f"host=127.0.0.1 port={self.port} user=postgres password={PASSWORD} dbname=postgres"

    def ctl(self, *words: str) -> None:
        tool = program("pg_ctl")
        command = [str(tool), "-D", str(self.folder / "data"), "-w", *words]
        subprocess.run(as_server(command), check=True, capture_output=True, cwd="/")

    def make(self) -> None:
        secret = self.folder / "secret"
        secret.write_text(PASSWORD)
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            for path in (self.folder, secret):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        initdb = [str(program("initdb")), "-D", str(self.folder / "data"), "-U", "postgres", "-E", "UTF8"]
        initdb += ["--auth=scram-sha-256", f"--pwfile={secret}", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run(as_server(initdb), check=True, capture_output=True, cwd="/")
        self.start()
        import psycopg

        with psycopg.connect(self.owner, autocommit=True) as line:
            line.execute(f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'")
            line.execute(f"GRANT pg_read_all_data TO {USER}")

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        self.ctl("-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self, how: str = "immediate") -> None:
        self.ctl("-m", how, "stop")


@contextmanager
def postgres() -> Iterator[Server]:
    """A server for as long as it is needed; skips the test where PostgreSQL is not installed."""
    reason = ""
    if program("initdb") is None:
        reason = "no PostgreSQL: apt-get install postgresql"
    try:
        import psycopg  # noqa: F401 - is it there
    except ImportError:
        reason = "no psycopg: pip install psycopg[binary]"
    if reason:
        if os.environ.get("CI_MUST_NOT_SKIP") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="xlsales-postgres-"))
    server = Server(folder)
    try:
        server.make()
        yield server
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)

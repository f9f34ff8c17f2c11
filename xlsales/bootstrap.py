"""First steps on a fresh machine, with nothing but Python: make the environment, install xlsales, run a command.

    python3 xlsales/bootstrap.py demo          the demonstration company's workbook
    python3 xlsales/bootstrap.py test          every test (test quick, test long: fewer, more)
    python3 xlsales/bootstrap.py ANY COMMAND   the same as `xlsales ANY COMMAND`

Only the standard library is used here. The environment is the folder `.venv` beside this package; it is made anew when
`pyproject.toml` asks for something else than what was installed.
"""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)


def environment() -> Path:
    """Where the environment's folder is: `.venv`, or what XLSALES_VENV names."""
    return Path(os.environ.get("XLSALES_VENV", ROOT / ".venv"))


def interpreter(folder: Path) -> Path:
    """The Python of an environment, on any system."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def prepare(extra: str) -> Path:
    """Make the environment if need be, with the named extra; return its Python."""
    folder = environment()
    python = interpreter(folder)
    stamp = folder / f"installed-{extra or 'plain'}"
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + sys.version.encode()).hexdigest()
    if python.exists() and stamp.exists() and stamp.read_text("ascii") == wanted:
        return python
    print(f"Preparing {folder} (once, a minute or two) ...", file=sys.stderr)
    if not python.exists():
        venv.create(folder, with_pip=True)
    target = f"{ROOT}[{extra}]" if extra else str(ROOT)
    quiet = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--editable", target]
    subprocess.run(quiet, check=True)
    stamp.write_text(wanted, "ascii")
    return python


def main(arguments: list[str]) -> int:
    """Run a command in the environment; the exit code is the command's own."""
    if sys.version_info < OLDEST:
        print("xlsales needs Python 3.11 or newer: https://www.python.org/downloads/", file=sys.stderr)
        return 2
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    testing = arguments[0] == "test"
    try:
        python = prepare("test" if testing else "")
    except (OSError, subprocess.CalledProcessError) as error:
        print(
            f"The environment could not be made: {error}. Check the network and the free disk space.", file=sys.stderr
        )
        return 2
    if testing:
        return subprocess.run([str(python), "-m", "tests", *arguments[1:]], check=False, cwd=ROOT).returncode
    return subprocess.run([str(python), "-m", "xlsales", *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Write the texts of the catalogue anew, for review: python -m tests.errors.regenerate."""

import tempfile
from pathlib import Path

from tests.errors.cases import CASES
from tests.errors.making import text_of, told

GOLDEN = Path(__file__).parent / "golden"


def main() -> None:
    GOLDEN.mkdir(exist_ok=True)
    for old in GOLDEN.glob("*.txt"):
        old.unlink()
    for case in CASES:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name).resolve()
            (GOLDEN / f"{case.name}.txt").write_text(text_of(told(case, folder), folder), "utf-8", newline="\n")
    print(f"{len(CASES)} texts in {GOLDEN}")


if __name__ == "__main__":
    main()

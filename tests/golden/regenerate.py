"""Write the expected results of the golden company anew, for review: `python -m tests.golden.regenerate`."""

from tests.test_golden import EXPECTED, SHOWN, result_text

if __name__ == "__main__":
    for name in SHOWN:
        (EXPECTED / f"{name}.csv").write_text(result_text(name), "utf-8")

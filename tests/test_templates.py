"""The committed templates are what the code builds, byte for byte."""

from pathlib import Path

from xlsales import templates


def test_the_committed_templates_are_rebuilt_bit_for_bit(tmp_path: Path) -> None:
    built = list(templates.build_all(tmp_path))
    assert built
    stale = [path.name for path in built if path.read_bytes() != (templates.FOLDER / path.name).read_bytes()]
    assert stale == [], "run `xlsales build` and commit workbook_templates/"


def test_nothing_else_is_committed_beside_them(tmp_path: Path) -> None:
    built = {path.name for path in templates.build_all(tmp_path)}
    pictures = {f"dashboard.{lang}.png" for lang in ("en", "zh")}
    assert {path.name for path in templates.FOLDER.iterdir()} == built | pictures

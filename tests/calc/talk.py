"""Who answers the questions of commands in the tests."""

from dataclasses import dataclass, field

import pytest

from xlsales.hosts import calc


@dataclass
class Talk:
    """What was said, and what is answered to questions with yes and no."""

    answer: str = "yes"
    said: list[str] = field(default_factory=list)

    def __call__(self, prompt: str, _title: str, buttons: str, _mode: str) -> str:
        self.said.append(prompt)
        return self.answer if buttons == "yes_no" else "ok"

    @property
    def last(self) -> str:
        return self.said[-1]


@pytest.fixture
def talk(monkeypatch: pytest.MonkeyPatch) -> Talk:
    found = Talk()
    monkeypatch.setattr(calc.IMPL, "ask", found)
    return found

"""How a calculation says no."""


class Refusal(ValueError):
    """A calculation that would give a wrong number says no, by a code and the facts; `problems` puts it in words.

    code: a key of the words `refusal.<code>`. facts: the values that its sentence names.

    >>> raise Refusal("weights_sum_zero", total=5)
    Traceback (most recent call last):
    xlsales.core.refusal.Refusal: weights_sum_zero {'total': 5}
    """

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(f"{code} {facts}")
        self.code = code
        self.facts = facts

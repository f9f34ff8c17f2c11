"""What lies above a role's authority."""

import numpy as np
import pandas as pd
import pytest

from xlsales.core.approvals import for_approval
from xlsales.core.refusal import Refusal

ROLES = pd.DataFrame(
    {
        "role": ["rep", "lead", "head"],
        "contract_limit": [100.0, 1000.0, np.nan],
        "discount_limit": [0.05, 0.15, np.nan],
        "approver_role": ["lead", "head", None],
    }
)
PEOPLE = pd.DataFrame({"salesperson": ["Li", "Wu", "Xu"], "role": ["rep", "lead", "head"]})


def asked(amount=1.0, discount=0.0, salesperson="Li", status="active"):
    return pd.DataFrame(
        {
            "document": ["C1"],
            "salesperson": [salesperson],
            "amount": [amount],
            "discount": [discount],
            "status": [status],
        }
    )


def test_up_to_the_limit_nothing_is_listed():
    assert for_approval(asked(100.0, 0.05), ROLES, PEOPLE).empty


def test_the_first_role_up_the_line_whose_limit_suffices_approves():
    table = for_approval(pd.concat([asked(500.0, 0.05), asked(5000.0, 0.2)]), ROLES, PEOPLE)
    assert table[["what", "value", "limit", "approver_role"]].to_numpy().tolist() == [
        ["amount", 500.0, 100.0, "lead"],
        ["amount", 5000.0, 100.0, "head"],
        ["discount", 0.2, 0.05, "head"],
    ]
    assert table["over"].tolist() == pytest.approx([400.0, 4900.0, 0.15])


def test_nothing_is_approved_silently():
    assert for_approval(asked(500.0, status=None), ROLES, PEOPLE)["status"].tolist() == ["open"]
    assert for_approval(asked(500.0, status="active"), ROLES, PEOPLE)["status"].tolist() == ["open"]
    assert for_approval(asked(500.0, status="approved"), ROLES, PEOPLE)["status"].tolist() == ["approved"]


def test_the_top_of_the_line_may_sign_anything_but_a_forgotten_limit_is_listed():
    assert for_approval(asked(1e9, 0.9, "Xu"), ROLES, PEOPLE).empty
    forgotten = ROLES.assign(contract_limit=[np.nan, 1000.0, np.nan])
    assert for_approval(asked(1.0), forgotten, PEOPLE)[["reason", "approver_role"]].to_numpy().tolist() == [
        ["limit_missing", "lead"]
    ]


def test_a_person_without_a_known_role_is_listed():
    for who in ("Zoe", None):
        table = for_approval(asked(101.0, 0.06, who), ROLES, PEOPLE)
        assert table["reason"].tolist() == ["role_unknown"] * 2
        assert table["approver_role"].isna().all()
    assert for_approval(asked(100.0, 0.05, "Zoe"), ROLES, PEOPLE).empty  # what everybody may sign


def test_approvers_in_a_circle_are_refused():
    circle = ROLES.assign(approver_role=["lead", "head", "rep"])
    with pytest.raises(Refusal, match="approver_circle"):
        for_approval(asked(), circle, PEOPLE)

"""What a report says of itself: one answer for all that show it."""

from typing import get_args

import msgspec
import pytest

from grader.reports.report import NO_REASON, CheckReport, CheckStatus
from tests.helpers.gradebook.entries import entry, report, unreadable


@pytest.mark.parametrize("status", get_args(CheckStatus))
def test_what_is_passed_or_not_yet_written_is_no_mistake(status):
    assert CheckReport("framing.eos", status, 0, 5).is_mistake == (status not in {"passed", "not_implemented"})


def test_what_could_not_be_read_has_a_reason_and_what_was_graded_has_none():
    assert report().why_unreadable is None
    assert unreadable().why_unreadable == unreadable().reason
    assert msgspec.structs.replace(unreadable(), reason=None).why_unreadable == NO_REASON


def test_why_a_submission_is_set_aside_counts_before_its_report():
    broken = entry(graded=unreadable())
    assert broken.reason == broken.quarantined == unreadable().reason
    assert msgspec.structs.replace(broken, quarantined=None).reason == unreadable().reason
    assert msgspec.structs.replace(entry(), quarantined=NO_REASON).reason == NO_REASON
    assert entry().reason is None

"""What the pages and the READMEs show of the grader is what the grader says today."""

import pytest

from docs.build import feedback
from docs.build.files import LANGUAGES
from tests.helpers.excerpts import kept


def test_the_feedback_and_the_drawings_in_the_docs_are_up_to_date(pool):
    made = feedback.texts(pool)

    assert len(made) == 26
    assert made == kept(feedback.EXCERPTS)


@pytest.fixture(scope="module")
def report_on_unk(pool):
    return feedback.typical_mistake("unk", pool)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_readme_shows_it(report_on_unk, language):
    readme = feedback.READMES[language].read_text(encoding="utf-8")
    shown = feedback.in_words(report_on_unk, language)

    assert shown in readme
    assert feedback.with_feedback(readme, shown) == readme

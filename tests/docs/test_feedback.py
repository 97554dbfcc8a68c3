"""What the pages and the READMEs show of the grader is what the grader says today."""

import pytest

from docs.build import feedback
from docs.build.files import LANGUAGES
from tests.helpers.excerpts import kept


@pytest.fixture(scope="module")
def made(pool):
    return feedback.texts(pool)


def test_the_feedback_and_the_drawings_in_the_docs_are_up_to_date(made):
    assert len(made) == 26
    assert made == kept(feedback.EXCERPTS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_readme_shows_it(made, language):
    readme = feedback.READMES[language].read_text(encoding="utf-8")

    assert made[f"generated/feedback/{language}/unk.txt"] in readme
    assert feedback.with_feedback(readme, made[f"generated/feedback/{language}/unk.txt"]) == readme

"""What the page on grading a class shows is what comes out today."""

from docs.build import class_pages
from tests.helpers.excerpts import kept


def test_the_excerpts_of_the_exports_are_up_to_date():
    made = class_pages.texts()

    assert len(made) == 14
    assert made == kept(class_pages.EXCERPTS)

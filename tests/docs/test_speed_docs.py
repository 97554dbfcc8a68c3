"""What the page on speed shows is what the measured figures give."""

from docs.build import speed
from tests.helpers.excerpts import kept


def test_tables_and_figures_are_up_to_date():
    made = speed.texts()

    assert len(made) == 10
    assert made == kept(speed.EXCERPTS)

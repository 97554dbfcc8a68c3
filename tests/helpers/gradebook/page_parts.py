"""What the tests of the pages read them with, and the reports that they put into them."""

import re
from html.parser import HTMLParser

from grader.assignment import ASSIGNMENT
from grader.gradebook.model import Arrival, Entry, Person
from grader.reports.report import CheckReport, Counterexample, StepReport
from tests.helpers.gradebook.sample_class import failed, report

VOID = {"meta", "link", "input", "br"}
STEPS = {step.id: step for step in ASSIGNMENT.steps}


class Page(HTMLParser):
    """A page as a browser takes it: its elements, their texts, and whether every one is closed."""

    def __init__(self, text):
        super().__init__()
        self.elements = []  # (tag, attributes)
        self.texts = []  # (the languages that it stands in, text)
        self.open = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append((tag, dict(attrs)))

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        tags = [tag for tag, _ in self.open]
        if data.strip() and not {"style", "script"} & set(tags):
            languages = [attributes["lang"] for tag, attributes in self.open if "lang" in attributes and tag != "html"]
            self.texts.append((languages, data))

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    def read(self, language):
        """What a reader of one language sees, a space for any white space."""
        seen = [text for languages, text in self.texts if not languages or languages[-1] == language]
        return re.sub(r"\s+", " ", " ".join(seen))


def one(steps=(), overrides=(), score=None, **arrived):
    steps = list(steps)
    found = sum(step.points for step in steps)
    arrival = Arrival(**({"name": "kim", "path": "kim.zip", "person": Person("2025", "김하나")} | arrived))
    return Entry(arrival, report("kim", steps), found if score is None else score, tuple(overrides))


def step_with(step_id, *checks):
    """A step in which the checks given stand in for the step's own, and the others are passed."""
    step, own = STEPS[step_id], {check.id: check for check in checks}
    full = [own.get(check.id, CheckReport(check.id, "passed", check.points, check.points)) for check in step.checks]
    return StepReport(step.id, step.title, sum(check.points for check in full), step.points, full)


def wrong(check_id, diagnosis=None, call="f()", *, status="failed", message=None, expected="[«1»]", got="[«2»]"):
    step, check = ASSIGNMENT.checks[check_id]
    return failed(step, check, status, message or check.message, diagnosis, Counterexample(call, expected, got))

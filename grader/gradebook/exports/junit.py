"""JUnit XML, family xunit2, as Jenkins' xunit plugin publishes it (`junit-10.xsd`) and pytest writes it.

That format has properties for a suite alone, not for a test case: a submission is a suite, and the points of its steps
and checks are the suite's properties.
"""

import re
from xml.etree import ElementTree as ET

from grader.gradebook.exports.results import (
    UNREADABLE,
    Exported,
    ExportOptions,
    Result,
    by_hand,
    results_of,
)
from grader.gradebook.model import Entry
from grader.reports.formatting import number

NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2
SKIPPED = ("not_implemented", "missing")
ERRORS = ("error", "timeout", UNREADABLE)


def export(entries: list[Entry], options: ExportOptions) -> Exported:
    """`junit.xml`: a suite for each submission, a case for each check."""
    root = ET.Element("testsuites", name=_clean(options.assignment))
    for entry in entries:
        root.append(_suite(entry, options))
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    ET.indent(root)
    content = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return Exported({"junit.xml": content + b"\n"})


def _suite(entry: Entry, options: ExportOptions) -> ET.Element:
    results = results_of(entry, options.language)
    kinds = [_kind(result) for result in results]
    suite = ET.Element(
        "testsuite",
        name=_clean(entry.arrival.name),
        tests=str(len(results)),
        failures=str(kinds.count("failure")),
        errors=str(kinds.count("error")),
        skipped=str(kinds.count("skipped")),
        time=f"{entry.report.seconds:.2f}",
    )
    if entry.arrival.handed_in:
        suite.set("timestamp", _clean(entry.arrival.handed_in))
    properties = ET.SubElement(suite, "properties")
    for name, value in _properties(entry, results, options):
        ET.SubElement(properties, "property", name=_clean(name), value=_clean(value))
    for result, kind in zip(results, kinds, strict=True):
        classname = f"{entry.arrival.name.replace('.', '_')}.{result.step}"
        case = ET.SubElement(suite, "testcase", classname=_clean(classname), name=result.id, time="0")
        if kind is not None:
            told = ET.SubElement(case, kind, message=_clean(result.message), type=result.status)
            told.text = _clean(result.text)
    return suite


def _properties(entry: Entry, results: list[Result], options: ExportOptions) -> list[tuple[str, str]]:
    """The points of the submission, of each step and of each check; and what was changed by hand."""
    properties = [("person", entry.arrival.person.id), ("name", entry.arrival.person.name)]
    properties += [("score", number(entry.score)), ("max_score", number(entry.report.max_score))]
    for step in dict.fromkeys(result.step for result in results):
        mine = [result for result in results if result.step == step]
        properties.append((f"{step}.points", number(sum(result.points for result in mine))))
        properties.append((f"{step}.max_points", number(sum(result.max_points for result in mine))))
    for result in results:
        if result.id != result.step:
            properties.append((f"{result.id}.points", number(result.points)))
            properties.append((f"{result.id}.max_points", number(result.max_points)))
    properties += [("override", by_hand(override, options.language)) for override in entry.overrides]
    return properties if entry.reason is None else [*properties, ("unreadable", entry.reason[options.language])]


def _kind(result: Result) -> str | None:
    """The JUnit element for a result: `failure`, `error` or `skipped`; None where all points were given."""
    if result.full:
        return None
    return "skipped" if result.status in SKIPPED else "error" if result.status in ERRORS else "failure"


def _clean(text: str) -> str:
    """The text with what XML cannot hold replaced."""
    return NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)

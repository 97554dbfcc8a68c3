"""A class as it might be, made of reports by hand: for tests and pictures.

`python -m tests.helpers.gradebook.sample_class OUT [ko|en]` writes its pages.
"""

import random
import sys
from pathlib import Path

from grader.assignment import ASSIGNMENT
from grader.gradebook.model import Arrival, Entry, NotGraded, Override, Person, Quarantine
from grader.gradebook.pages.class_and_student import write_pages
from grader.gradebook.similarity.pairs import Pair
from grader.reports.report import SCHEMA, CheckReport, Counterexample, Report, StepReport
from kit.messages import Bilingual

FAMILIES = "김이박최정강조윤장임한오서신권황안송류홍"
GIVEN = ["서연", "민준", "지우", "하은", "도윤", "예은", "시우", "수아", "주원", "지민", "은우", "채원", "건우", "다은"]
EXAMPLES = {  # of each check that a sample fails: diagnosis, call, expected, got
    "pretrained.special_tokens": ("missing_special_tokens", "load_tokenizer('mini')", "'<s>'", "'<|endoftext|>'"),
    "pretrained.weights": ("fresh_weights", "load_model('mini')", "the stored weights", "other weights"),
    "framing.bos": (
        "missing_bos",
        "encode_dialog('', '', tokenizer)",
        "[«0 <s>», 2 <usr>, 4 <sys>]",
        "[«2 <usr>», 4 <sys>]",
    ),
    "framing.body": ("swapped_roles", "encode_dialog('', '', tokenizer)", "[0, «2 <usr>», 4]", "[0, «4 <sys>», 2]"),
    "framing.eos": ("missing_eos", "encode_dialog('', '', tokenizer)", "[0, 2, 4, «1 </s>»]", "[0, 2, 4«»]"),
    "unk.replaced": ("dropped", "replace_overshooting([512], 512, 5)", "[«5 <unk>»]", "[«»]"),
    "unk.boundary": ("equal_not_replaced", "replace_overshooting([512], 512, 5)", "[«5 <unk>»]", "[«512»]"),
    "unk.input_kept": ("input_changed", "replace_overshooting([512], 512, 5)", "[«512»]", "[«5»]"),
    "corpus.rows": ("only_last", "get_chat_data(table, tokenizer, 512)", "[[0, 2, 87, 4, 1], …]", "[[0, 2, 90, 4, 1]]"),
    "corpus.overshooting": ("overshooting_left", "get_chat_data(table, tokenizer, 512)", "[[«5 <unk>»]]", "[[«512»]]"),
    "padding.shape": ("float_dtype", "pad_dialogs([[0, 1]], 3)", "ndarray (1, 2) int32", "ndarray (1, 2) float64"),
    "padding.content": ("padded_before", "pad_dialogs([[0, 2, 4, 1], [0, 1]], 3)", "[0, «1», 3, 3]", "[3, «3», 0, 1]"),
    "batching.shape": ("remainder_kept", "make_dataset(padded, batch_size=2)", "[(2, 4)]", "[(2, 4), «(1, 4)»]"),
    "batching.rows": ("repeated_rows", "make_dataset(padded)", "32 rows", "32 rows, 3 of them twice"),
    "loss.value": ("hand_shifted", "compute_loss(model, batch)", "6.2383", "6.2411"),
    "loss.training_mode": ("no_dropout", "compute_loss(model, batch)", "", "6.2383"),
    "prompt.ids": (
        "prompt_with_eos",
        "encode_question('안녕', tokenizer)",
        "[0, 2, 387, 4«»]",
        "[0, 2, 387, 4, «1 </s>»]",
    ),
    "prompt.shape": ("no_batch_axis", "encode_question('', tokenizer)", "(1, 3)", "(3,)"),
    "answer.finished": ("eos_left", "extract_answer('<s><usr> 안녕<sys> 네.</s>')", "'네.'", "'네.</s>'"),
    "answer.unfinished": ("cut_short", "extract_answer('<s><usr> 안녕<sys> 네.')", "'네.'", "'네'"),
}
VERSIONS = {"kogpt2-lab": "0.1.0", "tensorflow": "2.21.0", "transformers": "4.57.6", "hypothesis": "6.170.15"}
UNREADABLE = Bilingual(
    "압축 파일을 열 수 없습니다. 다시 압축해서 내 주세요.",
    "The zip cannot be opened: make it anew and hand it in again.",
)


def sample_class(size=30, seed=0):
    """Submissions of all kinds: the full score, mistakes, errors, stubs, late, repeated, marked by hand, unreadable."""
    draw = random.Random(seed)
    return [sample_entry(place, draw) for place in range(size)]


def sample_entry(place, draw):
    person = Person(f"2025{1001 + place}", draw.choice(FAMILIES) + draw.choice(GIVEN))
    name = f"{person.id}_{person.name}"
    if place % 15 == 7:
        return Entry(arrival(name, ".zip", person), report(name, [], reason=UNREADABLE), 0, quarantined=UNREADABLE)
    steps = sample_steps(place, draw)
    graded = report(name, steps, seconds=round(draw.uniform(3, 6) * (8 if place % 13 == 5 else 1), 2))
    overrides = by_hand(person, graded) if place % 10 == 3 else ()
    given = {override.target: override.points for override in overrides}
    found = {step.id: step.points for step in steps} | {
        check.id: check.points for step in steps for check in step.checks
    }
    score = graded.score + sum(points - found[target] for target, points in given.items())
    older = (f"{name}.ipynb", f"{name}-1.zip") if place % 9 == 4 else ()
    return Entry(arrival(name, ".zip", person, place % 8 == 2, older), graded, score, overrides)


def by_hand(person, graded):
    """Points for a step, and for the first check of another one that was lost."""
    lost = [check for step in graded.steps if step.id != "loss" for check in step.checks if not check.points]
    note = "말로 설명한 것이 맞습니다. / Explained well in the interview."
    return (
        Override(person.id, "loss", 12.5, note),
        *(Override(person.id, check.id, check.max_points) for check in lost[:1]),
    )


def sample_steps(place, draw):
    """The first half of a class does well, the last have stubs left."""
    skill = 1 if place % 5 == 0 else draw.uniform(0.6, 0.98)
    written = draw.randint(3, 9) if place % 6 == 1 else 9
    steps = []
    for row, step in enumerate(ASSIGNMENT.steps):
        stub = row >= written
        checks = [sample_check(step, check, draw, draw.random() < skill, stub) for check in step.checks]
        steps.append(StepReport(step.id, step.title, sum(check.points for check in checks), step.points, checks))
    return steps


def sample_check(step, check, draw, right, stub):
    if stub:
        return failed(step, check, "not_implemented", ASSIGNMENT.outcomes["not_implemented"])
    if right:
        return CheckReport(check.id, "passed", check.points, check.points)
    kind = draw.random()
    if kind < 0.08:
        return failed(step, check, "timeout", filled("timeout", seconds=20.0), example=example_of(check, values=False))
    if kind < 0.16:
        name = f"{step.module}.py · {step.functions[0]}"
        return failed(step, check, "missing", filled("missing", name=name))
    if kind < 0.3 or check.id not in EXAMPLES:
        source = f"return [tokenizer.bos_id] + {step.functions[0]}_ids  # 여기"
        details = {"file": f"{step.module}.py", "line": draw.randint(8, 60), "source": source, "type": "AttributeError"}
        message = filled("error_at", message="'Tokenizer' object has no attribute 'bos_id'", **details)
        return failed(step, check, "error", message, example=example_of(check, values=False))
    return failed(step, check, "failed", check.message, EXAMPLES[check.id][0], example_of(check))


def example_of(check, values=True):
    if check.id not in EXAMPLES:
        return None
    _, call, expected, got = EXAMPLES[check.id]
    return Counterexample(call, expected, got) if values else Counterexample(call, "", "")


def filled(outcome, **details):
    text = ASSIGNMENT.outcomes[outcome]
    return Bilingual(text.ko.format_map(details), text.en.format_map(details))


def failed(step, check, status, message, diagnosis=None, example=None):
    return CheckReport(check.id, status, 0, check.points, message, diagnosis, example, check.hint, step.docs)


def arrival(name, suffix, person, late=False, older=()):
    return Arrival(name, name + suffix, person, "2025-11-21T23:58:04", late, older)


def report(name, steps, reason=None, seconds=4.2):
    status = "graded" if reason is None else "unreadable"
    score = sum(step.points for step in steps)
    return Report(SCHEMA, name, status, score, ASSIGNMENT.points, seconds, 0, VERSIONS, steps, reason)


MISSING = (Person("20252001", "남궁민"), Person("20252002", "Alexandra Papadopoulou"), Person("20252003"))
SET_ASIDE = (
    Quarantine(
        "reading.pdf",
        Bilingual("폴더나 .ipynb, .py, .zip 파일이 아닙니다.", "It is no folder, and none of .ipynb, .py, .zip."),
    ),
)
NOT_GRADED = NotGraded(MISSING, SET_ASIDE)
PAIRS = [
    Pair("20251005_이은우", "20251018_강지민", 0.94, 0.94),
    Pair("20251002_한지민", "20251021_강민준", 0.6, 0.9),
]


if __name__ == "__main__":
    write_pages(sample_class(), Path(sys.argv[1]), "en" if "en" in sys.argv[2:] else "ko", PAIRS, NOT_GRADED)

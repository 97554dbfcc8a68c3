"""The assignment is the contract's: its steps and points, one test for every check, texts in both languages."""

import ast
import re
import string
from collections import Counter

import pytest

from grader.assignment import ASSIGNMENT
from grader.errors import ChildError
from grader.paths import CHECKS, PROJECT

# step, module, function with its parameters, points; in the contract's order
CONTRACT = [
    ("pretrained", "pretrained", "load_tokenizer(name)", 5),
    ("pretrained", "pretrained", "load_model(name)", 5),
    ("framing", "dialogs", "encode_dialog(question, answer, tokenizer)", 15),
    ("unk", "dialogs", "replace_overshooting(token_ids, vocab_size, unk_id)", 15),
    ("corpus", "dialogs", "get_chat_data(table, tokenizer, vocab_size)", 5),
    ("padding", "batches", "pad_dialogs(dialogs, pad_id)", 10),
    ("batching", "batches", "make_dataset(padded, batch_size=32, shuffle_buffer=500)", 10),
    ("loss", "training", "compute_loss(model, batch)", 15),
    ("prompt", "answering", "encode_question(question, tokenizer)", 5),
    ("answer", "answering", "extract_answer(decoded)", 10),
    ("answer", "answering", "return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20)", 5),
]
GIVEN = [
    ("training", "make_optimizer(learning_rate=3e-05)"),
    ("training", "train_step(model, optimizer, batch)"),
    ("training", "fine_tune(model, dataset, optimizer, epochs=3)"),
]
# Where a step has two functions: the checks of each.
CHECKS_OF = {
    "load_tokenizer": ["pretrained.special_tokens"],
    "load_model": ["pretrained.weights"],
    "extract_answer": ["answer.finished", "answer.unfinished"],
    "return_answer_by_chatbot": ["answer.sampling", "answer.text"],
}
STEPS = list(dict.fromkeys(step for step, *_ in CONTRACT))


def name_of(signature):
    return signature.split("(")[0]


# Steps, functions and points


def test_there_are_100_points():
    assert ASSIGNMENT.points == 100
    assert sum(points for *_, points in CONTRACT) == 100


def test_steps_modules_and_functions_are_those_of_the_contract_in_its_order():
    found = [(step.id, step.module, function) for step in ASSIGNMENT.steps for function in step.functions]
    assert found == [(step, module, name_of(signature)) for step, module, signature, _ in CONTRACT]


def test_modules_come_in_the_contracts_order():
    assert ASSIGNMENT.modules == ["pretrained", "dialogs", "batches", "training", "answering"]


@pytest.mark.parametrize("step", ASSIGNMENT.steps, ids=STEPS)
def test_a_step_has_the_contracts_points(step):
    assert step.points == sum(points for other, *_, points in CONTRACT if other == step.id)


@pytest.mark.parametrize("function", CHECKS_OF)
def test_each_of_two_functions_of_a_step_has_its_points(function):
    [expected] = [points for *_, signature, points in CONTRACT if name_of(signature) == function]
    assert sum(ASSIGNMENT.checks[check][1].points for check in CHECKS_OF[function]) == expected


def test_the_checks_of_two_functions_are_all_of_their_step():
    steps = [step for step in ASSIGNMENT.steps if len(step.functions) > 1]
    assert [check.id for step in steps for check in step.checks] == [c for ids in CHECKS_OF.values() for c in ids]


@pytest.mark.parametrize("step", ASSIGNMENT.steps, ids=STEPS)
def test_a_step_has_at_least_two_checks_each_worth_something(step):
    assert len(step.checks) >= 2
    assert all(check.points > 0 for check in step.checks)
    assert all(check.id.startswith(f"{step.id}.") for check in step.checks)


def test_no_check_comes_twice():
    assert len(ASSIGNMENT.checks) == sum(len(step.checks) for step in ASSIGNMENT.steps)


@pytest.mark.parametrize("step", ASSIGNMENT.steps, ids=STEPS)
def test_pieces_are_functions_of_the_same_module(step):
    module = {name_of(signature) for _, module, signature, _ in CONTRACT if module == step.module}
    assert set(step.pieces) <= module


def test_only_the_functions_that_put_pieces_together_have_pieces():
    assert {step.id for step in ASSIGNMENT.steps if step.pieces} == {"corpus", "answer"}


def test_a_function_belongs_to_its_step_and_no_other_function_to_any():
    for step, _, signature, _ in CONTRACT:
        assert ASSIGNMENT.step_of(name_of(signature)).id == step
    with pytest.raises(KeyError):
        ASSIGNMENT.step_of("train_step")


@pytest.mark.parametrize("folder", ["solution", "skeleton"])
def test_the_labs_functions_have_the_contracts_signatures(folder):
    wanted = [(module, signature) for _, module, signature, _ in CONTRACT] + GIVEN
    found = []
    for module in ASSIGNMENT.modules:
        tree = ast.parse((PROJECT / folder / f"{module}.py").read_text(encoding="utf-8"))
        for node in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
            for argument in node.args.args:
                argument.annotation = None
            found.append((module, f"{node.name}({ast.unparse(node.args)})"))
    assert sorted(found) == sorted(wanted)


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("step", ASSIGNMENT.steps, ids=STEPS)
def test_a_step_has_its_page(step, language):
    assert (PROJECT / "docs" / language / step.docs / "index.md").is_file()


# Checks and diagnoses in the sources of grader/checks

SOURCES = {path.name: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(CHECKS.glob("test_*.py"))}


def markers(tree):
    """The check of each test of a file, `None` where it has no marker."""
    found = []
    for test in (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")):
        marks = [mark for mark in test.decorator_list if ast.unparse(mark).startswith("pytest.mark.check(")]
        found.append([mark.args[0].value for mark in marks])
    return found


@pytest.mark.parametrize("file", SOURCES)
def test_every_test_is_one_check(file):
    assert all(len(marks) == 1 for marks in markers(SOURCES[file]))


def test_every_check_has_exactly_one_test():
    tests = Counter(mark for tree in SOURCES.values() for marks in markers(tree) for mark in marks)
    assert tests == Counter(list(ASSIGNMENT.checks))


def test_there_is_one_file_a_step():
    assert sorted(SOURCES) == sorted(f"test_{step.id}.py" for step in ASSIGNMENT.steps)
    for step in ASSIGNMENT.steps:
        found = [mark for marks in markers(SOURCES[f"test_{step.id}.py"]) for mark in marks]
        assert sorted(found) == sorted(check.id for check in step.checks)


def diagnoses(tree):
    """The ids that a file of checks may give as a diagnosis."""
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="wrong"), args=args, keywords=keywords):
                for value in [*args[3:4], *(word.value for word in keywords if word.arg == "diagnosis")]:
                    found |= texts_in(value, tree)
            case ast.Call(func=ast.Name(id="Failure"), args=args, keywords=keywords):
                for value in [*args[4:5], *(word.value for word in keywords if word.arg == "diagnosis")]:
                    found |= texts_in(value, tree)
            case ast.FunctionDef(name=name) if name.startswith("_diagnose"):
                for given in (inner for inner in ast.walk(node) if isinstance(inner, ast.Return)):
                    found |= texts_in(given.value, tree)
    return found


def texts_in(value, tree):
    """The texts that an expression may be; fails for a form that it does not know."""
    match value:
        case None | ast.Constant(value=None):
            return set()
        case ast.Constant(value=str() as text):
            return {text}
        case ast.IfExp(body=body, orelse=orelse):
            return texts_in(body, tree) | texts_in(orelse, tree)
        case ast.Call(func=ast.Name(id=name)) if name.startswith("_diagnose"):
            return set()  # its own returns are looked at
        case ast.Name(id=name):
            return {text for bound in bound_to(name, tree) for text in texts_in(bound, tree)}
    raise AssertionError(f"line {value.lineno}: which diagnosis is {ast.unparse(value)}?")


def bound_to(name, tree):
    """What a name is assigned, or takes in a loop over a tuple of tuples."""
    values = []
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=other)], value=value) if other == name:
                values.append(value)
            case ast.For(target=ast.Tuple(elts=targets), iter=ast.Tuple(elts=rows)):
                places = [i for i, target in enumerate(targets) if ast.unparse(target) == name]
                values += [row.elts[i] for row in rows for i in places]
    assert values, f"where does {name} come from?"
    return values


@pytest.mark.parametrize("file", SOURCES)
def test_every_diagnosis_of_a_check_is_in_the_assignment(file):
    found = diagnoses(SOURCES[file])
    assert found
    assert found - set(ASSIGNMENT.diagnoses) == set()


def test_every_diagnosis_of_the_assignment_is_used():
    used = set().union(*(diagnoses(tree) for tree in SOURCES.values()))
    assert set(ASSIGNMENT.diagnoses) - used == set()


def test_every_outcome_of_the_assignment_is_used_and_there():
    used = {error.outcome for error in ChildError.__subclasses__()}
    for file in ("checks/examinee.py", "grading.py"):
        source = (PROJECT / "grader" / file).read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.keyword) and node.arg == "outcome":
                used |= {leaf.value for leaf in ast.walk(node.value) if isinstance(leaf, ast.Constant)}
    assert used == set(ASSIGNMENT.outcomes)


# Texts

TITLES = {f"{step.id}: title": step.title for step in ASSIGNMENT.steps}
SENTENCES = {
    **{f"{check.id}: message": check.message for _, check in ASSIGNMENT.checks.values()},
    **{f"{check.id}: hint": check.hint for _, check in ASSIGNMENT.checks.values()},
    **{f"{step.id}: hint {n}": hint for step in ASSIGNMENT.steps for n, hint in enumerate(step.hints, 1)},
    **{f"diagnosis {name}": text for name, text in ASSIGNMENT.diagnoses.items()},
    **{f"outcome {name}": text for name, text in ASSIGNMENT.outcomes.items()},
}
TEXTS = TITLES | SENTENCES
HANGUL = re.compile("[가-힣]")
# 합니다체, and the -세요 and -까요 that go with it
POLITE = re.compile(r"(니다|니까|세요|까요)[.?]")


def sentences(text):
    """The sentences of a message, without the value it quotes at its end and without what stands in brackets."""
    text = re.sub(r": \{\w+\}$", ".", text)
    text = re.sub(r"\s*\([^()]*\)(?=[\s.?]|$)", "", text)
    return re.split(r"(?<=[.?!])\s+", text)


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_there_in_both_languages(name):
    text = TEXTS[name]
    assert text["ko"] == text.ko
    assert text["en"] == text.en
    for words in (text.ko, text.en):
        assert words.strip() == words != ""
    assert HANGUL.search(text.ko)
    assert not HANGUL.search(text.en)


@pytest.mark.parametrize("name", TEXTS)
def test_both_languages_have_the_same_gaps(name):
    gaps = [
        sorted(str(gap[1:3]) for gap in string.Formatter().parse(words) if gap[1])
        for words in (TEXTS[name].ko, TEXTS[name].en)
    ]
    assert gaps[0] == gaps[1]


@pytest.mark.parametrize("name", SENTENCES)
def test_korean_sentences_are_polite(name):
    for sentence in sentences(SENTENCES[name].ko):
        assert POLITE.fullmatch(sentence[-3:]), sentence


@pytest.mark.parametrize("name", SENTENCES)
def test_english_sentences_end_as_sentences(name):
    for sentence in sentences(SENTENCES[name].en):
        assert sentence[-1] in ".?", sentence


@pytest.mark.parametrize("name", TITLES)
def test_titles_are_no_sentences(name):
    assert not POLITE.search(TITLES[name].ko)
    assert TITLES[name].ko[-1] != "."
    assert TITLES[name].en[-1] != "."


@pytest.mark.parametrize("text", ["바꾼다.", "바꾸었다", "확인해라.", "확인", "바꿉니다. 확인해."])
def test_what_is_not_polite_would_be_seen(text):
    assert not all(POLITE.fullmatch(sentence[-3:]) for sentence in sentences(text))

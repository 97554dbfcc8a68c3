"""Where several things that were handed in may be the submission: certain or told, and the same in any order."""

import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.errors import UnreadableError
from grader.paths import SKELETON, SOLUTION
from grader.submission.candidates import FUNCTIONS, PUBLISHED_FILE, SOLUTION_CODE, Code, published
from grader.submission.notebook import source_of
from grader.submission.reading import read
from tests.helpers.notebooks import notebook

MODULES = sorted(path.name for path in SOLUTION.glob("[a-z]*.py"))
SOLVED = {name: (SOLUTION / name).read_text(encoding="utf-8") for name in MODULES}
EMPTY = {name: (SKELETON / name).read_text(encoding="utf-8") for name in MODULES}
HANDED_OUT = EMPTY | {path.name: path.read_text(encoding="utf-8") for path in SKELETON.glob("*.ipynb")}
OWN = "def encode_dialog(question, answer, tokenizer):\n    return []\n"
OTHER = "def encode_dialog(question, answer, tokenizer):\n    return [1]\n"
BATCHES = "def pad_dialogs(dialogs, pad_id):\n    return dialogs\n"


def inside(folder, files):
    return {f"{folder}/{name}": text for name, text in files.items()}


@pytest.fixture(params=["folder", "zip", "zip of a folder"])
def hand_in(tmp_path, request):
    """Write files and read them as a submission: a folder, a zip, or a zip in which they are in a folder."""

    def handed_in(files):
        path = tmp_path / "kim"
        if request.param == "folder":
            for name, text in files.items():
                (path / name).parent.mkdir(parents=True, exist_ok=True)
                (path / name).write_text(text, encoding="utf-8")
            return read(path)
        with zipfile.ZipFile(path.with_suffix(".zip"), "w") as archive:
            for name, text in files.items():
                archive.writestr(f"kim/{name}" if request.param == "zip of a folder" else name, text)
        return read(path.with_suffix(".zip"))

    return handed_in


def texts(submission):
    return {name: content.decode() for name, content in submission.files.items()}


def told(hand_in, files, *words):
    """What is said of files that are unreadable; each word is in it in both languages."""
    with pytest.raises(UnreadableError) as raised:
        hand_in(files)
    assert all(word in raised.value.text.ko and word in raised.value.text.en for word in words), raised.value.text
    return raised.value.text.en


# Folders


def test_modules_spread_over_folders_are_one_lab(hand_in):
    spread = {f"week{number}/{name}": text for number, (name, text) in enumerate(SOLVED.items())}
    submission = hand_in(spread | {"week1/words.csv": "a,b", "week2/helpers.py": "x = 1"})

    assert submission.kind == "folder"
    assert texts(submission) == SOLVED | {"words.csv": "a,b", "helpers.py": "x = 1"}


def test_weeks_that_carry_the_earlier_ones_along_are_one_lab(hand_in):
    weeks = inside("week0", EMPTY | {"dialogs.py": OWN}) | inside(
        "week1", EMPTY | {"dialogs.py": OWN, "batches.py": BATCHES}
    )

    assert texts(hand_in(weeks)) == EMPTY | {"dialogs.py": OWN, "batches.py": BATCHES}


def test_a_module_that_differs_from_folder_to_folder_is_told_with_both(hand_in):
    told(hand_in, {"a/dialogs.py": OWN, "b/dialogs.py": OTHER}, "a/dialogs.py", "b/dialogs.py", "encode_dialog")


def test_a_helper_that_differs_from_folder_to_folder_is_told_with_both(hand_in):
    files = {"a/dialogs.py": OWN, "b/batches.py": BATCHES, "a/helpers.py": "x = 1", "b/helpers.py": "x = 2"}
    told(hand_in, files, "a/helpers.py", "b/helpers.py")


def test_two_people_in_one_folder_are_not_one(hand_in):
    told(
        hand_in,
        inside("kim", SOLVED | {"dialogs.py": OWN}) | inside("lee", SOLVED | {"dialogs.py": OTHER}),
        "kim",
        "lee",
    )


@pytest.mark.parametrize("published", [SOLVED, HANDED_OUT, SOLVED | {"lab.ipynb": HANDED_OUT["lab.ipynb"]}])
def test_what_was_handed_out_or_published_is_passed_over_beside_another(hand_in, published):
    own = EMPTY | {"dialogs.py": OWN}

    assert texts(hand_in(inside("student", own) | inside("a", published) | inside("z", published))) == own
    assert texts(hand_in(inside("student", {"dialogs.py": OWN}) | inside("a", published)))["dialogs.py"] == OWN


def test_the_solution_lends_nothing_to_who_wrote_less(hand_in):
    assert texts(hand_in(inside("solution", SOLVED) | {"student/dialogs.py": OWN})) == {"dialogs.py": OWN}


def test_the_whole_project_as_it_was_handed_out_is_the_skeleton(hand_in):
    assert texts(hand_in(inside("solution", SOLVED) | inside("skeleton", HANDED_OUT))) == EMPTY


@pytest.mark.parametrize("files", [SOLVED, EMPTY], ids=["solution", "skeleton"])
def test_alone_it_is_graded_like_any_other(hand_in, files):
    assert texts(hand_in(inside("lab", files))) == files


def test_one_module_that_equals_the_solutions_is_still_a_part_of_the_lab(hand_in):
    spread = {"week0/dialogs.py": OWN, "week1/batches.py": SOLVED["batches.py"]}
    assert texts(hand_in(spread)) == {"dialogs.py": OWN, "batches.py": SOLVED["batches.py"]}


# Sources


def test_files_beside_a_single_source_come_along(hand_in):
    submission = hand_in(
        {"lab.ipynb": notebook(OWN), "helpers.py": "x = 1", "data/words.csv": "a", "report.ipynb": notebook("1")}
    )

    assert (submission.kind, submission.main) == ("source", "lab.ipynb")
    assert submission.files.keys() == {"lab.ipynb", "helpers.py", "data/words.csv"}


def test_data_for_which_there_is_no_room_stays_behind(hand_in):
    submission = hand_in({"lab.py": OWN, "a.csv": "x" * 15 * 2**20, "b.csv": "x" * 15 * 2**20, "helpers.py": "x = 1"})

    assert submission.files.keys() == {"lab.py", "helpers.py", "a.csv"}


@pytest.mark.parametrize("name", ["lab-Copy1.ipynb", "Copy of lab.ipynb", "kim.py"])
def test_equal_code_is_one(hand_in, name):
    copy = notebook("# 사본\n" + OWN) if name.endswith(".ipynb") else f"\n\n{OWN}"
    assert hand_in({"lab.ipynb": notebook(OWN), name: copy}).kind == "source"


def test_who_says_more_stands_for_who_says_a_part(hand_in):
    assert hand_in({"a.ipynb": notebook(OWN), "b.ipynb": notebook(OWN, BATCHES)}).main == "b.ipynb"


def test_different_code_is_told_with_both(hand_in):
    files = {"lab.ipynb": notebook(OWN, BATCHES), "lab-Copy1.ipynb": notebook(OTHER, BATCHES)}
    told(hand_in, files, "lab.ipynb", "lab-Copy1.ipynb", "encode_dialog")


def test_parts_in_two_sources_are_told_with_both(hand_in):
    told(hand_in, {"a.ipynb": notebook(OWN), "b.py": BATCHES}, "a.ipynb", "b.py")


def test_sources_without_a_function_are_counted_truly(hand_in):
    said = told(hand_in, {"a.ipynb": notebook("x = 1"), "b.py": "y = 1", "c.py": "z = 1"}, "a.ipynb", "b.py", "3")
    assert "nor any" not in said


def test_a_source_that_merely_imports_the_functions_is_no_other(hand_in):
    files = {"mine.py": OWN, "lab.ipynb": notebook("from mine import encode_dialog")}
    assert hand_in(files).main == "mine.py"


def test_modules_and_a_notebook_that_differ_are_told(hand_in):
    told(hand_in, SOLVED | {"dialogs.py": OWN, "lab.ipynb": notebook(OTHER)}, "lab.ipynb", "dialogs.py")


def test_a_notebook_with_the_code_of_the_modules_changes_nothing(hand_in):
    assert hand_in(SOLVED | {"dialogs.py": OWN, "lab.ipynb": notebook(OWN)}).kind == "folder"


def test_two_zips_that_differ_are_told_with_both(tmp_path):
    folder = tmp_path / "kim"
    folder.mkdir()
    for name, text in (("a.zip", OWN), ("b.zip", OTHER)):
        with zipfile.ZipFile(folder / name, "w") as archive:
            archive.writestr("dialogs.py", text)
    told(lambda _: read(folder), {}, "a.zip/dialogs.py", "b.zip/dialogs.py")


# In general


PARTS = {"encode_dialog": (OWN, OTHER), "pad_dialogs": (BATCHES, BATCHES + "\n\n# 메모\n")}
SOURCES = st.lists(
    st.tuples(st.sampled_from([OWN, OTHER, ""]), st.sampled_from([BATCHES, BATCHES.replace("return", "yield"), ""])),
    min_size=1,
    max_size=4,
)


@settings(deadline=None, max_examples=60)
@given(SOURCES, st.randoms(use_true_random=False))
def test_whatever_the_order_and_names_the_same_is_chosen_or_told(tmp_path_factory, sources, chance):
    def outcome(order):
        folder = tmp_path_factory.mktemp("kim")
        for number, parts in enumerate(order):
            (folder / f"part{number}.py").write_text("".join(parts), encoding="utf-8")
        try:
            submission = read(folder)
        except UnreadableError:
            return None
        return Code(None, submission.files[submission.main]).written

    outcomes = [outcome(order) for order in (sources, chance.sample(sources, len(sources)))]
    said = [{part for part in parts if part} for parts in zip(*sources, strict=True)]
    contradicting = any(len(parts) > 1 for parts in said)
    most = max((sum(map(bool, parts)) for parts in sources), default=0)
    divided = most < sum(map(bool, said))

    assert outcomes[0] == outcomes[1]
    if any(said) and (contradicting or divided):
        assert outcomes[0] is None
    elif any(said):
        assert len(outcomes[0]) == most


def test_what_is_published_is_known_in_every_form():
    sources = {
        name: source_of(text.encode(), name)[0] if name.endswith(".ipynb") else text.encode()
        for name, text in HANDED_OUT.items()
    }
    initial = (SKELETON / "__init__.py").read_bytes()

    assert PUBLISHED_FILE.read_text(encoding="utf-8") == published(SOLUTION, sources | {"__init__.py": initial})
    assert SOLUTION_CODE.keys() == set(FUNCTIONS)
    whole = Code(None, "\n".join(SOLVED.values()).replace("from __future__ import annotations", "").encode())
    assert whole.written == SOLUTION_CODE
    assert all(not Code(None, text.encode()).written for text in EMPTY.values())


def test_comments_layout_and_docstrings_make_no_other_code():
    other = OWN.replace("return []", '"""A docstring."""\n\n    # a comment\n    return [ ]')
    assert Code(None, other.encode()).written == Code(None, OWN.encode()).written
    assert Code(None, OTHER.encode()).written != Code(None, OWN.encode()).written


def test_what_is_no_python_is_compared_by_its_bytes():
    broken = f"{OWN}\n)".encode()
    assert Code(None, broken).written.keys() == {"encode_dialog"}
    assert Code(None, broken).written == Code(None, broken).written
    assert Code(None, broken + b" ").written != Code(None, broken).written


@pytest.mark.parametrize(
    "body", ["return " + "(" * 90 + "1" + ")" * 90, "return " + "-" * 3000 + "1", "x = " + "[" * 80 + "]" * 80], ids=len
)
def test_what_is_nested_deeply_is_compared_all_the_same(body):
    source = f"def encode_dialog(*_):\n    {body}\n".encode()
    assert Code(None, source).written.keys() == {"encode_dialog"}
    assert Code(None, source).written == Code(None, source).written


def test_many_large_sources_are_compared_by_their_bytes(tmp_path):
    for number in range(40):
        (tmp_path / f"part{number}.py").write_text(OWN + "encode_dialog = encode_dialog\n" * 1000, encoding="utf-8")
    assert read(tmp_path).main == "part0.py"
    (tmp_path / "part9.py").write_text(OWN + "\n" * 40_000, encoding="utf-8")
    with pytest.raises(UnreadableError):
        read(tmp_path)


def test_a_notebook_full_of_pictures_beside_modules_is_not_read(tmp_path):
    (tmp_path / "dialogs.py").write_text(OWN, encoding="utf-8")
    (tmp_path / "lab.ipynb").write_bytes(b"x" * 17 * 2**20)
    assert read(tmp_path).kind == "folder"


@pytest.mark.parametrize("main", [{"lab.py": OWN}, {"dialogs.py": OWN}, {"lab.ipynb": notebook(OWN)}])
def test_a_file_and_a_folder_of_one_name_are_told(tmp_path, main):
    with zipfile.ZipFile(tmp_path / "kim.zip", "w") as archive:
        for name, text in (main | {"a.txt": "x", "a.txt/b.txt": "y"}).items():
            archive.writestr(name, text)
    with pytest.raises(UnreadableError) as raised:
        read(tmp_path / "kim.zip")
    assert "of one name" in raised.value.text.en

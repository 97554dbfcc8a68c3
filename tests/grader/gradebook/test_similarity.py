"""Copies are found however they are disguised, work done alone is not, and the page says what it is worth."""

import re

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from grader import paths
from grader.errors import GraderError
from grader.gradebook.similarity.pairs import LEAST, MOST_SHOWN, similar, similarity_page, write_similarity_page
from grader.gradebook.similarity.symbols import CONTRACT, units
from tests.helpers.gradebook.copies import disguised, texts
from tests.submissions import VARIANTS

# Written from one text, to differ in their encoding or their packaging alone, and the shortest submission there is.
SIBLINGS = {"byte_order_mark", "cp949", "cr_line_ends", "crlf_line_ends", "euc_kr_cookie", "tab_indents"}
SIBLINGS |= {"everything_in_one_helper", "package_with_init", "package_that_imports_itself"}
SIBLINGS |= {"decorators", "decorators_of_tensorflow", "callable_instances", "callable_instances_everywhere"}
SKELETON = {path.name: path.read_text(encoding="utf-8") for path in paths.SKELETON.glob("*.py")}
FIRST = (VARIANTS / "first_handin.py").read_text(encoding="utf-8")
OTHER = """
import numpy as np
import tensorflow as tf
from transformers import PreTrainedTokenizerFast, TFGPT2LMHeadModel
from kit import resolve

NAMES = ["bos", "eos", "unk", "pad", "mask"]
VALUES = ["<s>", "</s>", "<unk>", "<pad>", "<mask>"]


def load_tokenizer(name):
    special = {}
    for key, value in zip(NAMES, VALUES):
        special[key + "_token"] = value
    return PreTrainedTokenizerFast.from_pretrained(resolve(name), **special)


def load_model(name):
    where = resolve(name)
    model = TFGPT2LMHeadModel.from_pretrained(where)
    model.trainable = True
    return model


def encode_dialog(question, answer, tokenizer):
    parts = ["<s>", "<usr>", question, "<sys>", answer, "</s>"]
    return tokenizer.convert_tokens_to_ids(tokenizer.tokenize("".join(parts)))


def replace_overshooting(token_ids, vocab_size, unk_id):
    ids = np.array(token_ids, dtype=int)
    return np.where(ids < vocab_size, ids, unk_id).tolist()


def get_chat_data(table, tokenizer, vocab_size):
    def one(row):
        return replace_overshooting(encode_dialog(row["Q"], row["A"], tokenizer), vocab_size, tokenizer.unk_token_id)

    return table.apply(one, axis=1).tolist()


def pad_dialogs(dialogs, pad_id):
    width = max(map(len, dialogs))
    padded = np.full((len(dialogs), width), pad_id)
    for row, dialog in enumerate(dialogs):
        padded[row, : len(dialog)] = dialog
    return padded


def make_dataset(padded, batch_size=32, shuffle_buffer=500):
    order = np.random.permutation(len(padded))[: len(padded) // batch_size * batch_size]
    return tf.data.Dataset.from_tensor_slices(padded[order].reshape(-1, batch_size, padded.shape[1]))


def compute_loss(model, batch):
    logits = model(batch, training=True).logits[:, :-1]
    return tf.reduce_mean(tf.keras.losses.sparse_categorical_crossentropy(batch[:, 1:], logits, from_logits=True))


def encode_question(question, tokenizer):
    return tf.expand_dims(tokenizer.encode("<s><usr>" + question + "<sys>"), axis=0)


def extract_answer(decoded):
    start = decoded.index("<sys>") + 5
    end = decoded.find("</s>", start)
    return (decoded[start:] if end == -1 else decoded[start:end]).strip()


def return_answer_by_chatbot(question, model, tokenizer, max_length=50, top_k=20):
    settings = dict(max_length=max_length, top_k=top_k, do_sample=True)
    (ids,) = model.generate(encode_question(question, tokenizer), **settings)
    return extract_answer(tokenizer.decode(ids))
"""
WORDS = re.compile(r"\b(token_ids|result|token|question|answer|data|dataset|sent|input_ids|output|sentence|loss)\b")


def files(source):
    return {"lab.py": source}


def likeness(first, second, skeleton=SKELETON):
    """Of two submissions, in a class with one other."""
    pairs = similar({"a": first, "b": second, "other": files(OTHER)}, skeleton, least=0.0)
    return next((pair.likeness for pair in pairs if (pair.a, pair.b) == ("a", "b")), 0.0)


def variants():
    paths = [path for path in sorted(VARIANTS.iterdir()) if path.suffix == ".py" or any(path.glob("*.py"))]
    return {path.stem: texts(path) for path in paths}


def is_whole(name):
    return (VARIANTS / f"{name}.py").exists()


def test_two_submissions_of_one_text_are_a_pair_with_all_of_each_in_the_other():
    [pair] = similar({"kim": files(FIRST), "lee": files(FIRST), "park": files(OTHER)}, SKELETON)

    assert (pair.a, pair.b, pair.share_a, pair.share_b) == ("kim", "lee", 1.0, 1.0)


def renamed(source):
    return (
        WORDS.sub(lambda match: f"my_{match[1]}", source).replace("bos_token =", "앞 =").replace("bos_token +", "앞 +")
    )


def reordered(source):
    head, *functions = re.split(r"\n\n\n(?=def )", source.split("\n\n\ntrain_data")[0])
    return "\n\n\n".join([head, *reversed(functions)])


DISGUISES = {
    "variables renamed": renamed,
    "functions reordered": reordered,
    "other comments and docstrings": lambda source: re.sub(
        r"(def .*:\n)", r'\1    """제가 직접 썼습니다."""\n    # 정말입니다\n', source
    ),
    "other blank lines and indents": lambda source: source.replace("    ", "\t").replace("\n", "\n\n"),
    "other quotes": lambda source: source.replace('"', "'"),
    "other texts": lambda source: source.replace("<usr>", "<user>").replace("</s>", "<end>"),
    "f-strings": lambda source: source.replace('"<usr>" + question + "<sys>"', 'f"<usr>{question}<sys>"'),
    "other names for libraries": lambda source: source.replace("tensorflow as tf", "tensorflow as T").replace(
        "tf.", "T."
    ),
    "a list comprehension for a loop": lambda source: re.sub(
        r"    data = \[\]\n    for (.*):\n        data.append\((.*)\)\n    return data",
        r"    return [\2 for \1]",
        source,
    ),
    "types": lambda source: source.replace("(name)", "(name: str) -> object").replace(
        "result = []", "result: list = []"
    ),
    "prints": lambda source: re.sub(r"(    return )", r"    print('여기')\n\1", source),
    "keywords in another order": lambda source: source.replace(
        "max_length=max_length, do_sample=True, top_k=top_k", "top_k=top_k, max_length=max_length, do_sample=True"
    ),
    "old line ends and a byte-order mark": lambda source: "\ufeff" + source.replace("\n", "\r"),
    "a line that is no Python": lambda source: source.replace("    loss = result[0]", "    loss = = result[0]"),
    "a bracket left open": lambda source: source.replace("pad_sequences(dialogs", "pad_sequences((dialogs"),
}


@pytest.mark.parametrize("disguise", DISGUISES.values(), ids=DISGUISES)
def test_a_disguised_copy_is_found(disguise):
    copy = disguise(FIRST)

    assert copy != FIRST
    assert likeness(files(FIRST), files(copy)) > 0.75


def test_a_copy_split_across_files_is_found():
    head, *functions = re.split(r"\n\n\n(?=def )", FIRST)
    parts = {f"{number}.py": f"{head}\n\n\n{function}" for number, function in enumerate(functions)}

    assert likeness(files(FIRST), parts) == 1.0


def test_a_copy_whose_methods_and_helpers_are_renamed_is_found():
    source = FIRST.replace('"<usr>" + question + "<sys>"', "Frame(question).text()").replace(
        "def encode_dialog", "class Frame:\n    def __init__(self, q):\n        self.q = q\n\n"
        '    def text(self):\n        return "<usr>" + self.q + "<sys>"\n\n\ndef encode_dialog',
    )  # fmt: skip
    copy = source.replace("Frame", "Halter").replace(".text", ".give").replace("def text", "def give")

    assert likeness(files(source), files(copy.replace("self.q", "self.words"))) == 1.0


def test_a_notebooks_source_is_compared_with_a_folder():
    assert likeness({"kim.ipynb": FIRST}, files(FIRST)) == 1.0


def test_what_a_submission_does_besides_the_contracts_functions_does_not_count():
    training = "\n".join(f"step_{i} = model(train_data, labels=[{i}], training=True)[0] + {i}" for i in range(40))

    assert likeness(files(FIRST + training), files(OTHER + training)) < 0.3


def test_work_done_alone_is_no_pair():
    assert similar({"kim": files(FIRST), "lee": files(OTHER)}, SKELETON) == []


def test_half_a_submission_copied_is_weaker_and_half_finished_copies_show_where_it_came_from():
    whole = files(FIRST)
    half = files(FIRST[: FIRST.index("def make_dataset")])
    [pair] = similar({"half": half, "other": files(OTHER), "whole": whole}, SKELETON, least=0.5)

    assert (pair.a, pair.b) == ("half", "whole")
    assert pair.share_a > pair.share_b
    assert pair.share_b < 0.7


def test_variants_written_on_their_own_are_not_flagged():
    alone = {name: sources for name, sources in variants().items() if name not in SIBLINGS}
    alone["other"] = files(OTHER)

    assert similar(alone, SKELETON, least=0.5) == []


def test_a_disguised_copy_of_any_whole_variant_is_found_in_the_class_of_all():
    everybody = variants()
    whole = [name for name in everybody if is_whole(name)]
    copies = {f"{name}~": disguised(everybody[name], seed) for seed, name in enumerate(whole)}
    pairs = {(pair.a, pair.b) for pair in similar(everybody | {"other": files(OTHER)} | copies, SKELETON)}

    assert [name for name in whole if (name, f"{name}~") not in pairs] == []


def test_the_skeleton_counts_for_nothing():
    assert similar({"kim": SKELETON, "lee": SKELETON}, SKELETON, least=0.01) == []
    assert likeness(SKELETON | files(FIRST), SKELETON | files(OTHER)) == likeness(files(FIRST), files(OTHER))


def test_what_stands_in_the_given_files_is_taken_away():
    assert similar({"kim": files(FIRST), "lee": files(FIRST)}, {"given.py": FIRST}, least=0.01) == []


def test_what_nearly_everybody_writes_weighs_little():
    dictated = OTHER[OTHER.index("def load_tokenizer") : OTHER.index("def get_chat_data")]
    own = FIRST[FIRST.index("def get_chat_data") :]
    mixed = {"a": files(dictated), "b": files(dictated + own)}
    alone = {pair.share_a for pair in similar(mixed, SKELETON, least=0.0)}
    everybody = {
        f"s{number}": files(dictated + f"\n\ndef pad_dialogs(x, y): return x[{number}]") for number in range(20)
    }
    crowd = {pair.share_a for pair in similar(mixed | everybody, SKELETON, least=0.0) if (pair.a, pair.b) == ("a", "b")}

    assert alone == {1.0}
    assert max(crowd) < 0.2


def test_too_little_code_is_no_evidence():
    line = files("def compute_loss(model, batch):\n    return model(batch, labels=batch, training=True).loss\n")

    assert similar({"kim": line, "lee": line}, SKELETON) == []


UNUSUAL = {
    "empty": "",
    "comments": "# 아무것도 없습니다",
    "no python": "안녕하세요? (((\n\tdef x\n return",
    "null bytes": "x = 1\0",
    "deep brackets": "x = " + "(" * 5000,
    "deep expression": "def encode_dialog(q, a, t):\n    return " + "-" * 3000 + "1",
    "long sum": "def encode_dialog(q, a, t):\n    return " + "+".join(["1"] * 3000),
    "half characters": "x = '\ud800'",
    "wrong escape": "def extract_answer(d):\n    return d.split('\\s')",
    "recursion": "def extract_answer(d):\n    return helper(d)\n\ndef helper(d):\n    return extract_answer(d)",
    "very large": "x = 1\n" * 100_000,
    "decorator alone": "@decorator",
    "huge number": f"def encode_dialog(q, a, t):\n    return [0x{'f' * 5000}]",
    "long chain": "if a: x = 1\n" + "elif a: x = 1\n" * 2500,
}


@pytest.mark.parametrize("source", UNUSUAL.values(), ids=UNUSUAL)
def test_an_unusual_source_spoils_nothing(source):
    names = {"kim": files(FIRST), "lee": files(FIRST), "odd": files(source), "park": {}, "too": files(source)}
    pairs = similar(names, SKELETON)

    assert [(pair.a, pair.b) for pair in pairs] == [("kim", "lee")]
    assert "kim" in similarity_page(pairs, names, "ko")


@pytest.mark.parametrize("sources", [{}, {"kim": files(FIRST)}])
def test_a_class_of_none_or_one_has_no_pairs(sources):
    assert similar(sources, SKELETON) == []


@settings(max_examples=10, deadline=None)
@for_all(st.permutations(["kim", "lee", "park", "choi"]))
def test_the_order_of_submissions_changes_nothing(order):
    sources = {"kim": files(FIRST), "lee": files(OTHER), "park": disguised(files(FIRST), 1), "choi": files(OTHER)}
    pairs = similar({name: sources[name] for name in order}, SKELETON, least=0.1)

    assert pairs == similar(sources, SKELETON, least=0.1)
    assert [pair.likeness for pair in pairs] == sorted((pair.likeness for pair in pairs), reverse=True)
    assert all(0 < share <= 1 for pair in pairs for share in (pair.share_a, pair.share_b))


@settings(max_examples=30, deadline=None)
@for_all(st.dictionaries(st.sampled_from(sorted(CONTRACT)), st.text(max_size=200)), st.text(max_size=200))
def test_any_text_at_all_is_read(functions, tail):
    source = "\n".join(f"def {name}(x):\n    return {text!r}, {text}" for name, text in functions.items()) + tail

    for unit in units(files(source)):
        assert len(unit.symbols) == len(unit.lines)
        assert unit.first <= min(unit.lines)
        assert max(unit.lines) <= unit.last


@settings(max_examples=30, deadline=None)
@for_all(st.integers(0, 2**32))
def test_no_disguise_of_the_first_submission_escapes(seed):
    assert likeness(files(FIRST), disguised(files(FIRST), seed)) >= LEAST


def test_the_matching_lines_are_those_that_were_copied():
    copied = (
        "    longest = 0\n    for row in dialogs:\n        if len(row) > longest:\n            longest = len(row)\n"
    )
    first = files(FIRST.replace("    return tf.keras", copied + "    return tf.keras"))
    second = files(
        OTHER.replace("    width = max(map(len, dialogs))\n", f"    # 제 생각\n{copied}    width = longest\n")
    )
    [pair] = similar({"kim": first, "lee": second}, SKELETON, least=0.01)
    match = next(match for match in pair.matches if match.a.name == "pad_dialogs")

    assert (match.a.file, match.b.name, match.holders) == ("lab.py", "pad_dialogs", 2)
    for side, source in ((match.a, first), (match.b, second)):
        lines = source["lab.py"].split("\n")
        assert lines[side.first - 1].startswith("def pad_dialogs")
        alike = [line for start, end in side.alike for line in lines[start - 1 : end]]
        assert "\n".join(copied.rstrip().split("\n")[1:]) in "\n".join(alike)
        assert not any("return" in line for line in alike)


def test_only_the_likest_pairs_of_a_class_of_copies_show_their_lines():
    many = {f"s{number:02}": files(FIRST) for number in range(16)}
    many |= {f"t{number:02}": files(OTHER + f"\nX = {number}") for number in range(16)}
    pairs = similar(many, SKELETON)

    assert len(pairs) == 2 * 16 * 15 // 2
    assert [bool(pair.matches) for pair in pairs] == [True] * MOST_SHOWN + [False] * (len(pairs) - MOST_SHOWN)


@pytest.fixture
def page(tmp_path):
    """The page of two submissions that say hostile things."""
    hostile = FIRST.replace("    loss = result[0]", "    loss = result[0]  # </code><script>alert(1)</script>")
    sources = {"<script>kim": files(hostile), "lee": {"<b>.py": hostile}, "park": files(OTHER)}
    write_similarity_page(similar(sources, SKELETON), sources, tmp_path, "ko")
    return (tmp_path / "similar.html").read_text(encoding="utf-8")


def test_the_page_says_first_that_it_is_a_hint(page):
    body = page[page.index("<main>") :]

    for sentence in ("단서일 뿐, 판정이 아닙니다.", "This is a hint, not a verdict."):
        assert body.index(sentence) < body.index("kim")


def test_the_page_shows_names_shares_and_lines_of_both_sides(page):
    assert page.count("&lt;script&gt;kim") > 1
    assert "100%" in page
    assert page.count("<code>def encode_dialog(question, answer, tokenizer):</code>") == 2
    assert page.count('<li class="alike">') > 20


def test_nothing_that_a_submission_says_can_run(page):
    assert page.count("<script>") == 1
    assert "alert(1)&lt;/script&gt;" in page
    assert "<b>.py" not in page


def test_the_page_loads_nothing(page):
    assert not re.search(r"(src|href)=\"(?!#|data:,)|@import|url\(|https?://", page)


def test_a_page_without_pairs_says_so(tmp_path):
    write_similarity_page([], {}, tmp_path, "en")
    page = (tmp_path / "similar.html").read_text(encoding="utf-8")

    assert '<html lang="en">' in page
    assert "No two submissions are strikingly alike." in page


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "nowhere").write_bytes(b"")
    with pytest.raises(GraderError) as error:
        write_similarity_page([], {}, tmp_path / "nowhere", "ko")

    assert "nowhere" in error.value.text.ko
    assert "nowhere" in error.value.text.en

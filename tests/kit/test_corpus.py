"""Reading dialogs: the bundled table, a CSV of one's own, the songys download, and what is said where that fails."""

import csv
import gc
import hashlib
import socket

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import kit.corpus
from kit import KitError, cache_dir, read_dialogs
from kit.build_mini import OVERSHOOTING, SPECIAL_TOKENS, UNUSED_TOKENS

SONGYS = "Q,A,label\n12시 땡!,하루가 또 가네요.,0\n1지망 학교 떨어졌어,위로해 드립니다.,0\n".encode()

# Any character that a CSV file may hold; a mark at its very beginning would be taken for the file's own.
CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"], include_characters="\n\t"), max_size=20)


@pytest.fixture
def write(tmp_path):
    def to_file(content):
        path = tmp_path / "대화.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return to_file


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("KOGPT2_LAB_CACHE", str(folder))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return folder


@pytest.fixture
def songys_at(cache, monkeypatch):
    def point(url, content=SONGYS):
        monkeypatch.setattr(kit.corpus, "SONGYS_URL", url)
        monkeypatch.setattr(kit.corpus, "SONGYS_SHA256", hashlib.sha256(content).hexdigest())

    return point


@pytest.fixture
def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def refusal(source):
    with pytest.raises(KitError) as caught:
        read_dialogs(source)
    return caught.value


def assert_mendable(error, named, ko, en):
    """Both sentences name the culprit, say what to do, and are one line each."""
    assert str(named) in error.text.ko
    assert str(named) in error.text.en
    assert ko in error.text.ko
    assert error.text.ko.endswith("세요.")
    assert en in error.text.en
    assert error.text.en.endswith(".")
    assert "\n" not in error.text.ko + error.text.en


def files_in(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


# The bundled table


@pytest.fixture(scope="module")
def bundled():
    return read_dialogs()


def test_bundled_is_what_is_read_where_nothing_is_said(bundled):
    pd.testing.assert_frame_equal(bundled, read_dialogs("bundled"))


def test_bundled_columns_and_index(bundled):
    assert list(bundled.columns) == ["Q", "A", "label"]
    assert list(bundled.index) == list(range(len(bundled)))
    assert all(type(text) is str for text in [*bundled.Q, *bundled.A])


def test_bundled_is_large_and_varied(bundled):
    assert len(bundled) >= 1000
    assert bundled.Q.is_unique
    assert bundled.A.nunique() >= 700


def test_bundled_has_all_labels_and_no_other(bundled):
    assert set(bundled.label) == {0, 1, 2}


def test_bundled_texts_are_trimmed_and_not_empty(bundled):
    texts = [*bundled.Q, *bundled.A]
    assert all(texts)
    assert [text for text in texts if text != text.strip()] == []


def test_bundled_texts_are_korean(bundled):
    assert [text for text in [*bundled.Q, *bundled.A] if not any("가" <= c <= "힣" for c in text)] == []


def test_bundled_holds_no_special_token(bundled):
    literals = [*SPECIAL_TOKENS, *UNUSED_TOKENS, OVERSHOOTING]
    assert [text for text in [*bundled.Q, *bundled.A] if any(literal in text for literal in literals)] == []


def test_each_reading_is_a_table_of_its_own(bundled):
    table = read_dialogs()
    table.loc[0, "Q"] = "바뀐 질문"
    assert read_dialogs().loc[0, "Q"] == bundled.loc[0, "Q"] != "바뀐 질문"


# A CSV of one's own


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"], ids=["without mark", "with mark"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_utf8_with_and_without_byte_order_mark(write, bom, line_end):
    table = read_dialogs(write(bom + line_end.join(["Q,A", "배고파,뭐라도 드세요.", ""]).encode()))
    assert table.to_dict("list") == {"Q": ["배고파"], "A": ["뭐라도 드세요."]}


def test_a_path_may_be_text(write):
    assert read_dialogs(str(write("Q,A\n배고파,뭐라도 드세요.\n"))).Q.tolist() == ["배고파"]


@pytest.mark.parametrize("row", ["배고파,", '배고파,""'])
def test_an_empty_answer_is_the_empty_string(write, row):
    assert read_dialogs(write(f"Q,A\n{row}\n")).A.tolist() == [""]


@pytest.mark.parametrize("word", ["NA", "null", "nan", "None", "N/A", "-", "TRUE", "007", "1.0", "1e3", "inf"])
def test_words_that_pandas_might_take_for_something_else_stay_text(write, word):
    table = read_dialogs(write(f"Q,A\n{word},{word}\n"))
    assert table.Q.tolist() == table.A.tolist() == [word]


def test_commas_quotes_and_line_breaks_in_quotes(write):
    table = read_dialogs(write('Q,A\n"그래, 뭐","그는 ""응""이라고 했다"\n"두\n줄",하나\n'))
    assert table.Q.tolist() == ["그래, 뭐", "두\n줄"]
    assert table.A.tolist() == ['그는 "응"이라고 했다', "하나"]


def test_columns_in_another_order_and_more_columns_are_kept(write):
    table = read_dialogs(write("출처,A,Q\n나,뭐라도 드세요.,배고파\n"))
    assert table.to_dict("list") == {"출처": ["나"], "A": ["뭐라도 드세요."], "Q": ["배고파"]}


@settings(deadline=None)
@given(
    rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
@example(rows=[("", "")], quoting=csv.QUOTE_MINIMAL)
@example(rows=[(",", '"'), ("NA", " ")], quoting=csv.QUOTE_MINIMAL)
def test_what_a_csv_writer_wrote_is_read(tmp_path_factory, rows, quoting):
    path = tmp_path_factory.getbasetemp() / "own.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=quoting).writerows([("Q", "A"), *rows])

    table = read_dialogs(path)

    assert list(zip(table.Q, table.A, strict=True)) == rows
    assert list(table.index) == list(range(len(rows)))


# A file that cannot be used


def test_missing_file(tmp_path):
    path = tmp_path / "없는 파일.csv"
    assert_mendable(refusal(path), path, "경로를 확인해 주세요", "check the path")


def test_folder_instead_of_a_file(tmp_path):
    assert_mendable(refusal(tmp_path), tmp_path, "경로를 확인해 주세요", "check the path")


@pytest.mark.parametrize("content", ["", "\n\n", b"\xef\xbb\xbf"], ids=["nothing", "blank lines", "mark alone"])
def test_empty_file(write, content):
    path = write(content)
    assert_mendable(refusal(path), path, "Q,A 열이 있는 CSV", "CSV file with the columns Q,A")


def test_only_a_header(write):
    path = write("Q,A\n")
    assert_mendable(refusal(path), path, "질문과 답변을 넣어 주세요", "put questions and answers below")


@pytest.mark.parametrize(
    ("header", "missing"), [("Q,label", "A"), ("label,A", "Q"), ("질문,답변", "Q, A"), ("q,a", "Q, A"), ("Q;A", "Q, A")]
)
def test_missing_column(write, header, missing):
    path = write(f"{header}\n{header}\n")
    error = refusal(path)
    assert_mendable(error, path, "첫 줄을 Q,A로 시작해 주세요", "begin its first line with Q,A")
    assert f" {missing} 열이 없습니다" in error.text.ko
    assert f"no column {missing} " in error.text.en
    assert ", ".join(header.split(",")) in error.text.ko
    assert ", ".join(header.split(",")) in error.text.en


@pytest.mark.parametrize("encoding", ["cp949", "utf-16"])
def test_wrong_encoding(write, encoding):
    path = write("Q,A\n배고파,뭐라도 드세요.\n".encode(encoding))
    assert_mendable(refusal(path), path, "UTF-8로 다시 저장해 주세요", "save it as UTF-8")


@pytest.mark.parametrize("rows_before", [0, 1, 50_000])
def test_wrong_encoding_names_the_byte(write, rows_before):
    before = ("Q,A\n" + "배고파,뭐라도 드세요.\n" * rows_before).encode()
    error = refusal(write(before + "똠방각하,네\n".encode("cp949")))
    assert f"바이트 {len(before)})" in error.text.ko
    assert f"byte {len(before)})" in error.text.en


@pytest.mark.parametrize(
    "rows",
    ["배고파,네\n그래, 뭐,네\n", "그래, 뭐,네\n", "그래, 뭐,네\n배고파,네\n", "그래, 뭐, 응,네\n", '"배고파,네\n'],
    ids=["comma in a later row", "comma in all rows", "comma in the first row", "two commas", "open quote"],
)
def test_malformed_csv(write, rows):
    path = write(f"Q,A\n{rows}")
    assert_mendable(refusal(path), path, "큰따옴표로 감싸 주세요", "into double quotes")


# The songys corpus


def test_cache_dir_is_where_the_variable_says(cache):
    assert cache_dir() == cache


def test_cache_dir_without_the_variable_is_a_folder_of_its_own(monkeypatch):
    monkeypatch.delenv("KOGPT2_LAB_CACHE", raising=False)
    default = cache_dir()
    monkeypatch.setenv("KOGPT2_LAB_CACHE", "")
    assert default.is_absolute()
    assert "kogpt2-lab" in str(default)
    assert cache_dir() == default


def test_songys_is_downloaded_once(httpserver, songys_at, cache):
    httpserver.serve_content(SONGYS)
    songys_at(httpserver.url)

    first = read_dialogs("songys")
    httpserver.stop()
    second = read_dialogs("songys")

    assert first.Q.tolist() == ["12시 땡!", "1지망 학교 떨어졌어"]
    assert first.label.tolist() == [0, 0]
    pd.testing.assert_frame_equal(first, second)
    assert len(httpserver.requests) == 1
    assert [path.read_bytes() for path in files_in(cache)] == [SONGYS]


def test_songys_is_not_downloaded_to_read_anything_else(httpserver, songys_at, cache, write):
    songys_at(httpserver.url)
    read_dialogs("bundled")
    read_dialogs(write("Q,A\n배고파,뭐라도 드세요.\n"))
    assert httpserver.requests == []
    assert not cache.exists()


def test_songys_damaged_in_the_cache_is_downloaded_again(httpserver, songys_at, cache):
    httpserver.serve_content(SONGYS)
    songys_at(httpserver.url)
    read_dialogs("songys")
    [cached] = files_in(cache)
    cached.write_bytes(SONGYS[:40])

    assert len(read_dialogs("songys")) == 2
    assert len(httpserver.requests) == 2
    assert cached.read_bytes() == SONGYS


def test_songys_with_another_hash_is_thrown_away(httpserver, songys_at, cache):
    httpserver.serve_content(SONGYS.replace("하루".encode(), "이틀".encode()))
    songys_at(httpserver.url)
    assert_mendable(refusal("songys"), "ChatbotData.csv", "다시 시도하거나", "try again")
    assert files_in(cache) == []


@pytest.fixture
def collected():
    """Collects inside the test that its filter covers, not in one of those that follow."""
    yield
    gc.collect()


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # pooch drops a refused response unread
@pytest.mark.usefixtures("collected")
@pytest.mark.parametrize("code", [404, 500])
def test_songys_not_served(httpserver, songys_at, cache, code):
    httpserver.serve_content(SONGYS, code)
    songys_at(httpserver.url)
    assert_mendable(refusal("songys"), httpserver.url, "인터넷 연결을 확인하거나", "check the connection")
    assert files_in(cache) == []


def test_songys_without_a_connection(free_port, songys_at, cache):
    url = f"http://127.0.0.1:{free_port}/ChatbotData.csv"
    songys_at(url)
    assert_mendable(refusal("songys"), url, "인터넷 연결을 확인하거나", "check the connection")
    assert files_in(cache) == []


def test_songys_cut_off_in_the_middle(httpserver, songys_at, cache):
    httpserver.serve_content(SONGYS[:50], headers={"Content-Length": str(len(SONGYS))})
    songys_at(httpserver.url)
    assert_mendable(refusal("songys"), httpserver.url, "인터넷 연결을 확인하거나", "check the connection")
    assert len(httpserver.requests) == 1
    assert files_in(cache) == []


def test_songys_after_a_failure_can_be_tried_again(httpserver, songys_at):
    songys_at(httpserver.url)
    httpserver.serve_content(SONGYS[:50], headers={"Content-Length": str(len(SONGYS))})
    refusal("songys")
    httpserver.serve_content(SONGYS, headers={})
    assert len(read_dialogs("songys")) == 2


def test_songys_where_the_cache_folder_cannot_be_made(httpserver, songys_at, cache):
    cache.write_text("a file in the folder's place")
    httpserver.serve_content(SONGYS)
    songys_at(httpserver.url)
    error = refusal("songys")
    assert_mendable(error, cache, "--data bundled", "--data bundled")
    assert httpserver.url in error.text.ko
    assert httpserver.url in error.text.en
    assert cache.read_text() == "a file in the folder's place"

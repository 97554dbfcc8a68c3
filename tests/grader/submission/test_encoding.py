"""Sources in the encodings and with the line ends that Korean machines write, from the disk into a child."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from grader.submission import reading
from grader.submission.encoding import readable_source
from tests.helpers.children import raised, returning, value

UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
WORDS = "안녕하세요"
RARE = "똠방각하"  # its first syllable is in CP949 and not in EUC-KR
ENCODINGS = {
    "utf-8": ("", "utf-8", RARE),
    "utf-8 with a byte-order mark": ("", "utf-8-sig", RARE),
    "utf-8 with a cookie": ("# -*- coding: utf-8 -*-\n", "utf-8", RARE),
    "byte-order mark and cookie": ("# coding: utf-8\n", "utf-8-sig", RARE),
    "cp949": ("", "cp949", RARE),
    "cp949 with a cookie": ("# -*- coding: cp949 -*-\n", "cp949", RARE),
    "cp949 with a cookie in line 2": ("#!/usr/bin/python\n# vim: set fileencoding=cp949 :\n", "cp949", RARE),
    "cp949 with a cookie that says utf-8": ("# -*- coding: utf-8 -*-\n", "cp949", RARE),
    "euc-kr with a cookie": ("# -*- coding: euc-kr -*-\n", "euc-kr", WORDS),
    "cp949 with a cookie that says euc-kr": ("# -*- coding: euc-kr -*-\n", "cp949", RARE),
}
LINE_ENDS = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}


def written(path, cookie, source, encoding, end):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes((cookie + source).replace("\n", end).encode(encoding))


@pytest.mark.parametrize("end", LINE_ENDS)
@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("kind", ["folder", "source"])
def test_korean_sources_are_read(submit, tmp_path, kind, name, end):
    cookie, encoding, words = ENCODINGS[name]
    path = tmp_path / "kim" / "dialogs.py"
    written(path, cookie, f"# {words}\n인사 = '''{words}\n'''\n{returning('인사')}", encoding, LINE_ENDS[end])
    call = submit(reading.read(path.parent if kind == "folder" else path).message())
    assert value(call()) == f"{words}\n"


@pytest.mark.parametrize("name", ENCODINGS)
def test_a_helper_is_read_like_a_module(submit, tmp_path, name):
    cookie, encoding, words = ENCODINGS[name]
    written(tmp_path / "kim" / "dialogs.py", "", f"from .helpers import x\n{returning('x')}", "utf-8", "\n")
    written(tmp_path / "kim" / "helpers.py", cookie, f"x = '{words}'\n", encoding, "\n")
    assert value(submit(reading.read(tmp_path / "kim").message())()) == words


@pytest.mark.parametrize("end", LINE_ENDS)
@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("kind", ["folder", "source"])
def test_errors_in_korean_sources_are_described(submit, tmp_path, kind, name, end):
    cookie, encoding, words = ENCODINGS[name]
    path = tmp_path / "kim" / "dialogs.py"
    written(path, cookie, f"def encode_dialog(*_):\n    int('{words}')\n", encoding, LINE_ENDS[end])
    error = raised(submit(reading.read(path.parent if kind == "folder" else path).message())())
    assert (error["type"], error["file"], error["line"]) == ("ValueError", "dialogs.py", cookie.count("\n") + 2)
    assert error["source"] == f"int('{words}')"


@pytest.mark.parametrize("content", [b"\xff\xfe\xfd\x80\n", "x = '안녕'".encode("utf-16"), b"x = 1\n\0\n"], ids=repr)
def test_a_module_that_cannot_be_decoded_costs_its_own_functions_only(submit, tmp_path, content):
    (tmp_path / "dialogs.py").write_bytes(content)
    (tmp_path / "batches.py").write_text(returning("1", "pad_dialogs"), encoding="utf-8")
    call = submit(reading.read(tmp_path).message())
    error = raised(call())
    assert error["type"] in ("SyntaxError", "ValueError")
    assert value(call("pad_dialogs", "batches")) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_korean_sources_can_be_read_by_python(encoding):
    source = readable_source("# 주석\nx = '똠방각하'\n".encode(encoding))
    namespace = {}
    exec(compile(source, "kim.py", "exec"), namespace)
    assert namespace["x"] == "똠방각하"


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r")).map(str.encode))
@example("﻿x = 1\n".encode())
@example("# coding: cp949\nx = '안녕'\n".encode("cp949"))
@example(b"\xff\xfe\xfd")
@UNTIMED
def test_what_python_can_read_or_nobody_stays(content):
    assert readable_source(content) == content


@given(st.binary())
@UNTIMED
def test_any_bytes_are_taken(content):
    assert type(readable_source(content)) is bytes

"""`lab doctor`: each probe says what is there or fails on its own, whatever else is broken."""

import hashlib
import importlib.metadata
import json
import os
import re
import subprocess
import sys
from types import SimpleNamespace

import msgspec
import pytest
from typer.testing import CliRunner

from grader.paths import PROJECT
from kit.corpus import SONGYS_FILE
from kit.errors import KitError
from kit.messages import Bilingual
from lab.__main__ import app_for
from lab.commands.student.doctor import SCHEMA, SIGNS
from lab.diagnosis import machine, tensorflow_run
from lab.diagnosis.machine import Diagnostic, Finding, all_diagnostics, findings

runner = CliRunner()
HEAVY = ["numpy", "pandas", "tensorflow", "tf_keras", "transformers", "tokenizers", "huggingface_hub", "psutil"]
HEAVY += ["packaging", "sandlock", "pytest", "hypothesis", "jinja2", "matplotlib", "pooch", "safetensors"]


def doctor(*arguments):
    return runner.invoke(app_for(["doctor"]), ["doctor", *arguments], standalone_mode=False)


def versions(monkeypatch, **changed):
    """Pretend that packages have other versions, or are not there."""
    real = importlib.metadata.version

    def version(name):
        pretended = changed.get(name.replace("-", "_"), "")
        if pretended is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return pretended or real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)


# All together


def test_every_probe_answers_here_in_both_languages():
    results = findings(all_diagnostics())

    assert [each.id for each in results] == list(all_diagnostics())
    for each in results:
        assert each.status != "unknown", each
        for text in (each.title, each.found, each.advice or each.found):
            assert text.ko
            assert text.en
            assert not re.search("[가-힣]", text.en.replace(machine.SAMPLE, ""))


def test_a_probe_that_fails_says_so_and_the_others_go_on():
    def broken():
        raise ZeroDivisionError("in two\nlines")

    asked = {
        "a": Diagnostic(Bilingual("ㄱ", "a"), broken),
        "b": Diagnostic(Bilingual("ㄴ", "b"), lambda: Finding("ok", machine.same("x"))),
    }
    first, second = findings(asked)

    assert (first.id, first.status, first.title.en) == ("a", "unknown", "a")
    assert "ZeroDivisionError" in first.found.ko
    assert "\n" not in first.found.en
    assert second.status == "ok"


def test_the_command_shows_a_line_for_each_and_ends_with_zero():
    result = doctor()

    assert result.return_value == 0
    for diagnostic in all_diagnostics().values():
        assert diagnostic.title.ko in result.output
    assert "모두 있습니다" in result.output
    assert set(result.output) & {sign for sign, _ in SIGNS.values()}


def test_it_works_where_half_is_broken():
    block = f"import sys\nfor name in {HEAVY}: sys.modules[name] = None\n"
    run = "sys.argv = ['lab', '--lang', 'en', 'doctor']\nfrom lab.__main__ import main\nmain()"
    result = subprocess.run(
        [sys.executable, "-c", block + run], capture_output=True, text=True, check=False, cwd=PROJECT
    )

    assert "Traceback" not in result.stderr
    assert result.returncode == 0
    assert result.stdout.count("ModuleNotFoundError") >= 8
    assert "Could not be found out: Python" in result.stdout
    assert "fork" in result.stdout


@pytest.mark.parametrize("encoding", ["ascii", "cp949", "utf-8"])
def test_it_works_in_any_encoding_and_says_where_it_is_no_good(encoding):
    environment = os.environ | {"PYTHONUTF8": "0", "PYTHONIOENCODING": encoding}
    result = subprocess.run([sys.executable, "-m", "lab", "doctor"], capture_output=True, check=False, env=environment)

    assert result.returncode == 0, result.stderr
    assert b"Traceback" not in result.stderr
    assert (b"PYTHONUTF8=1" in result.stdout) == (encoding != "utf-8")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has folders with names of any bytes")
def test_a_folder_whose_name_is_no_text_is_no_obstacle(tmp_path, monkeypatch):
    odd = tmp_path / os.fsdecode(b"\xb0\xa1")
    odd.mkdir()
    monkeypatch.chdir(odd)

    [finding] = findings({"disk": all_diagnostics()["disk"]})

    assert r"\udcb0\udca1" in finding.found.ko
    assert msgspec.json.encode(finding)


def test_json_goes_to_standard_output_alone():
    result = subprocess.run(
        [sys.executable, "-m", "lab", "doctor", "--json"], capture_output=True, text=True, check=True, cwd=PROJECT
    )
    report = json.loads(result.stdout)

    assert (report["schema"], report["ok"]) == (SCHEMA, True)
    assert [each["id"] for each in report["findings"]] == list(all_diagnostics())
    assert {each["status"] for each in report["findings"]} <= set(SIGNS)


def test_json_goes_to_a_file_and_what_is_missing_ends_with_one(tmp_path, monkeypatch):
    versions(monkeypatch, tensorflow=None)
    result = doctor("--json", str(tmp_path / "doctor.json"))
    report = json.loads((tmp_path / "doctor.json").read_text(encoding="utf-8"))

    assert result.return_value == 1
    assert not report["ok"]
    assert [each["id"] for each in report["findings"] if each["status"] == "missing"] == ["tensorflow"]
    assert "TensorFlow" in result.output.splitlines()[-1]


# Python and packages


@pytest.mark.parametrize(
    ("version", "status"), [("3.10.9", "missing"), ("3.11.0", "ok"), ("3.13.1", "ok"), ("3.14.0", "missing")]
)
def test_python_is_held_against_the_projects_range(version, status, monkeypatch):
    monkeypatch.setattr("platform.python_version", lambda: version)

    finding = machine.python()
    assert finding.status == status
    assert version in finding.found.en


@pytest.mark.parametrize(
    ("name", "version", "status"),
    [
        ("tensorflow", "2.21.0", "ok"),
        ("tensorflow", "2.20.0", "missing"),
        ("tensorflow", None, "missing"),
        ("transformers", "5.0.0", "missing"),
        ("numpy", "2.5.0", "missing"),
        ("numpy", "2.4.9", "ok"),
    ],
)
def test_a_package_is_held_against_the_projects_range(name, version, status, monkeypatch):
    versions(monkeypatch, **{name: version})
    finding = machine.package(name)

    assert finding.status == status
    assert (finding.advice is None) == (status == "ok")
    if finding.advice is not None:
        assert f"pip install '{name}" in finding.advice.ko


def test_keras_is_held_against_what_tensorflow_asks_for(monkeypatch):
    versions(monkeypatch, keras="2.15.0")

    assert machine.package("keras", "tensorflow").status == "missing"


def test_further_packages_are_named_where_they_do_not_fit(monkeypatch):
    assert machine.others().status == "ok"
    versions(monkeypatch, pandas="2.0.0", rich=None)
    finding = machine.others()

    assert finding.status == "missing"
    assert "pandas, rich" in finding.found.en


def test_an_extra_is_not_needed(monkeypatch):
    versions(monkeypatch, torch=None)
    finding = machine.extra("kogpt2")
    assert finding.status == "absent"
    assert ".[kogpt2]" in finding.advice.en

    versions(monkeypatch, torch="2.7.0")
    assert machine.extra("kogpt2") == Finding("ok", machine.same("torch 2.7.0"))


def test_every_extra_of_the_project_has_a_probe():
    extras = importlib.metadata.metadata(machine.PROJECT).get_all("Provides-Extra")

    assert sorted(extras) == sorted(machine.EXTRAS)
    assert {f"extra.{name}" for name in extras} <= set(all_diagnostics())


def test_a_project_that_is_not_installed_gets_a_sentence(monkeypatch):
    def metadata(_):
        raise importlib.metadata.PackageNotFoundError

    monkeypatch.setattr(importlib.metadata, "metadata", metadata)
    with pytest.raises(KitError, match="make setup"):
        machine.python()
    with pytest.raises(KitError, match="make setup"):
        machine.package("numpy")


# Protection and room


def test_what_the_sandbox_lacks_is_no_obstacle_to_ones_own_work(monkeypatch):
    monkeypatch.setattr(machine, "missing_protection", lambda: "Landlock ABI 6")
    finding = machine.landlock()

    assert finding.status == "warning"
    assert "Landlock ABI 6" in finding.found.en
    assert "--no-sandbox" in finding.advice.ko


def test_another_system_has_no_seccomp_and_perhaps_no_fork(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert machine.seccomp().status == "warning"
    monkeypatch.delattr(os, "fork")
    assert machine.fork().status == "warning"


@pytest.mark.parametrize(
    ("limit", "used", "free"), [("max", 0, "8.0"), (64 * 10**9, 10**9, "8.0"), (2 * 10**9, 10**9, "1.0")]
)
def test_memory_is_that_of_the_container_where_it_has_less(limit, used, free, tmp_path, monkeypatch):
    (tmp_path / "memory.max").write_text(f"{limit}\n")
    (tmp_path / "memory.current").write_text(f"{used}\n")
    container = machine._container(tmp_path)
    monkeypatch.setattr(machine, "_container", lambda: container)
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=8 * 10**9, total=16 * 10**9))
    finding = machine.memory()

    assert f"{free} GB" in finding.found.ko
    assert finding.status == ("warning" if free == "1.0" else "ok")


def test_where_there_is_no_container_there_is_no_limit(tmp_path):
    assert machine._container(tmp_path / "nowhere") is None


def test_too_little_room_or_a_closed_folder_is_a_warning(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "DISK", 1)
    assert machine.disk(tmp_path).status == "ok"
    monkeypatch.setattr(machine, "DISK", 2**80)
    assert machine.disk(tmp_path).status == "warning"
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert "쓸 수 없는" in machine.disk(tmp_path).advice.ko


def test_the_cache_folder_must_be_writable(tmp_path, monkeypatch):
    monkeypatch.setenv("KOGPT2_LAB_CACHE", str(tmp_path / "not" / "yet"))
    assert machine.cache().status == "ok"
    assert not (tmp_path / "not").exists()

    (tmp_path / "file").write_text("")
    monkeypatch.setenv("KOGPT2_LAB_CACHE", str(tmp_path / "file" / "below"))
    finding = machine.cache()
    assert finding.status == "warning"
    assert "KOGPT2_LAB_CACHE" in finding.advice.en


# Data and devices


def test_the_corpus_is_absent_damaged_or_there(tmp_path, monkeypatch):
    monkeypatch.setenv("KOGPT2_LAB_CACHE", str(tmp_path))
    assert machine.songys().status == "absent"
    (tmp_path / SONGYS_FILE).write_bytes(b"Q,A\n")
    assert machine.songys().status == "warning"
    monkeypatch.setattr(machine, "SONGYS_SHA256", hashlib.sha256(b"Q,A\n").hexdigest())
    assert machine.songys().status == "ok"


def test_the_real_model_is_looked_for_in_the_hubs_cache(tmp_path, monkeypatch):
    import huggingface_hub

    paths = {"tokenizer.json": str(tmp_path / "tokenizer.json")}
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda _, name: paths.get(name))
    assert machine.kogpt2().status == "absent"
    paths["pytorch_model.bin"] = str(tmp_path / "pytorch_model.bin")
    assert machine.kogpt2() == Finding("ok", machine.same(str(tmp_path)))


@pytest.mark.skipif(os.name != "posix", reason="the tool is played by a shell script")
def test_a_gpu_is_named_by_its_drivers_tool(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.gpu().status == "absent"

    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'Tesla T4, 15360 MiB'\n")
    tool.chmod(0o755)
    assert machine.gpu().found.en == "Tesla T4, 15360 MiB"

    tool.write_text("#!/bin/sh\nexit 9\n")
    [finding] = findings({"gpu": Diagnostic(machine.same("GPU"), machine.gpu)})
    assert finding.status == "unknown"


# TensorFlow tried out


def test_tensorflow_is_run_and_says_what_it_runs_on(capsys):
    tensorflow_run.main()
    result = json.loads(capsys.readouterr().out.splitlines()[-1])

    assert result["version"] == importlib.metadata.version("tensorflow")
    assert "CPU:0" in result["devices"]
    assert result["shape"] == [1, 3, 6000]


def ending(code, out="", err=""):
    return lambda *_, **__: subprocess.CompletedProcess([], code, out, err)


def test_a_tensorflow_that_takes_its_process_along_is_missing(monkeypatch):
    monkeypatch.setattr(subprocess, "run", ending(-4, err="Fatal\nIllegal instruction\n\n"))
    finding = tensorflow_run.run()

    assert finding.status == "missing"
    assert "(코드 -4): Illegal instruction" in finding.found.ko


def test_what_tensorflow_prints_before_is_passed_over(monkeypatch):
    line = json.dumps({"version": "2.21.0", "devices": ["CPU:0", "GPU:0"], "shape": [1, 3, 6000], "seconds": 9.5})
    monkeypatch.setattr(subprocess, "run", ending(0, f"noise\n{line}\n"))

    assert "GPU:0" in tensorflow_run.run().found.en
    result = doctor("--deep")
    assert "TensorFlow 실행" in result.output
    assert result.return_value == 0


def test_a_tensorflow_that_hangs_gets_a_sentence(monkeypatch):
    def hang(*_, **__):
        raise subprocess.TimeoutExpired([], tensorflow_run.SECONDS)

    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(KitError, match=str(tensorflow_run.SECONDS)):
        tensorflow_run.run()


def test_doctor_does_not_import_tensorflow():
    code = "import sys\nsys.argv = ['lab', 'doctor']\nfrom lab.__main__ import main\n"
    code += "try: main()\nexcept SystemExit: pass\n"
    show = "print('tensorflow' in sys.modules, 'numpy' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code + show], capture_output=True, text=True, check=True, cwd=PROJECT
    )

    assert result.stdout.splitlines()[-1] == "False False"

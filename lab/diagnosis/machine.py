"""The diagnostics of `lab doctor`; each may fail without affecting the others."""

import hashlib
import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

import kit
from grader.sandbox.process import missing_protection
from grader.submission.encoding import as_text
from kit.corpus import CACHE_VARIABLE, SONGYS_FILE, SONGYS_SHA256
from kit.messages import Bilingual
from lab.console import out
from lab.errors import LabError
from lab.package import reason_of

if TYPE_CHECKING:
    from packaging.requirements import Requirement

Status = Literal["ok", "absent", "warning", "missing", "unknown"]
PROJECT = "kogpt2-lab"
KOGPT2 = "skt/kogpt2-base-v2"
GB = 10**9
MEMORY, DISK = 3 * GB, 2 * GB  # needed for grading; for the real model, once downloaded and once fine-tuned
MAIN = ("tensorflow", "tf-keras", "transformers", "numpy")  # packages with a diagnostic of their own
SAMPLE = "가힣 ▁토큰 ✔ «»"  # to see whether the font has these characters
EXTRAS = {
    "kogpt2": Bilingual("실제 KoGPT2를 읽을 때 씁니다.", "It reads the real KoGPT2."),
    "cluster": Bilingual("여러 컴퓨터로 채점할 때 씁니다.", "It grades on several machines."),
    "notebook": Bilingual("노트북으로 실습할 때 씁니다.", "It is for work in notebooks."),
}


class Finding(msgspec.Struct, frozen=True):
    """The result of a diagnostic.

    Attributes:
        status: `ok`; `absent`: not there and not needed; `warning`; `missing`: needed and not there; `unknown`: the
            diagnostic itself failed.
        found: what is there.
        advice: what to do or to know about it.
        title: what was looked at.
        id: the diagnostic's name.
    """

    status: Status
    found: Bilingual
    advice: Bilingual | None = None
    title: Bilingual = Bilingual("", "")
    id: str = ""


class Diagnostic(NamedTuple):
    """A question about this machine.

    Attributes:
        title: what it looks at.
        ask: looks at it; may raise anything.
    """

    title: Bilingual
    ask: Callable[[], Finding]


def findings(diagnostics: dict[str, Diagnostic]) -> list[Finding]:
    """Run all diagnostics; one that raises yields a finding with the status `unknown`."""
    return [_run(name, diagnostic) for name, diagnostic in diagnostics.items()]


def _run(name: str, diagnostic: Diagnostic) -> Finding:
    try:
        finding = diagnostic.ask()
    except Exception as error:  # the command is for machines where anything may be broken
        finding = Finding("unknown", reason_of(error))
    texts = {"found": _encodable(finding.found), "advice": finding.advice and _encodable(finding.advice)}
    return msgspec.structs.replace(finding, id=name, title=diagnostic.title, **texts)


def _encodable(text: Bilingual) -> Bilingual:
    """Escape bytes that are not UTF-8, which names of folders on Linux may hold."""
    return Bilingual(as_text(text.ko), as_text(text.en))


def same(text: str) -> Bilingual:
    """Make a text that is the same in both languages."""
    return Bilingual(text, text)


# Python and its packages


def python() -> Finding:
    """Check Python's version against the range that the project is tested with."""
    from packaging.specifiers import SpecifierSet

    wanted, version = _metadata()["Requires-Python"], platform.python_version()
    if SpecifierSet(wanted).contains(version, prereleases=True):
        return Finding("ok", same(f"{version} ({wanted})"))
    advice = Bilingual(f"Python {wanted} 이(가) 필요합니다.", f"Python {wanted} is needed.")
    return Finding("missing", same(version), advice)


def system() -> Finding:
    """Name the operating system, the processor, and the folder of the Python environment."""
    return Finding("ok", same(f"{platform.system()} {platform.release()} · {platform.machine()} · {sys.prefix}"))


def package(name: str, asked_by: str = PROJECT) -> Finding:
    """Check an installed package's version against the range in the metadata of the package that requires it.

    Args:
        name: the package.
        asked_by: the package that requires it.
    """
    [requirement] = [each for each in _requirements(asked_by) if each.name == name]
    return _installed(requirement)


def others() -> Finding:
    """Check all other packages that the project requires, in one finding."""
    needed = [each for each in _requirements() if each.name not in MAIN]
    wrong = [each.name for each in needed if _installed(each).status != "ok"]
    count = Bilingual(
        f"{len(needed)}개 가운데 {len(needed) - len(wrong)}개", f"{len(needed) - len(wrong)} of {len(needed)}"
    )
    if not wrong:
        return Finding("ok", count)
    listed = ", ".join(wrong)
    state = Bilingual(f"{count.ko}, 맞지 않음: {listed}", f"{count.en}, wrong: {listed}")
    return Finding("missing", state, Bilingual("`make -B setup`을 실행하세요.", "Run `make -B setup`."))


def extra(name: str) -> Finding:
    """Check the packages of an optional extra."""
    always, use = _requirements(), EXTRAS[name]
    needed = [each for each in _requirements(extra=name) if each not in always]
    if all(_installed(each).status == "ok" for each in needed):
        return Finding("ok", same(", ".join(f"{each.name} {importlib.metadata.version(each.name)}" for each in needed)))
    command = f"`.venv/bin/uv pip install --python .venv -e '.[{name}]'`"
    state = Bilingual(f"없습니다. {use.ko}", f"It is not there. {use.en}")
    return Finding("absent", state, Bilingual(f"설치: {command}", f"install: {command}"))


def _installed(requirement: "Requirement") -> Finding:
    try:
        version = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return Finding("missing", Bilingual("없습니다.", "It is not there."), _install(requirement))
    if requirement.specifier.contains(version, prereleases=True):
        return Finding("ok", same(f"{version} ({requirement.specifier})"))
    return Finding("missing", same(f"{version} (≠ {requirement.specifier})"), _install(requirement))


def _metadata() -> "importlib.metadata.PackageMetadata":
    try:
        return importlib.metadata.metadata(PROJECT)
    except importlib.metadata.PackageNotFoundError:
        raise LabError(
            Bilingual(
                "이 프로젝트가 설치되어 있지 않습니다. `make setup`을 실행하세요.",
                "This project is not installed: run `make setup`.",
            ),
        ) from None


def _requirements(of: str = PROJECT, extra: str = "") -> "list[Requirement]":
    """List a package's requirements that apply to this machine, those of one of its extras included."""
    from packaging.requirements import Requirement

    if of == PROJECT:
        _metadata()
    requirements = [Requirement(line) for line in importlib.metadata.requires(of) or []]
    return [each for each in requirements if each.marker is None or each.marker.evaluate({"extra": extra})]


def _install(requirement: "Requirement") -> Bilingual:
    command = f"`make -B setup`, Colab: `pip install '{requirement}'`"
    return Bilingual(f"다시 설치하세요: {command}", f"Install it again: {command}")


# What the sandbox needs


def landlock() -> Finding:
    """Check for Landlock, the kernel's restriction of files and network."""
    missing = missing_protection()
    if missing is None:
        import sandlock

        return Finding("ok", same(f"Landlock ABI {sandlock.landlock_abi_version()} ≥ {sandlock.min_landlock_abi()}"))
    return Finding("warning", same(f"– {missing}"), UNPROTECTED)


def seccomp() -> Finding:
    """Check for seccomp, the kernel's filter of system calls."""
    if sys.platform != "linux":
        return Finding("warning", Bilingual("Linux에만 있습니다.", "Only Linux has it."), UNPROTECTED)
    actions = Path("/proc/sys/kernel/seccomp/actions_avail").read_text(encoding="ascii").split()
    if "user_notif" in actions:
        return Finding("ok", same("user_notif"))
    return Finding("warning", same(f"– user_notif ({' '.join(actions)})"), UNPROTECTED)


def fork() -> Finding:
    """Check for `fork`, with which one import of TensorFlow serves all submissions."""
    if hasattr(os, "fork"):
        return Finding("ok", Bilingual("TensorFlow를 한 번만 불러옵니다.", "TensorFlow is imported once for all."))
    slow = Bilingual("제출물마다 TensorFlow를 새로 불러옵니다.", "TensorFlow is imported anew for each submission.")
    return Finding("warning", slow)


UNPROTECTED = Bilingual(
    "직접 쓴 코드만 `lab check --no-sandbox`로 채점하세요. 다른 사람의 코드에는 Linux 6.12 이상이 필요합니다.",
    "Grade only your own code, with `lab check --no-sandbox`; other people's needs Linux 6.12 or newer.",
)


# Memory and disk


def memory() -> Finding:
    """Check the free memory of the machine or, if less, of the container that this runs in."""
    import psutil

    machine = psutil.virtual_memory()
    free, whole = min((machine.available, machine.total), _container() or (machine.available, machine.total))
    state = Bilingual(
        f"{whole / GB:.1f} GB 가운데 {free / GB:.1f} GB 사용 가능", f"{free / GB:.1f} of {whole / GB:.1f} GB free"
    )
    if free >= MEMORY:
        return Finding("ok", state)
    need = f"{MEMORY // GB} GB"
    advice = Bilingual(
        f"채점에는 {need}쯤 듭니다. 다른 프로그램을 닫으세요.", f"Grading takes about {need}: close other programs."
    )
    return Finding("warning", state, advice)


def _container(folder: Path = Path("/sys/fs/cgroup")) -> tuple[int, int] | None:
    """Return the free and total memory of the container, in bytes; `None` if it has no limit."""
    try:
        limit, used = ((folder / f"memory.{name}").read_text(encoding="ascii").strip() for name in ("max", "current"))
    except OSError:
        return None
    return (int(limit) - int(used), int(limit)) if limit.isdigit() else None


def disk(folder: Path | None = None) -> Finding:
    """Check the free disk space of the current folder, where runs are saved."""
    folder = folder or Path.cwd()
    free = shutil.disk_usage(folder).free
    state = Bilingual(f"{free / GB:.1f} GB 사용 가능 · {folder}", f"{free / GB:.1f} GB free · {folder}")
    if not os.access(folder, os.W_OK):
        advice = Bilingual(
            "쓸 수 없는 폴더입니다. 다른 폴더에서 실행하세요.", "It is read-only: run in another folder."
        )
        return Finding("warning", state, advice)
    if free >= DISK:
        return Finding("ok", state)
    advice = Bilingual(
        "실제 KoGPT2의 체크포인트 두 개에 모자랍니다.", "Too little for two checkpoints of the real KoGPT2."
    )
    return Finding("warning", state, advice)


def cache() -> Finding:
    """Check that the folder for downloads can be written."""
    folder = kit.cache_dir()
    existing = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    if existing.is_dir() and os.access(existing, os.W_OK):
        return Finding("ok", same(str(folder)))
    advice = Bilingual(
        f"쓸 수 없습니다. {CACHE_VARIABLE}로 다른 폴더를 알려 주세요.",
        f"It cannot be written: name another folder with {CACHE_VARIABLE}.",
    )
    return Finding("warning", same(str(folder)), advice)


# What has been downloaded


def songys() -> Finding:
    """Check the downloaded songys corpus against its SHA-256."""
    path = kit.cache_dir() / SONGYS_FILE
    if not path.exists():
        advice = Bilingual("`lab train --data songys`가 내려받습니다.", "`lab train --data songys` downloads it.")
        return Finding("absent", Bilingual("아직 내려받지 않았습니다.", "Not downloaded yet."), advice)
    if hashlib.sha256(path.read_bytes()).hexdigest() == SONGYS_SHA256:
        return Finding("ok", same(str(path)))
    advice = Bilingual(
        "파일이 깨졌습니다. 지우고 다시 내려받으세요.", "The file is damaged: delete it and download it again."
    )
    return Finding("warning", same(str(path)), advice)


def kogpt2() -> Finding:
    """Look for the real KoGPT2 in the cache of `huggingface_hub`."""
    from huggingface_hub import try_to_load_from_cache

    paths = [try_to_load_from_cache(KOGPT2, name) for name in ("tokenizer.json", "pytorch_model.bin")]
    if all(isinstance(path, str) for path in paths):
        return Finding("ok", same(str(Path(str(paths[0])).parent)))
    advice = Bilingual(f"`lab train --model {KOGPT2}`가 내려받습니다.", f"`lab train --model {KOGPT2}` downloads it.")
    return Finding("absent", Bilingual("아직 내려받지 않았습니다.", "Not downloaded yet."), advice)


# GPU and terminal


def gpu() -> Finding:
    """Look for an NVIDIA GPU with `nvidia-smi`."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        advice = Bilingual("mini는 CPU로도 몇 분이면 훈련합니다.", "mini is fine-tuned in minutes on a CPU.")
        return Finding("absent", Bilingual("없습니다.", "There is none."), advice)
    query = [tool, "--query-gpu=name,memory.total", "--format=csv,noheader"]
    listing = subprocess.run(query, capture_output=True, text=True, timeout=20, check=True)
    advice = Bilingual(
        "TensorFlow도 쓸 수 있는지는 `lab doctor --deep`으로 보세요.",
        "Whether TensorFlow can use it: `lab doctor --deep`.",
    )
    return Finding("ok", same(" · ".join(listing.stdout.strip().splitlines())), advice)


def terminal() -> Finding:
    """Check that the terminal's encoding is UTF-8, and print a sample of what its font should show."""
    encoding = out.encoding.lower()
    if encoding.replace("-", "") != "utf8":
        advice = Bilingual("환경 변수 PYTHONUTF8=1을 두고 다시 실행하세요.", "Set PYTHONUTF8=1 and run again.")
        return Finding("warning", same(encoding), advice)
    font = "D2Coding, Noto Sans Mono CJK KR"
    advice = Bilingual(
        f"네모로 보이면 한글 글꼴로 바꾸세요: {font}", f"If you see boxes, use a font with Hangul: {font}"
    )
    return Finding("ok", same(f"{encoding} · {SAMPLE}"), advice)


def all_diagnostics() -> dict[str, Diagnostic]:
    """List, in the order of output, all diagnostics that do not import TensorFlow."""
    return {
        "python": Diagnostic(same("Python"), python),
        "system": Diagnostic(Bilingual("컴퓨터", "machine"), system),
        "tensorflow": Diagnostic(same("TensorFlow"), partial(package, "tensorflow")),
        "keras": Diagnostic(same("Keras"), partial(package, "keras", "tensorflow")),
        "tf-keras": Diagnostic(same("tf-keras"), partial(package, "tf-keras")),
        "transformers": Diagnostic(same("transformers"), partial(package, "transformers")),
        "numpy": Diagnostic(same("NumPy"), partial(package, "numpy")),
        "packages": Diagnostic(Bilingual("그 밖의 패키지", "further packages"), others),
        "landlock": Diagnostic(Bilingual("샌드박스", "sandbox"), landlock),
        "seccomp": Diagnostic(same("seccomp"), seccomp),
        "fork": Diagnostic(same("fork"), fork),
        "memory": Diagnostic(Bilingual("메모리", "memory"), memory),
        "disk": Diagnostic(Bilingual("디스크", "disk"), disk),
        "cache": Diagnostic(Bilingual("캐시 폴더", "cache folder"), cache),
        "songys": Diagnostic(Bilingual("songys 말뭉치", "songys corpus"), songys),
        "kogpt2": Diagnostic(Bilingual("실제 KoGPT2", "the real KoGPT2"), kogpt2),
        "gpu": Diagnostic(same("GPU"), gpu),
        "terminal": Diagnostic(Bilingual("터미널", "terminal"), terminal),
        "extra.kogpt2": Diagnostic(same("torch"), partial(extra, "kogpt2")),
        "extra.cluster": Diagnostic(same("distributed"), partial(extra, "cluster")),
        "extra.notebook": Diagnostic(same("Jupyter"), partial(extra, "notebook")),
    }

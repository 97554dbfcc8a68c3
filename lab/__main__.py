"""The command line: `lab`, and the commands that it lists."""

import errno
import itertools
import os
import signal
import sys
import traceback
from collections.abc import Collection
from importlib import import_module
from types import FrameType
from typing import Annotated, NoReturn

import typer

from kit.errors import KitError
from kit.messages import LANGUAGE_VARIABLE, Bilingual
from lab import console
from lab.errors import LabError

# Each command, and the module below `lab.commands` whose function it is.
COMMANDS = {
    "check": "student.check",
    "watch": "student.watch",
    "grade": "assistant.grade",
    "export": "assistant.export",
    "gradescope": "assistant.export",
    "train": "student.train",
    "chat": "student.chat",
    "hint": "student.hint",
    "doctor": "student.doctor",
    "trace": "student.trace",
    "show": "student.show",
    "skeleton": "assistant.skeleton",
}
SOON = 0.01  # seconds
STOPPED = 130
# What an option means that stands alone: standard output, the newest run.
ALONE = {"--json": "-", "--resume": "newest"}

NEXT = Bilingual(
    """[bold]KoGPT2 실습[/] · 한국어 GPT-2를 챗봇으로 만듭니다.

  [cyan]lab check[/]                      skeleton/의 블록을 채우면서 채점합니다
  [cyan]lab watch[/]                      저장할 때마다 고친 단계만 다시 채점합니다
  [cyan]lab hint[/]                       다음에 작성할 블록의 힌트를 하나씩 봅니다
  [cyan]lab trace "질문" "답변"[/]          대화 하나가 모든 단계를 지나는 모습을 봅니다
  [cyan]lab show[/]                       모델, 토큰, 데이터, 배치, 표집을 들여다봅니다
  [cyan]lab train --package skeleton[/]   직접 작성한 코드로 작은 모델을 미세 조정합니다
  [cyan]lab train --resume[/]             멈춘 훈련을 이어 갑니다
  [cyan]lab chat[/]                       훈련한 모델과 대화합니다
  [cyan]lab doctor[/]                     이 컴퓨터에 무엇이 있고 무엇이 없는지 봅니다
  [cyan]lab check solution[/]             정답 코드를 채점합니다 (100 / 100)

처음이라면 skeleton/pretrained.py를 열어 첫 블록을 채우고 [cyan]lab check[/]를 실행해 보세요.
노트북으로 하려면 skeleton/lab.ipynb를 여세요.""",
    """[bold]The KoGPT2 lab[/] · turning a Korean GPT-2 into a chatbot.

  [cyan]lab check[/]                      grade skeleton/ while you fill its blocks
  [cyan]lab watch[/]                      grade again at each save, only what you edited
  [cyan]lab hint[/]                       a hint for the next block, one at a time
  [cyan]lab trace "Q" "A"[/]              follow one dialog through all steps
  [cyan]lab show[/]                       look at the model, tokens, data, a batch, sampling
  [cyan]lab train --package skeleton[/]   fine-tune the small model with what you wrote
  [cyan]lab train --resume[/]             go on with a training that was stopped
  [cyan]lab chat[/]                       talk with the model you trained
  [cyan]lab doctor[/]                     what this machine has, and what it lacks
  [cyan]lab check solution[/]             grade the finished lab (100 / 100)

New here? Open skeleton/pretrained.py, fill its first block, and run [cyan]lab check[/].
Rather a notebook? Open skeleton/lab.en.ipynb.""",
)


def app_for(arguments: Collection[str] = ()) -> typer.Typer:
    """The command line; of the commands only those that the arguments name, which saves a third of the start."""
    app = typer.Typer(
        add_completion=False, no_args_is_help=False, pretty_exceptions_enable=False, rich_markup_mode="rich"
    )
    app.callback(invoke_without_command=True)(start)
    named = COMMANDS.keys() & arguments
    for name, module in COMMANDS.items():
        if name in named or not named:
            app.command(name)(getattr(import_module(f"lab.commands.{module}"), name))
    return app


def start(
    context: typer.Context,
    lang: Annotated[str | None, typer.Option(help="ko | en")] = None,
) -> None:
    """KoGPT2 실습: 채점하고, 훈련하고, 대화합니다. / The KoGPT2 lab: check, train, chat."""
    if lang is not None:
        if lang not in ("ko", "en"):
            raise LabError(Bilingual(f"--lang {lang}: ko나 en을 쓰세요.", f"--lang {lang}: use ko or en."))
        os.environ[LANGUAGE_VARIABLE] = lang
    if context.invoked_subcommand is None:
        console.out.print(str(NEXT))


def arguments_in_order(arguments: list[str]) -> list[str]:
    """An option of `ALONE` may stand without its value, and `--lang` behind the command."""
    first: list[str] = []
    found: list[str] = []
    words = iter(arguments)
    for word in itertools.takewhile("--".__ne__, words):
        if found and found[-1] in ALONE and word.startswith("-") and word != "-":
            found.append(ALONE[found[-1]])
        if word == "--lang" or word.startswith("--lang="):
            first += [word, *itertools.islice(words, "=" not in word)]
        else:
            found.append(word)
    rest = arguments[arguments.index("--") :] if "--" in arguments else []
    return first + found + [ALONE[word] for word in found[-1:] if word in ALONE] + rest


def main() -> NoReturn:
    """Run the command; every foreseeable fault ends in one sentence and exit code 2, Ctrl-C in 130."""
    heed_lost_interrupts()
    try:
        arguments = arguments_in_order(sys.argv[1:])
        code = app_for(arguments)(arguments, standalone_mode=False)
        if code == STOPPED:  # what typer makes of Ctrl-C
            raise KeyboardInterrupt
        sys.exit(code if isinstance(code, int) else 0)
    except typer.TyperException as error:
        console.err.print(f"{error.format_message()} (lab --help)", style="red", markup=False)
        sys.exit(2)
    except KitError as error:
        console.err.print(str(error), style="red", markup=False)
        sys.exit(2)
    except (KeyboardInterrupt, typer.Abort):
        console.err.print(str(Bilingual("중단했습니다.", "Stopped.")))
        sys.exit(STOPPED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(141)
    except OSError as error:
        console.err.print(_sentence(error), style="red", markup=False)
        sys.exit(2)


def heed_lost_interrupts() -> None:
    """Have a Ctrl-C come again that fell into a callback of the garbage collector's, where Python only reports it.

    hypothesis has such a callback, and it is called very often while examples are drawn. A timer of the kernel's brings
    it: a thread would send it at the very moment the main thread gives way, which then may go to sleep without a look.
    """
    if sys.platform == "win32":  # it has no such timer
        return
    usual = sys.unraisablehook

    def report(lost: "sys.UnraisableHookArgs") -> None:
        if issubclass(lost.exc_type, KeyboardInterrupt):
            signal.setitimer(signal.ITIMER_REAL, SOON)
        else:
            usual(lost)

    def come_again(_: int, frame: FrameType | None) -> None:
        if any(running.f_code is report.__code__ for running, _ in traceback.walk_stack(frame)):
            signal.setitimer(signal.ITIMER_REAL, SOON)  # within the report it would be lost once more
        else:
            signal.raise_signal(signal.SIGINT)

    sys.unraisablehook = report
    signal.signal(signal.SIGALRM, come_again)


def _sentence(error: OSError) -> str:
    where = error.filename or ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        ko = f"디스크가 가득 찼습니다 {where}. 자리를 비우고 다시 실행해 주세요."
        return str(Bilingual(ko, f"The disk is full {where}: make room and run it again."))
    reason = error.strerror or str(error)
    ko = f"{where} 을(를) 읽거나 쓸 수 없습니다 ({reason}). 경로와 권한을 확인해 주세요."
    return str(Bilingual(ko, f"{where} cannot be read or written ({reason}): check path and permissions."))


if __name__ == "__main__":
    main()

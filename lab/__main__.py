"""The command line `lab` and its subcommands."""

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

# Each subcommand and the module below `lab.commands` that holds its function.
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
REDELIVERY_SECONDS = 0.01
EXIT_INTERRUPTED = 130  # the shells' code for a command that SIGINT ended
EXIT_BROKEN_PIPE = 141  # and for SIGPIPE
# The value of an option that is given without one: standard output, the newest run.
IMPLIED_VALUES = {"--json": "-", "--resume": "newest"}

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
    """Build the command line, importing only the subcommands named in `arguments`, which saves a third of the start.

    Args:
        arguments: the command line's words; all subcommands are imported where they name none.
    """
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


def normalized_arguments(arguments: list[str]) -> list[str]:
    """Rewrite arguments into the form that typer parses.

    `--lang` may stand anywhere and is moved to the front; an option of `IMPLIED_VALUES` that has no value gets one.
    Whatever follows `--` is left as it is.
    """
    lang: list[str] = []
    others: list[str] = []
    words = iter(arguments)
    for word in itertools.takewhile("--".__ne__, words):
        if others and others[-1] in IMPLIED_VALUES and word.startswith("-") and word != "-":
            others.append(IMPLIED_VALUES[others[-1]])
        if word == "--lang" or word.startswith("--lang="):
            lang += [word, *itertools.islice(words, "=" not in word)]
        else:
            others.append(word)
    rest = arguments[arguments.index("--") :] if "--" in arguments else []
    return lang + others + [IMPLIED_VALUES[word] for word in others[-1:] if word in IMPLIED_VALUES] + rest


def main() -> NoReturn:
    """Run the command line.

    An error that the user can fix is printed as one sentence and ends with exit code 2; Ctrl-C ends with 130.
    """
    redeliver_lost_interrupts()
    console.replace_what_cannot_be_shown()
    try:
        arguments = normalized_arguments(sys.argv[1:])
        code = app_for(arguments)(arguments, standalone_mode=False)
        if code == EXIT_INTERRUPTED:  # typer returns it for Ctrl-C
            raise KeyboardInterrupt
        sys.stdout.flush()  # here it can still be said what is wrong with the other end
        sys.exit(code if isinstance(code, int) else 0)
    except typer.TyperException as error:
        console.err.print(f"{error.format_message()} (lab --help)", style="red")
        sys.exit(2)
    except KitError as error:
        console.err.print(str(error), style="red")
        sys.exit(2)
    except (KeyboardInterrupt, typer.Abort):
        console.err.print(str(Bilingual("중단했습니다.", "Stopped.")))
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(EXIT_BROKEN_PIPE)
    except OSError as error:
        console.err.print(str(_message(error)), style="red", markup=False)
        sys.exit(2)


def redeliver_lost_interrupts() -> None:
    """Deliver Ctrl-C again when Python discarded it.

    An exception in a callback of the garbage collector cannot propagate, so Python only reports it, `KeyboardInterrupt`
    included. hypothesis has such a callback, which runs very often while examples are drawn. A kernel timer sends the
    signal again. A thread could not: it would send the signal at the moment the main thread releases the GIL, and the
    main thread might then block without noticing it.
    """
    if sys.platform == "win32":  # has no setitimer
        return
    default_hook = sys.unraisablehook

    def report(unraisable: "sys.UnraisableHookArgs") -> None:
        if issubclass(unraisable.exc_type, KeyboardInterrupt):
            signal.setitimer(signal.ITIMER_REAL, REDELIVERY_SECONDS)
        else:
            default_hook(unraisable)

    def redeliver(_: int, frame: FrameType | None) -> None:
        if any(running.f_code is report.__code__ for running, _ in traceback.walk_stack(frame)):
            signal.setitimer(signal.ITIMER_REAL, REDELIVERY_SECONDS)  # within the hook it would be discarded again
        else:
            signal.raise_signal(signal.SIGINT)

    sys.unraisablehook = report
    signal.signal(signal.SIGALRM, redeliver)


def _message(error: OSError) -> Bilingual:
    path = Bilingual(error.filename or "출력", error.filename or "the output")
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Bilingual(
            f"디스크가 가득 찼습니다 ({path.ko}). 자리를 비우고 다시 실행해 주세요.",
            f"The disk is full ({path.en}): make room and run it again.",
        )
    reason = error.strerror or str(error)
    return Bilingual(
        f"{path.ko} 을(를) 읽거나 쓸 수 없습니다 ({reason}). 경로와 권한을 확인해 주세요.",
        f"{path.en} cannot be read or written ({reason}): check path and permissions.",
    )


if __name__ == "__main__":
    main()

"""`lab watch`: grade again at each save, only the steps that the edit affects."""

from pathlib import Path
from typing import Annotated

import typer

from grader.errors import GraderError
from grader.session import InterruptiblePool, Session
from lab.paths import located
from lab.protection import protected
from lab.watching.loop import Watch, quit_on_signals


def watch(
    path: Annotated[Path, typer.Argument(help="폴더나 파일 / a folder or a file")] = Path("skeleton"),
    sandbox: Annotated[bool, typer.Option(help="샌드박스 안에서 실행 / run in the sandbox")] = True,
    poll: Annotated[bool, typer.Option("--poll", help="파일을 계속 살펴보기 / look at the files all the time")] = False,
) -> int:
    """저장할 때마다 고친 단계를 다시 채점합니다. / Grade again what you edited, at each save.

    Enter는 모두 다시 채점하고, q나 Ctrl-C는 끝냅니다. / Enter grades everything again; q or Ctrl-C quits.
    """
    path = located(path)
    with InterruptiblePool(confine=sandbox and protected(path)) as pool:
        session = Session(path, pool)
        session.look()
        if isinstance(session.problem, GraderError):
            raise session.problem
        watching = Watch(session)
        received = quit_on_signals(watching)
        watching.run(poll=poll or None)
    return 128 + received[0] if received else 0

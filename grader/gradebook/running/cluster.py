"""More than one machine: submissions go to a `dask.distributed` cluster, and each worker keeps a warm fork server.

The extra `cluster` brings the library; the workers need this project, at the same version, and Linux with the sandbox.
Start them with one thread each: `dask worker tcp://HOST:PORT --nthreads 1 --nworkers N`.
"""

import atexit
import re
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from grader.errors import GraderError
from grader.gradebook.running.workers import FAULT, TRIES, Graded, Outcome, Task
from grader.gradebook.store import grader_fingerprint
from grader.grading import grade_submission
from grader.sandbox import policy
from grader.sandbox.pool import Pool
from kit.messages import Bilingual

ADDRESS = re.compile(r"(tcp|tls)://.+:\d+")
CONNECT_SECONDS = 10
AHEAD = 2  # submissions on their way to each worker, so that none waits for work

_bench = threading.Lock()  # one submission at a time in a worker, whatever its threads
_workshops: dict[bool, Pool] = {}


def grade_on(tasks: Iterable[Task], address: str, *, confine: bool) -> Iterator[Graded]:
    """Grade submissions on a cluster, and give what came of each as soon as it is there.

    A submission whose worker is lost goes to another one.

    Args:
        tasks: taken one by one, as workers become free.
        address: of the scheduler, `tcp://HOST:PORT`.
        confine: whether to use the sandbox.

    Raises:
        GraderError: there is no cluster at that address, it has no workers, or one of them has another version.
    """
    with _client(address) as client:
        from distributed import KilledWorker, as_completed

        workers = _workers(client, address)
        waiting = iter(tasks)
        sent: dict[str, Task] = {}
        running = as_completed([], loop=client.loop)

        def send() -> None:
            task = next(waiting, None)
            if task is not None:
                future = client.submit(grade_here, task, confine=confine, pure=False)
                sent[future.key] = task
                running.add(future)

        for _ in range(AHEAD * workers):
            send()
        for future in running:
            error = future.exception()
            if error is not None and not isinstance(error, KilledWorker):
                raise _unusable(address, error)
            outcome = FAULT if error is not None else _checked(address, *future.result())
            send()
            yield Graded(sent.pop(future.key).submission, outcome)


def _client(address: str) -> Any:
    """A connection to the scheduler.

    Raises:
        GraderError: there is none, or the library is missing.
    """
    try:
        from distributed import Client
    except ImportError:
        raise GraderError(
            Bilingual(
                "--cluster에는 dask.distributed가 필요합니다. 프로젝트 폴더에서 "
                "`pip install -e '.[cluster]'`로 설치해 주세요.",
                "--cluster needs dask.distributed: install it in the project's folder, `pip install -e '.[cluster]'`.",
            ),
        ) from None
    try:
        if ADDRESS.fullmatch(address) is None:
            raise ValueError(address)
        return Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise GraderError(
            Bilingual(
                f"{address} 에서 dask 스케줄러가 답하지 않습니다. 주소를 확인해 주세요 (tcp://HOST:PORT).",
                f"No dask scheduler answers at {address}: check the address (tcp://HOST:PORT).",
            ),
        ) from error


def _workers(client: Any, address: str) -> int:
    """How many workers the cluster has.

    Raises:
        GraderError: none.
    """
    workers = len(client.scheduler_info(n_workers=-1)["workers"])
    if not workers:
        raise GraderError(
            Bilingual(
                f"{address} 에 워커가 없습니다. `dask worker {address} --nthreads 1`로 시작해 주세요.",
                f"{address} has no workers: start some with `dask worker {address} --nthreads 1`.",
            ),
        )
    return workers


def _checked(address: str, version: str, outcome: Outcome) -> Outcome:
    if version != grader_fingerprint():
        raise GraderError(
            Bilingual(
                f"{address} 의 워커에 있는 채점기가 이 컴퓨터의 것과 다릅니다. 같은 버전을 설치하고 다시 실행해 "
                f"주세요.",
                f"A worker of {address} has another version of the grader: install the same one, and run again.",
            ),
        )
    return outcome


def _unusable(address: str, error: BaseException) -> GraderError:
    if isinstance(error, GraderError):
        return GraderError(Bilingual(f"{address} 의 워커: {error.text.ko}", f"A worker of {address}: {error.text.en}"))
    return GraderError(
        Bilingual(
            f"{address} 에서 채점하지 못했습니다 ({error!r}). 워커에 이 프로젝트를 설치했는지 확인하고 다시 실행해 "
            f"주세요.",
            f"{address} could not grade ({error!r}): check that its workers have this project, and run again.",
        ),
    )


def grade_here(task: Task, *, confine: bool) -> tuple[str, Outcome]:
    """On a worker: the grader's version, and what came of the submission.

    Raises:
        GraderError: this machine has no sandbox.
    """
    confine = confine and policy.required()
    with _bench:
        for _ in range(TRIES):
            try:
                return grader_fingerprint(), grade_submission(
                    task.submission, _workshop(confine=confine), passed=task.passed
                )
            except GraderError:  # the grader's own fault: once more, on new fork servers
                _close()
    return grader_fingerprint(), FAULT


def _workshop(*, confine: bool) -> Pool:
    if confine not in _workshops:
        _close()
        _workshops[confine] = Pool(confine=confine, light=False)
        _workshops[confine].warm_up()
    return _workshops[confine]


@atexit.register
def _close() -> None:
    for pool in _workshops.values():
        pool.__exit__()
    _workshops.clear()

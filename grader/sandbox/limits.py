"""What a submission, its child and a fork server may take, in one value that is handed down."""

from dataclasses import dataclass

from grader.inside.messages import MAX_REPLY

MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """Deadlines (seconds), sizes (bytes, unless said otherwise) and counts.

    The deadlines are generous: a call takes milliseconds without TensorFlow, and about a second at most with it. A
    check that runs out of time is run once more alone before it counts.

    Attributes:
        light_call_seconds: for one call in a step without TensorFlow.
        call_seconds: for one call in a step with TensorFlow, and for importing a module of the submission.
        check_seconds: for all calls of one check.
        submission_seconds: for all checks of one submission.
        reference_seconds: for one value that the grader has computed for itself.
        start_seconds: for a fork server's imports; a cold import of TensorFlow on a busy machine is slow.
        stuck_seconds: how long a process may compute nothing at all before it counts as stuck.
        starts: how many fork servers are tried before grading is given up.
        closing_seconds: for a fork server to end by itself once it is told to, before it is killed.
        cleaning_seconds: for ending the processes that a child left behind.
        requests_ahead: how many requests a child may have before it, not yet answered.
        unread_bytes: what a child may have sent that nobody has read yet.
        disk_bytes: what a child may keep on the disk.
        disk_look_seconds: from one look at what children keep on the disk to the next.
        measuring_seconds: for one such look; only hundreds of thousands of files take longer.
        young_folder_seconds: how old a fork server's folder must be to be removed where no process holds its lock: a
            younger one may be about to be locked.
        memory: of a fork server and its children together, as sandlock writes sizes (`"12G"`).
        processes: how many a fork server and its children may be together.
        open_files: of each process.
    """

    light_call_seconds: float = 20.0
    call_seconds: float = 60.0
    check_seconds: float = 180.0
    submission_seconds: float = 900.0
    reference_seconds: float = 120.0
    start_seconds: float = 300.0
    stuck_seconds: float = 20.0
    starts: int = 2
    closing_seconds: float = 2.0
    cleaning_seconds: float = 3.0
    requests_ahead: int = 32
    unread_bytes: int = 2 * MAX_REPLY
    disk_bytes: int = 512 * MIB
    disk_look_seconds: float = 1.0
    measuring_seconds: float = 5.0
    young_folder_seconds: float = 60.0
    memory: str = "12G"
    processes: int = 64
    open_files: int = 1024


USUAL = Limits()

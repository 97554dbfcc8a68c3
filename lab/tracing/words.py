"""The texts that the terminal and the HTML page of a trace share."""

from kit.messages import Bilingual
from lab.tracing.stages import Role, Trace

ROLES: dict[Role, Bilingual] = {
    "bos": Bilingual("시작 <s>", "begin <s>"),
    "usr": Bilingual("질문 앞 <usr>", "question <usr>"),
    "sys": Bilingual("답변 앞 <sys>", "answer <sys>"),
    "eos": Bilingual("끝 </s>", "end </s>"),
    "pad": Bilingual("패딩 <pad>", "padding <pad>"),
    "unk": Bilingual("모르는 토큰 <unk>", "unknown <unk>"),
    "rowless": Bilingual("행이 없음", "no row"),
}
EMPTY = Bilingual("(빈 글)", "(empty)")
NOTHING = Bilingual("(없음)", "(none)")
OWN, STANDS_IN = Bilingual("내 코드", "your code"), Bilingual("정답 코드", "the solution's")
NAMELESS = "∅"  # an id that is not in the vocabulary
FILLED = Bilingual("정답 코드가 대신한 함수", "Functions that the solution stood in for")
STOPPED = Bilingual("여기서 멈추었습니다.", "It stopped here.")


def filled_in(trace: Trace) -> list[tuple[Bilingual, list[str]]]:
    """Group the functions that the solution replaced by the reason."""
    reasons: dict[Bilingual, list[str]] = {}
    for name, use in trace.uses.items():
        if use.reason is not None:
            reasons.setdefault(use.reason, []).append(name)
    return list(reasons.items())


def present(trace: Trace) -> dict[Role, Bilingual]:
    """Return the meaning of each role that occurs in a trace."""
    roles = {token.role for stage in trace.stages for row in stage.rows for token in row.tokens}
    return {role: meaning for role, meaning in ROLES.items() if role in roles}

"""What both renderings of a trace say."""

from grader.assignment import Text
from lab.tracing.stages import Role, Trace

ROLES: dict[Role, Text] = {
    "bos": Text("시작 <s>", "begin <s>"),
    "usr": Text("질문 앞 <usr>", "question <usr>"),
    "sys": Text("답변 앞 <sys>", "answer <sys>"),
    "eos": Text("끝 </s>", "end </s>"),
    "pad": Text("패딩 <pad>", "padding <pad>"),
    "unk": Text("모르는 토큰 <unk>", "unknown <unk>"),
    "rowless": Text("행이 없음", "no row"),
}
EMPTY = Text("(빈 글)", "(empty)")
NOTHING = Text("(없음)", "(none)")
OWN, STANDS_IN = Text("내 코드", "your code"), Text("정답 코드", "the solution's")
NAMELESS = "∅"  # a token that even the tokenizer has no name for
FILLED = Text("정답 코드가 대신한 함수", "Functions that the solution stood in for")
STOPPED = Text("여기서 멈추었습니다.", "It stopped here.")


def filled_in(trace: Trace) -> list[tuple[Text, list[str]]]:
    """Why the solution's functions stood in, each reason with the functions that it holds for."""
    reasons: dict[Text, list[str]] = {}
    for name, use in trace.uses.items():
        if use.reason is not None:
            reasons.setdefault(use.reason, []).append(name)
    return list(reasons.items())


def present(trace: Trace) -> dict[Role, Text]:
    """What the roles of the tokens in a trace mean."""
    found = {token.role for stage in trace.stages for row in stage.rows for token in row.tokens}
    return {role: meaning for role, meaning in ROLES.items() if role in found}

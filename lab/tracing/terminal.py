"""Rendering a trace for the terminal."""

from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from kit.messages import Language, printable
from lab.tracing import words
from lab.tracing.stages import Role, Row, Stage, Token, Trace

STYLES: dict[Role, str] = {
    "text": "",
    "bos": "bold green",
    "eos": "bold green",
    "usr": "bold cyan",
    "sys": "bold magenta",
    "pad": "dim",
    "unk": "bold yellow",
    "rowless": "bold reverse red",
}
MAX_TEXT = 2000  # characters shown of a text
MAX_SEPARATE_PADS = 2  # a longer run of padding is shown as one token and its length
HEAD_WIDTH = 24  # cells, as long as the longest function name


def shown(trace: Trace, language: Language) -> RenderableType:
    """Render the stages as a table, and below it the functions that the solution replaced, with the reasons."""
    table = Table(show_header=False, show_lines=True, expand=True, border_style="dim")
    table.add_column(width=HEAD_WIDTH, overflow="fold")
    table.add_column(ratio=1, overflow="fold")
    for number, stage in enumerate(trace.stages, 1):
        table.add_row(_head(number, stage, trace, language), _body(stage, language))
    parts: list[RenderableType] = [table, _legend(trace, language)]
    if trace.stopped is not None:
        parts.append(Text(f"\n{words.STOPPED[language]} {trace.stopped[language]}", "red"))
    filled = words.filled_in(trace)
    if filled:
        parts.append(Text(f"\n{words.FILLED[language]}", "bold"))
        parts += [Text.assemble((", ".join(names), "yellow"), f": {reason[language]}") for reason, names in filled]
    return Group(*parts)


def _head(number: int, stage: Stage, trace: Trace, language: Language) -> RenderableType:
    lines = [Text(f"{number}. {stage.title[language]}", "bold")]
    for name in stage.functions:
        whose, style = (words.OWN, "green") if trace.uses[name].own else (words.STANDS_IN, "yellow")
        lines += [Text(name, "cyan"), Text(f"  {whose[language]}", style)]
    return Group(*lines)


def _body(stage: Stage, language: Language) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for row in stage.rows:
        label = Text(f"{'▶' if row.own else ' ' * stage.matrix}{row.label[language]}", "bold" if row.own else "dim")
        content = _tokens(row, language, ids=stage.ids) if row.text is None else _text(row.text, language)
        table.add_row(label, content)
    return table if stage.note is None else Group(Text(stage.note[language], "dim"), table)


def _text(text: str, language: Language) -> Text:
    return Text(printable(text, MAX_TEXT)) if text else Text(words.EMPTY[language], "dim")


def _tokens(row: Row, language: Language, *, ids: bool) -> Text:
    if not row.tokens:
        return Text(words.NOTHING[language], "dim")
    return Text("  ").join(
        _token(run[0], ids=ids).append(f"×{len(run)}" if len(run) > 1 else "", "dim") for run in _runs(row.tokens)
    )


def _runs(tokens: tuple[Token, ...]) -> list[list[Token]]:
    """Split tokens into runs: padding tokens in one run if there are many, every other token alone."""
    runs = []
    for is_pad, group in groupby(tokens, lambda token: token.role == "pad"):
        tokens_of_run = list(group)
        runs += (
            [tokens_of_run]
            if is_pad and len(tokens_of_run) > MAX_SEPARATE_PADS
            else [[token] for token in tokens_of_run]
        )
    return runs


def _token(token: Token, *, ids: bool) -> Text:
    style = STYLES[token.role]
    if ids:
        return Text(str(token.id), style)
    name = printable(token.text, MAX_TEXT) or words.NAMELESS
    number = f"{token.id}" if token.loss is None else f"{token.loss:.2f}"
    return Text.assemble((name, style), (f"·{number}", "dim"))


def _legend(trace: Trace, language: Language) -> Text:
    """Explain the colours of the roles that occur."""
    return Text("   ").join(
        Text.assemble(("■ ", STYLES[role].replace("reverse ", "")), (meaning[language], "dim"))
        for role, meaning in words.present(trace).items()
    )

"""A trace as the terminal shows it."""

from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text as Line

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
MOST = 2000  # characters of a text
MANY_PADS = 2
HEAD = 24  # cells: the longest name of a function


def shown(trace: Trace, language: Language) -> RenderableType:
    """The stages as a table, and below it whose functions made them."""
    table = Table(show_header=False, show_lines=True, expand=True, border_style="dim")
    table.add_column(width=HEAD, overflow="fold")
    table.add_column(ratio=1, overflow="fold")
    for number, stage in enumerate(trace.stages, 1):
        table.add_row(_head(number, stage, trace, language), _body(stage, language))
    parts: list[RenderableType] = [table, _legend(trace, language)]
    if trace.stopped is not None:
        parts.append(Line(f"\n{words.STOPPED[language]} {trace.stopped[language]}", "red"))
    filled = words.filled_in(trace)
    if filled:
        parts.append(Line(f"\n{words.FILLED[language]}", "bold"))
        parts += [Line.assemble((", ".join(names), "yellow"), f": {reason[language]}") for reason, names in filled]
    return Group(*parts)


def _head(number: int, stage: Stage, trace: Trace, language: Language) -> RenderableType:
    lines = [Line(f"{number}. {stage.title[language]}", "bold")]
    for name in stage.functions:
        whose, style = (words.OWN, "green") if trace.uses[name].own else (words.STANDS_IN, "yellow")
        lines += [Line(name, "cyan"), Line(f"  {whose[language]}", style)]
    return Group(*lines)


def _body(stage: Stage, language: Language) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for row in stage.rows:
        label = Line(f"{'▶' if row.own else ' ' * stage.matrix}{row.label[language]}", "bold" if row.own else "dim")
        content = _tokens(row, language, ids=stage.ids) if row.text is None else _text(row.text, language)
        table.add_row(label, content)
    return table if stage.note is None else Group(Line(stage.note[language], "dim"), table)


def _text(text: str, language: Language) -> Line:
    return Line(printable(text, MOST)) if text else Line(words.EMPTY[language], "dim")


def _tokens(row: Row, language: Language, *, ids: bool) -> Line:
    if not row.tokens:
        return Line(words.NOTHING[language], "dim")
    return Line("  ").join(
        _token(run[0], ids=ids).append(f"×{len(run)}" if len(run) > 1 else "", "dim") for run in _runs(row.tokens)
    )


def _runs(tokens: tuple[Token, ...]) -> list[list[Token]]:
    """The tokens one by one, but many pads behind each other together."""
    runs = []
    for is_pad, group in groupby(tokens, lambda token: token.role == "pad"):
        found = list(group)
        runs += [found] if is_pad and len(found) > MANY_PADS else [[token] for token in found]
    return runs


def _token(token: Token, *, ids: bool) -> Line:
    style = STYLES[token.role]
    if ids:
        return Line(str(token.id), style)
    name = printable(token.text, MOST) or words.NAMELESS
    aside = f"{token.id}" if token.loss is None else f"{token.loss:.2f}"
    return Line.assemble((name, style), (f"·{aside}", "dim"))


def _legend(trace: Trace, language: Language) -> Line:
    """What the colours mean, of the roles that occur."""
    return Line("   ").join(
        Line.assemble(("■ ", STYLES[role].replace("reverse ", "")), (meaning[language], "dim"))
        for role, meaning in words.present(trace).items()
    )

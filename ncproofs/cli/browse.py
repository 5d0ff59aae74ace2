"""``ncproofs list`` and ``ncproofs show``."""

from __future__ import annotations

import json

import click

__all__ = ["list_command", "show_command"]

_KINDS = ["theorems", "losses", "suites", "families"]


@click.command("list", epilog="Example: ncproofs list theorems")
@click.argument("kind", required=False, type=click.Choice(_KINDS))
@click.option("--json", "json_", is_flag=True, help="One JSON object on stdout.")
def list_command(kind: str | None, *, json_: bool) -> int:
    """What is there: theorems, losses, suites, families; in full with `ncproofs show NAME`."""
    chosen = {name: _entries(name) for name in ([kind] if kind else _KINDS)}
    if json_:
        click.echo(json.dumps({"schema": 1, **chosen}, indent=1, ensure_ascii=False))
        return 0
    for name, entries in chosen.items():
        indent = "" if kind else "  "
        if not kind:
            click.echo(name)
        width = max(map(len, entries), default=0)
        for entry, line in entries.items():
            click.echo(f"{indent}{entry.ljust(width)}  {line}")
    return 0


def _entries(kind: str) -> dict[str, str]:
    """Name to one line."""
    if kind == "theorems":
        from ncproofs.theorems.catalogue import CATALOGUE, load

        return {name: load(name).title for name in CATALOGUE}
    if kind == "losses":
        from ncproofs.losses.spelling import KNOWN, known_loss

        return {example: known_loss(example).source for _, _, example in KNOWN.values()}
    if kind == "families":
        from ncproofs.report.catalogue_text import FAMILIES

        return {name: family[0] for name, family in FAMILIES.items()}
    from ncproofs.suite import read_suite, shipped_suites

    return {name: read_suite(path).title for name, path in shipped_suites().items()}


@click.command(
    "show", epilog="Examples: ncproofs show collapse-optimum; ncproofs show ridge; ncproofs show 'focal(2)'"
)
@click.argument("name")
def show_command(name: str) -> int:
    """One theorem (statement, hypotheses, claims, source, what is open), loss, family or suite in full."""
    click.echo("\n".join(_shown(name)))
    return 0


def _shown(name: str) -> list[str]:
    import difflib

    from ncproofs.errors import UnknownName
    from ncproofs.losses.spelling import KNOWN, known_loss
    from ncproofs.report.catalogue_text import FAMILIES, family_lines, suite_lines, theorem_lines
    from ncproofs.report.loss_text import facts_of, form_lines
    from ncproofs.suite import shipped_suites, suite_path
    from ncproofs.theorems.catalogue import CATALOGUE, load

    if name in CATALOGUE or ":" in name:
        return theorem_lines(load(name))
    if name in FAMILIES:
        return family_lines(name)
    if name in shipped_suites() or name.endswith(".toml"):
        return suite_lines(suite_path(name))
    if name.partition("(")[0].strip() in KNOWN:
        loss = known_loss(name if "(" in name else KNOWN[name.strip()][2])
        return [
            *form_lines(loss),
            "",
            *(f"{fact.truth}: {fact.property}; {fact.because}" for fact in facts_of(loss)),
        ]
    known = [*CATALOGUE, *KNOWN, *FAMILIES, *shipped_suites()]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "see `ncproofs list` for what there is"
    raise UnknownName(f"there is nothing called {name!r}; {hint}")

"""``ncproofs doctor``."""

from __future__ import annotations

import json

import click

__all__ = ["doctor_command"]


@click.command("doctor")
@click.option("--json", "json_", is_flag=True, help="One JSON object on stdout.")
def doctor_command(*, json_: bool) -> int:
    """Versions of everything that takes part, self-tests, and what is missing and how to get it.

    Exit code 0: everything needed works. 1: something needed does not.
    """
    from ncproofs.doctor import examine

    findings = examine()
    if json_:
        rows = [{"part": f.part, "state": f.state, "said": f.said} for f in findings]
        click.echo(json.dumps({"schema": 1, "findings": rows}, indent=1))
    else:
        width = max(len(finding.part) for finding in findings)
        for finding in findings:
            click.echo(f"{finding.state:<8}{finding.part.ljust(width)}  {finding.said}")
    return int(any(finding.state == "broken" for finding in findings))

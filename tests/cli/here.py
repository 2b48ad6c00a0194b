"""Commands run in this process: what a command says and returns, without the start-up of one."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from subprocess import CompletedProcess

from rackc.cli import main


def run(*arguments: str, cwd: Path) -> CompletedProcess[str]:
    """Run rackc in a folder."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(cwd), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(arguments)
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
    return CompletedProcess(arguments, code, out.getvalue(), err.getvalue())

"""What `avcdoctor collect` does: explains this host's logs and writes a report that fleet reads."""

from pathlib import Path
from typing import List, Optional

from avcdoctor import output
from avcdoctor.cli.asked import Asked
from avcdoctor.cli.work.explain import judged
from avcdoctor.errors import InputError
from avcdoctor.gate.verdict import recognised
from avcdoctor.private import write_private
from avcdoctor.render import words
from avcdoctor.render.collected import collected


def collect(logs: Optional[List[str]], asked: Asked, file: Path, *, quiet: bool) -> None:
    """Write the report of this host.

    Raises:
        InputError: nothing that could be read holds audit records; then no file is written.
    """
    report = judged(logs, asked)
    if not recognised(report):
        raise InputError(f"nothing was written: {words.nothing(report)}")
    data = collected(report)
    write_private(file, data)
    if not quiet:
        output.note(words.input_sentence(report.input, len(report.incidents)))
        output.note(f"{len(data):,} bytes in {file}")
    for reason in report.input.failed:
        output.note(f"avcdoctor: {reason}")

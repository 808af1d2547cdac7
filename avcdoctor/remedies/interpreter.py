"""Which programs run a script: its first line names the interpreter, and env(1) names a second one."""

from __future__ import annotations

from typing import Iterator, List, Tuple

from avcdoctor.host import Host

_DIRECTORIES = ("/usr/local/bin", "/usr/bin", "/bin")
_REGULAR = 0o100000
_LINE = 256  # what the kernel reads of a script (BINPRM_BUF_SIZE)


def interpreters(host: Host, path: str) -> Tuple[str, ...]:
    """The types of the programs that a script of this machine needs; nothing where the file is no script.

    Args:
        host: whose files are read.
        path: the script (raw).
    """
    first = (host.files.read_text(path, _LINE) or "").split("\n", 1)[0]
    if not first.startswith("#!"):
        return ()
    return tuple(dict.fromkeys(_type(host, program) for program in _programs(host, first[2:].split())))


def _programs(host: Host, words: List[str]) -> Iterator[str]:
    yield from words[:1]
    if words and words[0].endswith("/env"):
        name = next((word for word in words[1:] if not word.startswith("-") and "=" not in word), "")
        places = (f"{directory}/{name}" for directory in _DIRECTORIES) if name and "/" not in name else iter((name,))
        yield next((place for place in places if host.files.exists(place)), "")


def _type(host: Host, program: str) -> str:
    """What the program is labelled, else what the policy means it to be; empty where nobody knows."""
    if not program.startswith("/"):
        return ""
    real = host.files.real(program) or program
    label = host.files.label(real) or host.label_for(real, _REGULAR)
    return label.type if label is not None else ""

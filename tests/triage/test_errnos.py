# ruff: noqa: RUF001 - letters of other alphabets are what is tested
import errno
import gettext
import os
from pathlib import Path

import pytest

from avcdoctor.triage.errnos import find_errno, find_path


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("open /x: Permission denied", "EACCES"),
        ("open /x: permission denied", "EACCES"),
        ("/x öffnen: Keine Berechtigung", "EACCES"),
        ("Не могу открыть: Отказано в доступе", "EACCES"),
        ("打开失败：权限不够", "EACCES"),
        ("Error: EACCES: open '/x'", "EACCES"),
        ("[Errno 13] open", "EACCES"),
        ("(Errcode: 13)", "EACCES"),
        ("Operating system error number 13 in a file operation", "EACCES"),
        ("java.nio.file.AccessDeniedException: /x", "EACCES"),
        ("unlink: Operation not permitted", "EPERM"),
        ("Trop de niveaux de liens symboliques", "ELOOP"),
        ("os error 2", "ENOENT"),
        ("exit code 13", None),
        ("exited with status 1", None),
        ("error: 1 test failed", None),
        ("git@host: Permission denied (publickey).", None),
        ("Permission denied, please try again.", None),
        ("all well", None),
    ],
)
def test_error_numbers(message, name):
    found = find_errno(message)
    assert (found.name if found else None) == name


@pytest.mark.parametrize(
    "language", ["de", "fr", "es", "it", "pl", "ru", "uk", "cs", "tr", "ja", "ko", "zh_CN", "el", "hu"]
)
@pytest.mark.parametrize("name", ["EACCES", "EPERM", "ENOENT", "ELOOP", "EROFS", "ENOEXEC", "ENOTDIR"])
def test_the_c_librarys_own_words_are_known(language, name):
    catalogue = Path(f"/usr/share/locale/{language}/LC_MESSAGES/libc.mo")
    if not catalogue.exists():
        pytest.skip("no translations of the C library here")
    english = os.strerror(getattr(errno, name))
    with catalogue.open("rb") as stream:
        translated = gettext.GNUTranslations(stream).gettext(english)
    assert find_errno(f"app: /x: {translated}").name == name


@pytest.mark.parametrize(
    ("message", "path"),
    [
        ("open '/srv/my data/x': Permission denied", "/srv/my data/x"),
        ('open() "/a/b" failed (13: Permission denied), client: 10.0.0.1', "/a/b"),
        ("service: Failed at step EXEC spawning /usr/bin/x: No such file or directory", "/usr/bin/x"),
        ("unlink(/root/foo): Operation not permitted", "/root/foo"),
        ("cannot open /a/b.", "/a/b"),
        ("http://example.org/x failed: Permission denied", ""),
        ("Permission denied: /var/x", "/var/x"),
        ("connect() to unix:/run/a.sock failed (13: Permission denied)", "/run/a.sock"),
        ('"unix:///run/a.sock": Permission denied', "/run/a.sock"),
        ('{"msg": "/bin/sh: /root/x.py: Permission denied"}', "/root/x.py"),
        ("nothing here", ""),
    ],
)
def test_paths(message, path):
    assert find_path(message, find_errno(message)) == path


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("/run/systemd/unit-root/var/lib/till", "/var/lib/till"),
        ("/run/systemd/mount-rootfs/dev", "/dev"),
        ("/run/systemd/unit-root", "/"),
        ("/run/systemd/unit-rooted/a", "/run/systemd/unit-rooted/a"),
    ],
)
def test_a_path_is_told_as_the_unit_sees_it(path, seen):
    assert find_path(f"till.service: Failed to set up mount namespacing: {path}: No such file or directory") == seen

"""Secrets stay refused; what only looks like one does not."""

import pytest

from avcdoctor.host.inode import Carried
from avcdoctor.model import Context
from avcdoctor.triage.access import judge_access
from avcdoctor.triage.guarded import is_secret
from tests.triage.walks import DIRECTORY, TOP, WEB, component, walked


@pytest.mark.parametrize("path", ["/etc/shadow", "/etc/ssl/private/www.key", "/root/.ssh/id_ed25519"])
def test_a_secret_stays_refused(host, path):
    walk = walked(TOP, component(path, 0o100600))
    assert [remedy.kind for remedy in judge_access(walk, WEB, host, "read").stops[0].remedies] == ["keep-denied"]


def test_a_label_of_secrets_is_enough():
    label = Context("system_u", "object_r", "shadow_t", "s0")
    assert is_secret(component("/srv/copy", carried=Carried(label=label)))
    assert is_secret(component("/srv/copy", default=label))


@pytest.mark.parametrize("path", ["/etc/passwd", "/srv/www/index.html", "/etc/keys.txt"])
def test_ordinary_files_are_none(path):
    assert not is_secret(component(path))


def test_a_directory_with_the_name_of_a_secret_is_none():
    assert not is_secret(component("/srv/www.key", DIRECTORY))

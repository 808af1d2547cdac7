"""Whether SELinux is in use on a machine, and which domain a service gets."""

import pytest

from avcdoctor.host import open_host
from avcdoctor.triage.machine import domain_of, without_selinux
from avcdoctor.triage.unit import UnitFacts


@pytest.mark.parametrize(
    ("files", "absent"),
    [
        ({"etc/selinux/config": "# SELINUX=disabled\nSELINUX=disabled\n"}, "switched off"),
        ({"etc/selinux/config": "#SELINUX=disabled\nSELINUX=enforcing\n"}, ""),
        ({"etc/os-release": "ID=x\n"}, "does not exist"),
        ({"etc/hosts": ""}, ""),
    ],
)
def test_an_offline_root(tmp_path, files, absent):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = without_selinux(open_host(root=str(tmp_path)))
    assert absent in found
    assert bool(found) == bool(absent)


class Files:
    def __init__(self, modules):
        self.modules = modules

    def read_text(self, path, _limit=0):
        return self.modules if path == "/sys/kernel/security/lsm" else None


class Live:
    live = True

    def __init__(self, modules):
        self.files = Files(modules)


@pytest.mark.parametrize(
    ("modules", "absent"), [("lockdown,yama,apparmor", True), ("lockdown,selinux,bpf", False), (None, False)]
)
def test_the_running_kernel(modules, absent):
    assert bool(without_selinux(Live(modules))) == absent


def test_the_units_own_context_goes_first(tmp_path):
    unit = UnitFacts("a.service", {"SELinuxContext": "-system_u:system_r:shop_t:s0"}, "a test")
    assert domain_of(open_host(root=str(tmp_path)), unit) == "shop_t"


@pytest.mark.parametrize("settings", [{}, {"ExecStart": "/usr/bin/none"}, {"SELinuxContext": "shop_t"}])
def test_a_domain_that_nothing_tells(tmp_path, settings):
    assert domain_of(open_host(root=str(tmp_path)), UnitFacts("a.service", settings, "a test")) == ""

"""What the policy says about each component, on behalf of a domain."""

from dataclasses import replace

import pytest

from avcdoctor.host import open_host
from avcdoctor.host.inode import Carried
from avcdoctor.model import Context
from avcdoctor.triage.access import judge_access
from tests.triage.walks import ROOT, TOP, component, walked


@pytest.fixture
def reference():
    host = open_host("reference")
    if host.policy is None:
        pytest.skip("the reference policy can't be compiled here")
    return host


def ask(reference, label, wanted, *, default=None, domain="keepalived_t", path="/etc/keepalived/check.sh"):
    one = component(
        path,
        0o100755,
        carried=Carried(label=Context("system_u", "object_r", label, "s0")),
        default=Context("system_u", "object_r", default or label, "s0"),
    )
    who = replace(ROOT, domain=domain)
    return judge_access(walked(TOP, one), who, reference, wanted)


def test_what_the_domain_may_run_passes(reference):
    access = ask(reference, "keepalived_unconfined_script_exec_t", "execute")
    assert [stop for stop in access.stops if stop.path != "/"] == []


def test_what_it_may_not_is_named(reference):
    stop = next(stop for stop in ask(reference, "ping_exec_t", "execute").stops if stop.path != "/")
    assert stop.layer == "selinux"
    assert "ping_exec_t" in stop.why


def test_a_wrong_label_is_put_right(reference):
    """The machine's file, as `explain` would judge its denial: checked, typed, with its way back."""
    access = ask(reference, "tmp_t", "read", default="net_conf_t", domain="httpd_t", path="/etc/hosts")
    first = next(stop for stop in access.stops if stop.path != "/").remedies[0]
    assert [action.argv for action in first.actions] == [("restorecon", "-v", "/etc/hosts")]
    assert [action.argv for action in first.undo] == [("chcon", "-t", "tmp_t", "--", "/etc/hosts")]
    assert first.simulation.after == "allowed"


def test_a_secret_stays_refused(reference):
    access = ask(reference, "shadow_t", "read", domain="httpd_t", path="/etc/shadow")
    remedies = next(stop for stop in access.stops if stop.path != "/").remedies
    assert [one.kind for one in remedies] == ["keep-denied"]


def test_categories_that_do_not_agree_are_named(tmp_path):
    host = open_host()
    if host.policy is None or not host.policy.has_type("svirt_t") or not host.policy.db.mls:
        pytest.skip("needs a policy with virtual machines and categories")
    label = Context("system_u", "object_r", "svirt_image_t", "s0:c3,c4")
    one = component("/img", 0o100600, carried=Carried(label=label))
    for level, stopped in (("s0:c3,c4", False), ("s0:c1,c2", True)):
        who = replace(ROOT, domain="svirt_t", context=Context("system_u", "system_r", "svirt_t", level))
        stops = judge_access(walked(one), who, host, "read").stops
        assert any("level" in stop.why for stop in stops) == stopped


def test_a_domain_the_policy_does_not_know(reference):
    access = ask(reference, "bin_t", "read", domain="no_such_t")
    assert access.verdicts[3].answer == "unknown"
    assert access.stops == ()

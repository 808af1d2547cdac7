import pytest

from avcdoctor.knowledge.weakening import WITHHELD, weakens
from avcdoctor.model import Action
from avcdoctor.render import promise


@pytest.mark.parametrize(
    "text",
    [
        "run setenforce 0 first",
        "SETENFORCE  Permissive",
        "set SELINUX=disabled in /etc/selinux/config",
        "SELINUX = permissive",
        "boot with selinux=0",
        "boot with enforcing=0",
        "semanage permissive -a httpd_t",
        "(typepermissive httpd_t)",
        "permissive httpd_t;",
        "just disable SELinux",
        "turn off SELinux",
    ],
)
def test_instructions_that_switch_selinux_off_are_recognized(text):
    assert weakens(text)


@pytest.mark.parametrize(
    "text",
    [
        "setenforce 1",
        "do not disable SELinux",
        "semanage permissive -d httpd_t",
        "the domain is permissive",
        "permissive=1",
    ],
)
def test_ordinary_words_are_left_alone(text):
    assert not weakens(text)


@pytest.mark.parametrize(
    "argv",
    [
        ("setenforce", "0"),
        ("/usr/sbin/setenforce", "Permissive"),
        ("semanage", "permissive", "-a", "httpd_t"),
        ("sh", "-c", "setenforce 0"),
        ("sudo", "setenforce", "0"),
        ("sed", "-i", "s/^SELINUX=.*/SELINUX=disabled/", "/etc/selinux/config"),
        ("grubby", "--args", "selinux=0"),
    ],
)
def test_such_a_command_is_withheld(argv):
    assert promise._action(Action("manual", argv)).parameters == {"text": WITHHELD}


@pytest.mark.parametrize(
    "argv",
    [("setenforce", "1"), ("restorecon", "-v", "setenforce 0"), ("semanage", "permissive", "-d", "x_t"), ("x.sh", "a")],
)
def test_other_commands_stay(argv):
    action = Action("restorecon", argv)
    assert promise._action(action) is action


def test_a_module_that_makes_a_domain_permissive_is_withheld():
    action = Action("module-install", ("semodule", "-i", "x.cil"), {"name": "x", "cil": "(typepermissive httpd_t)"})
    assert promise._action(action).argv == ()

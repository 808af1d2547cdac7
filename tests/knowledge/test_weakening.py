"""The one table of what switches protection off, in every spelling; what is no such thing stays."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avcdoctor.knowledge.weakening import _SIGN, WAYS, WITHHELD, spoken_of, weakens, withheld

COMMANDS = (
    "setenforce 0",
    "setenforce '0'",
    'setenforce "0"',
    "setenforce 00",
    "setenforce 0x0",
    "setenforce Permissive",
    "SETENFORCE  0",
    "set\\enforce 0",
    "setenforce \\\n  0",
    "setenforce $(echo 0)",
    "echo 0 | xargs setenforce",
    "echo 0 > /sys/fs/selinux/enforce",
    "echo '0' | tee /sys/fs/selinux/enforce",
    "printf 0 >/selinux/enforce",
    "dd if=/dev/zero of=/sys/fs/selinux/enforce bs=1 count=1",
    "echo 1 > /sys/fs/selinux/disable",
    "open('/sys/fs/selinux/enforce', 'w').write('0')",
    "python3 -c 'import selinux; selinux.security_setenforce(0)'",
    "perl -e 'system(\"setenforce\", 0)'",
    "subprocess.run(['setenforce', '0'])",
    "selinux.security_disable()",
    "SELINUX=disabled",
    'SELINUX="disabled"',
    "SELINUX = permissive",
    "sed -i 's/^SELINUX=.*/SELINUX=disabled/' /etc/selinux/config",
    "sed -i s/enforcing/permissive/ /etc/selinux/config",
    "sed -i 's|SELINUX=enforcing|SELINUX=permissive|' /etc/sysconfig/selinux",
    "rm -rf /etc/selinux",
    "mv /etc/selinux/config /root",
    "ansible.posix.selinux: state=disabled",
    "selinux_state: permissive",
    "semanage permissive -a httpd_t",
    "semanage permissive httpd_t -a",
    "semanage permissive --add httpd_t",
    "semanage -S targeted permissive -a httpd_t",
    "(typepermissive httpd_t)",
    "permissive httpd_t;",
    "semodule -i permissive_httpd_t.pp",
    "grubby --args selinux=0",
    "grubby --update-kernel=ALL --args='enforcing=0'",
    "kernel command line: enforcing=0",
    "security=none",
    "lsm=lockdown,yama,apparmor",
    "dnf remove selinux-policy-targeted",
    "apt purge selinux-policy-default",
    "podman run --security-opt label=disable acme",
    "docker run --security-opt=label:disable acme",
    "SecurityLabelDisable=true",
    "audit2allow -a -M mypol",
    "audit2allow -a | tee x | semodule -i x.pp",
)
SENTENCES = ("just disable SELinux", "turn off SELinux", "put the machine into permissive mode")
PREFIXES = ("", "sudo ", "env LC_ALL=C ", "sh -c ", "/usr/sbin/../sbin/", "run `", "nohup nice -n 5 ", "$ ", "first;\n")
ORDINARY = (
    "setenforce 1",
    "getenforce says Enforcing",
    "do not disable SELinux",
    "never turn off SELinux",
    "semanage permissive -d httpd_t",
    "semanage permissive -l",
    "the domain is permissive",
    "permissive=1",
    "selinux=1 enforcing=1",
    "cat /sys/fs/selinux/enforce",
    "SELINUX=enforcing",
    "semanage fcontext -a -t httpd_sys_content_t '/srv(/.*)?'",
    "semodule -X 400 -i avcdoctor_x.cil",
    "semodule -B hides them again",
    "state: started",
    "dnf update selinux-policy-targeted",
    "rm /etc/nginx/old.conf",
)


@pytest.mark.parametrize("text", [*COMMANDS, *SENTENCES])
def test_every_way_is_known(text: str) -> None:
    assert weakens(text)
    assert spoken_of(text)


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_words_stay(text: str) -> None:
    assert not weakens(text)
    assert withheld(text) == text


@given(
    st.sampled_from(COMMANDS),
    st.sampled_from(PREFIXES),
    st.text(max_size=40),
    st.text(max_size=40),
    st.sampled_from([" ", "  ", "\t", "\u00a0"]),
)
def test_no_surrounding_hides_one(command: str, prefix: str, before: str, after: str, blank: str) -> None:
    text = f"{before}\n{prefix}{command.replace(' ', blank)}\n{after}"
    assert weakens(text)
    shown = withheld(text)
    assert WITHHELD in shown
    assert not weakens(shown.replace(WITHHELD, ""))


@pytest.mark.parametrize("text", ["setenforce", "the permissive mode", "audit2allow", "disabling SELinux"])
def test_a_pack_may_not_even_speak_of_it(text: str) -> None:
    assert spoken_of(text)
    assert not weakens(text)


def test_a_long_text_costs_no_more_than_its_length() -> None:
    def seconds(times: int) -> float:
        began = time.perf_counter()
        for word in ("setenforce ", "semanage permissive ", "echo 0 > ", "selinux state ", "\\\n", "'\"`"):
            weakens(word * times)
        return time.perf_counter() - began

    seconds(1_000)
    small, large = seconds(4_000), seconds(16_000)
    assert large < 16 * max(small, 0.01)


@given(st.data())
def test_each_way_has_the_sign_by_which_texts_are_passed_over(data):
    """Whatever an expression finds, in whatever spelling, the sign is in it."""
    way = data.draw(st.sampled_from(WAYS))
    found = data.draw(st.from_regex(way.expression))
    assert _SIGN.search(way.expression.search(found).group())

"""Mode bits, ACLs and the capabilities that overrule them."""

import pytest

from avcdoctor.host.inode import AclEntry, Carried
from avcdoctor.triage import dac
from tests.triage.walks import ROOT, WEB, component


def test_rights_are_shown_as_letters():
    assert (dac.letters(dac.READ | dac.EXECUTE), dac.letters(0)) == ("rx", "")


@pytest.mark.parametrize(
    ("mode", "uid", "gid", "want", "refused_as"),
    [
        (0o100600, 33, 0, dac.READ, None),
        (0o100066, 33, 0, dac.READ, "owner"),  # the owner's own bits count, also when they are fewer
        (0o100640, 0, 33, dac.READ, None),
        (0o100604, 0, 33, dac.READ, "group"),
        (0o100644, 0, 0, dac.READ, None),
        (0o100644, 0, 0, dac.WRITE, "others"),
        (0o040711, 0, 0, dac.EXECUTE, None),
        (0o040750, 0, 0, dac.EXECUTE, "others"),
    ],
)
def test_mode_bits(mode, uid, gid, want, refused_as):
    refused = dac.refusal(component("/x", mode, uid, gid), want, WEB, frozenset())
    assert (refused.entry if refused else None) == refused_as


def test_an_acl_entry_counts_before_the_group_and_is_masked():
    acl = (
        AclEntry("user_obj", 6),
        AclEntry("user", 7, 33),
        AclEntry("group_obj", 7),
        AclEntry("mask", 4),
        AclEntry("other", 7),
    )
    one = component("/x", 0o100647, 0, 33, carried=Carried(acl=acl))
    assert dac.refusal(one, dac.READ, WEB, frozenset()) is None
    assert dac.refusal(one, dac.WRITE, WEB, frozenset()).entry == "ACL entry user:web"


def test_capabilities_overrule_but_not_for_a_file_without_any_execute_bit():
    one = component("/x", 0o100600, 5, 5)
    assert dac.refusal(one, dac.WRITE, ROOT, ROOT.capabilities) is None
    assert dac.refusal(one, dac.EXECUTE, ROOT, ROOT.capabilities) is not None
    assert dac.refusal(one, dac.READ, ROOT, frozenset({"dac_read_search"})) is None
    assert dac.refusal(one, dac.WRITE, ROOT, frozenset({"dac_read_search"})) is not None

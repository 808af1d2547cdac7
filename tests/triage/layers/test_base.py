"""What every layer uses: remedies, the unit of a message, places for a path."""

import pytest

from avcdoctor.triage.layers.base import DONTAUDIT, command_action, observe, paths, place, remedy, unit
from avcdoctor.triage.lines import take_apart


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("systemd[1]: beacon.service: Failed", "beacon.service"),
        ("systemd[1]: beacon@a-1.socket: Failed", "beacon@a-1.socket"),
        ("systemd[1]: /etc/systemd/system/beacon.service:4: bad", "UNIT"),
        ("nothing", "UNIT"),
    ],
)
def test_the_unit_of_a_message(line, name):
    assert unit(line) == name


def test_a_remedy_shows_its_commands_quoted_and_has_its_way_back():
    one = remedy("dac", "do", [["ls", "a b"]], undo=[["rm", "x"]], steps=["look"], notes=["mind"])
    assert [action.parameters["text"] for action in one.actions] == ["ls 'a b'", "look"]
    assert (one.undo[0].argv, one.notes, one.applicability) == (("rm", "x"), ("mind",), "manual")


def test_commands_and_words_in_their_order_and_the_way_back_of_an_action():
    one = remedy("dac", "do", [["setsebool", "-P", "daemons_dump_core", "on"], "then wait", ["ls"]])
    assert [action.do for action in one.actions] == ["boolean-set", "manual", "manual"]
    assert [action.argv for action in one.undo] == [("setsebool", "-P", "daemons_dump_core", "off")]


@pytest.mark.parametrize("argv", [["restorecon", "-v", "/srv/a\\x1b"], ["chown", "USER:USER", "--", "/srv/a"]])
def test_a_word_that_names_nothing_makes_no_action(argv):
    assert command_action(argv).do == "manual"
    assert command_action(argv).argv == tuple(argv)


def test_a_path_that_is_not_known_is_a_word():
    line = take_apart(1, "hello")
    assert paths(observe(line, "dac", "what", "errno")) == ("PATH",)
    assert paths(observe(line, "dac", "what", "errno", path="relative")) == ("PATH",)
    assert paths(observe(line, "dac", "what", "errno", path="/a")) == ("/a",)
    assert place(observe(line, "dac", "what", "errno")) == "the path that was asked for"


def test_hidden_denials_are_hidden_again():
    assert DONTAUDIT.index("semodule -DB") < DONTAUDIT.index("semodule -B`")

from avcdoctor.cli import main as command
from avcdoctor.resources import policies_dir
from avcdoctor.triage.packs import all_messages


def test_message_rules_are_listed_with_their_layer(capsys):
    assert command.main(["rules"]) == 0
    shown = capsys.readouterr().out
    assert "sshd: messages that look like SELinux" in shown
    assert "SSHD501" in shown


def test_a_message_rule_is_shown_as_prose(capsys):
    assert command.main(["rules", "show", "keepalived502"]) == 0
    shown = capsys.readouterr().out
    assert "use_symlink_paths" in shown
    assert "layer  path" in shown
    assert "{path}" not in shown


def test_message_rules_are_checked(capsys, tmp_path):
    assert command.main(["rules", "check", str(policies_dir() / "rules/messages/sshd.yaml")]) == 0
    broken = tmp_path / "broken.yaml"
    broken.write_text("service: broken\ntitle: x\nmessages:\n  - id: BROKEN501\n    layer: ghosts\n")
    assert command.main(["rules", "check", str(broken)]) == 3
    assert f"{broken}:5:12" in capsys.readouterr().err


def test_rules_of_ones_own_are_asked(capsys, tmp_path, monkeypatch):
    (tmp_path / "messages").mkdir()
    (tmp_path / "messages" / "shop.yaml").write_text(
        "service: shop\ntitle: a shop\nmessages:\n  - id: SHOP501\n    layer: path\n    kind: lost\n    title: lost\n"
        "    cause: gone\n    when: {message: 'shop is lost'}\n    because: it looked\n    remedies: []\n"
        "    examples: {match: [shop is lost], benign: [found]}\n"
    )
    log = tmp_path / "log"
    log.write_text("oh: the shop is lost\n")
    assert command.main(["triage", "--log", str(log), "--rules", str(tmp_path)]) == 1
    assert "SHOP501" in capsys.readouterr().out
    assert command.main(["triage", "--log", str(log)]) == 0
    capsys.readouterr()
    (tmp_path / "messages" / "worse.yaml").write_text("service: worse\ntitle: x\nmessages: 7\n")
    all_messages.cache_clear()
    assert command.main(["triage", "--log", str(log), "--rules", str(tmp_path)]) == 1
    assert "left out" in capsys.readouterr().out

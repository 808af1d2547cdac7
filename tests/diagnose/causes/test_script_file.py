import pytest

from avcdoctor.diagnose.causes.script_file import is_interpreter


@pytest.mark.parametrize(
    "program", ["sh", "/bin/bash", "python3", "/usr/bin/python3.11", "perl5.36", "php8.2", "busybox"]
)
def test_interpreters(program):
    assert is_interpreter(program)


@pytest.mark.parametrize(
    "program", ["/usr/sbin/php-fpm", "php-fpm8.2", "sshd", "check.sh", "shutdown", "nodejs-app", ""]
)
def test_programs_whose_names_only_begin_like_one(program):
    assert not is_interpreter(program)

"""What several tests of triage need."""

import pytest

from avcdoctor.host import open_host


@pytest.fixture
def host(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "passwd").write_text("root:x:0:0::/:/bin/sh\nweb:x:33:33::/:/bin/false\n")
    (tmp_path / "etc" / "group").write_text("root:x:0:\nweb:x:33:\nshared:x:44:web,else\n")
    return open_host(root=str(tmp_path))

import pytest

import avcdoctor
from avcdoctor import api


def test_explain_is_the_public_function():
    assert avcdoctor.explain is api.explain


def test_other_names_are_refused():
    with pytest.raises(AttributeError, match="'avcdoctor' has no attribute 'heal'"):
        _ = avcdoctor.heal

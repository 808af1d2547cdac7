"""Finds the policies/ folder, in a checkout as well as in an installed wheel."""

from __future__ import annotations

from pathlib import Path

from avcdoctor.errors import AvcdoctorError


def policies_dir() -> Path:
    """The folder with rule packs and the reference policy.

    Raises:
        AvcdoctorError: the installation is incomplete.
    """
    package = Path(__file__).resolve().parent
    for candidate in (package / "policies", package.parent / "policies"):
        if candidate.is_dir():
            return candidate
    raise AvcdoctorError(f"the policies folder is missing beside {package}", "install avcdoctor again")

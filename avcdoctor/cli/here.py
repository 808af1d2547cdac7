"""What this machine is, as far as a message to its user depends on it."""

from pathlib import Path

_ENFORCE = Path("/sys/fs/selinux/enforce")


def uses_selinux() -> bool:
    """Whether the kernel of this machine runs SELinux, enforcing or not."""
    return _ENFORCE.exists()

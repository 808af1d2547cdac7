"""The errors avcdoctor raises on purpose; each one carries its exit code and a hint."""

from __future__ import annotations


class AvcdoctorError(Exception):
    """Something a user can act on.

    Args:
        message: what happened and where, one line.
        hint: what to do about it, one line, or nothing.
    """

    exit_code = 3

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class UsageError(AvcdoctorError):
    """The command line asks for something that makes no sense."""

    exit_code = 2


class InputError(AvcdoctorError):
    """A log, a file or a directory can't be read."""


class PolicyError(AvcdoctorError):
    """A policy, a policy store or a label database can't be read."""


class BindingError(AvcdoctorError):
    """A binding that the distribution provides is not installed."""


class RuleError(AvcdoctorError):
    """A rule pack is broken."""


class PlanError(InputError):
    """A saved plan, or an action, is not one that avcdoctor would carry out."""


class NoRemedyError(AvcdoctorError):
    """No remedy passes its simulation, or none was left to plan."""

    exit_code = 4


class ApplyError(AvcdoctorError):
    """Applying a plan failed; everything that was done has been taken back."""

    exit_code = 5


class RollbackError(AvcdoctorError):
    """Taking back a failed plan failed as well; manual steps are needed."""

    exit_code = 6


class HistoryError(InputError):
    """The history can't be read, or holds no such transaction."""


class PreflightError(ApplyError):
    """A check before the first change failed; nothing was changed."""

    exit_code = 7


class BusyError(ApplyError):
    """Another fix holds the lock; nothing was changed."""

    exit_code = 7


class ConflictError(ApplyError):
    """Something else changed an item meanwhile, so undo leaves it alone."""

    exit_code = 7


class DeclinedError(AvcdoctorError):
    """The person at the terminal said no, or there is no terminal to ask at."""

    exit_code = 7

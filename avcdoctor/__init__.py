"""avcdoctor finds out why SELinux said no and what the smallest right remedy is."""

__version__ = "0.1.0"

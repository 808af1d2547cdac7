"""The lab: every remedy tried on a real SELinux kernel inside an emulated machine."""

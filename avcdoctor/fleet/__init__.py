"""Many hosts: what each of them wrote is read where a worker is, and merged into one answer."""

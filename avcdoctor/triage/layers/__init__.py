"""One file per layer: how it shows in a log when no message rule knows better, and how it differs from SELinux."""

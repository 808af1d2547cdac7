"""A second opinion on policy that somebody wrote: what it allows, what is not needed, what should go."""

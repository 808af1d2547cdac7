"""The verbs that only read, as tools for an assistant that speaks the Model Context Protocol."""

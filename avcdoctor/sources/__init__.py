"""Where the bytes come from: files with their rotated predecessors, standard input, the journal, an offline root."""

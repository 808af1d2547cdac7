"""One event to denials: records, fields, objects, contexts."""

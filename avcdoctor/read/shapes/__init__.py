"""Tells once what a text is, and takes off what other programs wrapped around its records, one layer after another."""

from avcdoctor.read.shapes.unwrap import Text, is_raw, texts

__all__ = ["Text", "is_raw", "texts"]

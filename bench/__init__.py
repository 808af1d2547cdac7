"""Measures avcdoctor's speed side by side with other tools."""

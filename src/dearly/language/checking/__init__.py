"""Syntax tree -> checked program: names, types, cycles, missing values, templates in their blocks."""

"""The evaluator of send time: a program written out as Python once, and what that Python runs against."""

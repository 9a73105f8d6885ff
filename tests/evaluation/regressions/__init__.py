"""Cases on which evaluators once disagreed, one module each with its ``CASE``; all are asked on every run."""

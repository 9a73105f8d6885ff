"""The pages that ``dearly docs`` writes: what a package declares, in words, and what leads to what."""

"""What ``dearly preview`` is made of: rendering as a server does, and a page of the blocks side by side."""

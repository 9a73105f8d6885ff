"""Templates at load: what they may do and read, where in HTML they print, what is compiled of them."""

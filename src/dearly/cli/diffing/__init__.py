"""Two packages compared: what is declared otherwise, and for whom of a store's customers that matters."""

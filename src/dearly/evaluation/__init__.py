"""Program + facts + now -> answers. Pure: no I/O, no clock."""

"""Getting the feed out of the store: sinks that are told in order, at least once, and what they would not take."""

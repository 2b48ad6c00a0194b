"""Other ways to carry the same demand, so that "beats no pool" is never the whole claim."""

"""Large sparse pods, and the shapes that a pool may have."""

"""Target `simgrid`: a SimGrid platform, the flows worth asking about, and a driver that runs them."""

from rackc.backends.simgrid.emit import emit, emit_scenarios

__all__ = ["emit", "emit_scenarios"]

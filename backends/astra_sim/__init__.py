"""Target `astra-sim`: an all-reduce over the scale-up fabric, and a pool as remote memory, for ASTRA-sim 2.x."""

from rackc.backends.astra_sim.emit import emit

__all__ = ["emit"]

"""`python -m rackc`."""

from rackc.cli import main

raise SystemExit(main())

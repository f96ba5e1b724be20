"""Cannot be imported: what it needs is not there."""

raise ImportError("no module for this spider was ever written")

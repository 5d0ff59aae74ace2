"""``python -m ncproofs`` is the same as ``ncproofs``."""

import sys

from ncproofs.cli import main

if __name__ == "__main__":
    sys.exit(main())

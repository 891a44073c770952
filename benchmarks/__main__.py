"""`python -m benchmarks`: every table, one process per framework and Keras backend."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
TABLES = (
    "dense_torch",
    "dense_tf",
    "dense_jax",
    "conv_torch",
    "conv_tf",
    "conv_jax",
    "conv_keras",
    "recurrent_torch",
    "recurrent_tf",
    "recurrent_jax",
    "recurrent_keras",
)
BACKENDS = dict.fromkeys(("conv_keras", "recurrent_keras"), ("tensorflow", "jax", "torch"))
"""Tables that are printed once for each backend of Keras."""


def main() -> int:
    """Run the tables named on the command line, or all of them."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "generated")])
    environment = os.environ | {"PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "3"}
    failures = 0
    for table in sys.argv[1:] or TABLES:
        for backend in BACKENDS.get(table, ("tensorflow",)):
            command = [sys.executable, "-m", f"benchmarks.{table}"]
            own = environment | {"KERAS_BACKEND": backend}
            failures += subprocess.run(command, env=own, cwd=ROOT, check=False).returncode != 0
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())

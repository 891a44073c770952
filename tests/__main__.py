"""`python -m tests`: the whole suite, one process per Keras backend.

Keras chooses its backend when it is imported, so what concerns Keras runs once in the main run
(on TensorFlow) and once more on each of the other backends. Ends with the largest error of every
framework over its derived bound, taken over all runs.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
KERAS = [
    "tests/conformance/test_keras.py",
    "tests/conformance/test_keras_convolution.py",
    "tests/conformance/test_keras_recurrent.py",
    "tests/conformance/test_weights.py",
    "tests/conformance/test_recurrent_weights.py",
    "tests/properties",
    *("-k", "keras", "-n", "2"),
]
RUNS = (
    # The site needs a browser, and has a run of its own: `make docs-test`.
    ("tensorflow", ["tests", "--ignore=tests/site", "-n", "2", "--dist", "loadgroup"]),
    ("jax", KERAS),
    ("torch", KERAS),
)


def main() -> int:
    """Run everything, stop at nothing; the exit code says whether all of it passed."""
    failures = 0
    ratios: dict[str, float] = {}
    mutants: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        for backend, selection in RUNS:
            report = Path(folder) / f"{backend}.json"
            environment = os.environ | {"KERAS_BACKEND": backend, "NMN_REPORT": str(report)}
            print(f"--- Keras on {backend}: pytest {' '.join(selection)}", flush=True)
            command = [sys.executable, "-m", "pytest", *selection, *sys.argv[1:]]
            failures += (
                subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode != 0
            )
            if report.exists():
                found = json.loads(report.read_text())
                for name, ratio in found["ratios"].items():
                    key = f"{name} on {backend}" if name.startswith("keras") else name
                    ratios[key] = max(ratio, ratios.get(key, 0.0))
                mutants |= found["mutants"]
    print("--- largest error over its derived bound")
    for name, ratio in sorted(ratios.items()):
        print(f"{name:32} {ratio:.3f}")
    if mutants:
        caught = ", ".join(f"{name} {count}" for name, count in sorted(mutants.items()))
        print(f"--- mutants caught: {caught}")
    if not ratios or max(ratios.values()) >= 1:
        print("an error is not below its bound, or none was measured")
        failures += 1
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())

"""Draw the response surface of one Yat unit beside a ReLU unit: `python -m examples.response`."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib import pyplot as plt

from tests.conformance.definition import oracle_values

OUT = Path(__file__).parent.parent / "docs" / "response.png"


def main() -> None:
    """Both units have the weight w = (1.0, 0.6)."""
    w = np.array([[1.0, 0.6]])
    axis = np.linspace(-3, 3, 241)
    x, y = np.meshgrid(axis, axis)
    points = np.stack([x.ravel(), y.ravel()], axis=1)
    yat = oracle_values("YatNMN", points, {"kernel": w}, epsilon=0.5).reshape(x.shape)
    relu = np.maximum(points @ w[0], 0).reshape(x.shape)
    figure = plt.figure(figsize=(9, 4.2), layout="constrained")
    for i, (title, values) in enumerate([("Yat unit", yat), ("ReLU unit", relu)]):
        axes = figure.add_subplot(1, 2, i + 1, projection="3d")
        axes.plot_surface(x, y, values, cmap="viridis", linewidth=0, rcount=120, ccount=120)
        axes.set_title(title)
        axes.set(xlabel="x₁", ylabel="x₂", zlabel="response")
        axes.view_init(elev=28, azim=-118)
    figure.savefig(OUT, dpi=110)


if __name__ == "__main__":
    main()

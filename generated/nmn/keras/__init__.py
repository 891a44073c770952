# Generated from spec/layers. Do not edit; run `make generate`.
"""Layers for Keras."""

import importlib.util

if importlib.util.find_spec("keras") is None:
    raise ImportError("nmn.keras needs Keras: pip install 'nmn[keras]'")

from nmn.keras.cosine import CosineNMN
from nmn.keras.cosine_conv import (
    CosineConv1D,
    CosineConv1d,
    CosineConv2D,
    CosineConv2d,
    CosineConv3D,
    CosineConv3d,
)
from nmn.keras.cosine_conv_transpose import (
    CosineConvTranspose1D,
    CosineConvTranspose1d,
    CosineConvTranspose2D,
    CosineConvTranspose2d,
    CosineConvTranspose3D,
    CosineConvTranspose3d,
)
from nmn.keras.gaussian import GaussianNMN
from nmn.keras.gaussian_conv import (
    GaussianConv1D,
    GaussianConv1d,
    GaussianConv2D,
    GaussianConv2d,
    GaussianConv3D,
    GaussianConv3d,
)
from nmn.keras.gaussian_conv_transpose import (
    GaussianConvTranspose1D,
    GaussianConvTranspose1d,
    GaussianConvTranspose2D,
    GaussianConvTranspose2d,
    GaussianConvTranspose3D,
    GaussianConvTranspose3d,
)
from nmn.keras.inverse_multiquadric import InverseMultiquadricNMN
from nmn.keras.inverse_multiquadric_conv import (
    InverseMultiquadricConv1D,
    InverseMultiquadricConv1d,
    InverseMultiquadricConv2D,
    InverseMultiquadricConv2d,
    InverseMultiquadricConv3D,
    InverseMultiquadricConv3d,
)
from nmn.keras.inverse_multiquadric_conv_transpose import (
    InverseMultiquadricConvTranspose1D,
    InverseMultiquadricConvTranspose1d,
    InverseMultiquadricConvTranspose2D,
    InverseMultiquadricConvTranspose2d,
    InverseMultiquadricConvTranspose3D,
    InverseMultiquadricConvTranspose3d,
)
from nmn.keras.linear import LinearNMN
from nmn.keras.linear_conv import (
    LinearConv1D,
    LinearConv1d,
    LinearConv2D,
    LinearConv2d,
    LinearConv3D,
    LinearConv3d,
)
from nmn.keras.linear_conv_transpose import (
    LinearConvTranspose1D,
    LinearConvTranspose1d,
    LinearConvTranspose2D,
    LinearConvTranspose2d,
    LinearConvTranspose3D,
    LinearConvTranspose3d,
)
from nmn.keras.nmn import YatDense, YatNMN
from nmn.keras.polynomial import PolynomialNMN
from nmn.keras.polynomial_conv import (
    PolynomialConv1D,
    PolynomialConv1d,
    PolynomialConv2D,
    PolynomialConv2d,
    PolynomialConv3D,
    PolynomialConv3d,
)
from nmn.keras.polynomial_conv_transpose import (
    PolynomialConvTranspose1D,
    PolynomialConvTranspose1d,
    PolynomialConvTranspose2D,
    PolynomialConvTranspose2d,
    PolynomialConvTranspose3D,
    PolynomialConvTranspose3d,
)
from nmn.keras.signed_yat import SignedYatNMN
from nmn.keras.signed_yat_conv import (
    SignedYatConv1D,
    SignedYatConv1d,
    SignedYatConv2D,
    SignedYatConv2d,
    SignedYatConv3D,
    SignedYatConv3d,
)
from nmn.keras.signed_yat_conv_transpose import (
    SignedYatConvTranspose1D,
    SignedYatConvTranspose1d,
    SignedYatConvTranspose2D,
    SignedYatConvTranspose2d,
    SignedYatConvTranspose3D,
    SignedYatConvTranspose3d,
)
from nmn.keras.spherical_yat import SphericalYatNMN
from nmn.keras.spherical_yat_conv import (
    SphericalYatConv1D,
    SphericalYatConv1d,
    SphericalYatConv2D,
    SphericalYatConv2d,
    SphericalYatConv3D,
    SphericalYatConv3d,
)
from nmn.keras.spherical_yat_conv_transpose import (
    SphericalYatConvTranspose1D,
    SphericalYatConvTranspose1d,
    SphericalYatConvTranspose2D,
    SphericalYatConvTranspose2d,
    SphericalYatConvTranspose3D,
    SphericalYatConvTranspose3d,
)
from nmn.keras.squashers import soft_tanh, softer_sigmoid, softermax
from nmn.keras.yat_gru import YatGRU, YatGRUCell
from nmn.keras.yat_lstm import YatLSTM, YatLSTMCell
from nmn.keras.yat_min_gru import YatMinGRU, YatMinGRUCell
from nmn.keras.yat_min_lstm import YatMinLSTM, YatMinLSTMCell
from nmn.keras.yat_rnn import YatRNN, YatRNNCell
from nmn.keras.yat_sum_gru import YatSumGRU, YatSumGRUCell
from nmn.keras.yatconv import YatConv1D, YatConv1d, YatConv2D, YatConv2d, YatConv3D, YatConv3d
from nmn.keras.yatconv_transpose import (
    YatConvTranspose1D,
    YatConvTranspose1d,
    YatConvTranspose2D,
    YatConvTranspose2d,
    YatConvTranspose3D,
    YatConvTranspose3d,
)

__all__ = [
    "CosineConv1D",
    "CosineConv1d",
    "CosineConv2D",
    "CosineConv2d",
    "CosineConv3D",
    "CosineConv3d",
    "CosineConvTranspose1D",
    "CosineConvTranspose1d",
    "CosineConvTranspose2D",
    "CosineConvTranspose2d",
    "CosineConvTranspose3D",
    "CosineConvTranspose3d",
    "CosineNMN",
    "GaussianConv1D",
    "GaussianConv1d",
    "GaussianConv2D",
    "GaussianConv2d",
    "GaussianConv3D",
    "GaussianConv3d",
    "GaussianConvTranspose1D",
    "GaussianConvTranspose1d",
    "GaussianConvTranspose2D",
    "GaussianConvTranspose2d",
    "GaussianConvTranspose3D",
    "GaussianConvTranspose3d",
    "GaussianNMN",
    "InverseMultiquadricConv1D",
    "InverseMultiquadricConv1d",
    "InverseMultiquadricConv2D",
    "InverseMultiquadricConv2d",
    "InverseMultiquadricConv3D",
    "InverseMultiquadricConv3d",
    "InverseMultiquadricConvTranspose1D",
    "InverseMultiquadricConvTranspose1d",
    "InverseMultiquadricConvTranspose2D",
    "InverseMultiquadricConvTranspose2d",
    "InverseMultiquadricConvTranspose3D",
    "InverseMultiquadricConvTranspose3d",
    "InverseMultiquadricNMN",
    "LinearConv1D",
    "LinearConv1d",
    "LinearConv2D",
    "LinearConv2d",
    "LinearConv3D",
    "LinearConv3d",
    "LinearConvTranspose1D",
    "LinearConvTranspose1d",
    "LinearConvTranspose2D",
    "LinearConvTranspose2d",
    "LinearConvTranspose3D",
    "LinearConvTranspose3d",
    "LinearNMN",
    "PolynomialConv1D",
    "PolynomialConv1d",
    "PolynomialConv2D",
    "PolynomialConv2d",
    "PolynomialConv3D",
    "PolynomialConv3d",
    "PolynomialConvTranspose1D",
    "PolynomialConvTranspose1d",
    "PolynomialConvTranspose2D",
    "PolynomialConvTranspose2d",
    "PolynomialConvTranspose3D",
    "PolynomialConvTranspose3d",
    "PolynomialNMN",
    "SignedYatConv1D",
    "SignedYatConv1d",
    "SignedYatConv2D",
    "SignedYatConv2d",
    "SignedYatConv3D",
    "SignedYatConv3d",
    "SignedYatConvTranspose1D",
    "SignedYatConvTranspose1d",
    "SignedYatConvTranspose2D",
    "SignedYatConvTranspose2d",
    "SignedYatConvTranspose3D",
    "SignedYatConvTranspose3d",
    "SignedYatNMN",
    "SphericalYatConv1D",
    "SphericalYatConv1d",
    "SphericalYatConv2D",
    "SphericalYatConv2d",
    "SphericalYatConv3D",
    "SphericalYatConv3d",
    "SphericalYatConvTranspose1D",
    "SphericalYatConvTranspose1d",
    "SphericalYatConvTranspose2D",
    "SphericalYatConvTranspose2d",
    "SphericalYatConvTranspose3D",
    "SphericalYatConvTranspose3d",
    "SphericalYatNMN",
    "YatConv1D",
    "YatConv1d",
    "YatConv2D",
    "YatConv2d",
    "YatConv3D",
    "YatConv3d",
    "YatConvTranspose1D",
    "YatConvTranspose1d",
    "YatConvTranspose2D",
    "YatConvTranspose2d",
    "YatConvTranspose3D",
    "YatConvTranspose3d",
    "YatDense",
    "YatGRU",
    "YatGRUCell",
    "YatLSTM",
    "YatLSTMCell",
    "YatMinGRU",
    "YatMinGRUCell",
    "YatMinLSTM",
    "YatMinLSTMCell",
    "YatNMN",
    "YatRNN",
    "YatRNNCell",
    "YatSumGRU",
    "YatSumGRUCell",
    "soft_tanh",
    "softer_sigmoid",
    "softermax",
]

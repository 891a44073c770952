# Generated from spec/layers. Do not edit; run `make generate`.
"""Layers for Flax Linen."""

import importlib.util

if importlib.util.find_spec("flax") is None:
    raise ImportError("nmn.linen needs Flax Linen: pip install 'nmn[flax]'")

from nmn.linen.cosine import CosineNMN
from nmn.linen.cosine_conv import CosineConv, CosineConv1D, CosineConv2D, CosineConv3D
from nmn.linen.cosine_conv_transpose import (
    CosineConvTranspose,
    CosineConvTranspose1D,
    CosineConvTranspose2D,
    CosineConvTranspose3D,
)
from nmn.linen.gaussian import GaussianNMN
from nmn.linen.gaussian_conv import GaussianConv, GaussianConv1D, GaussianConv2D, GaussianConv3D
from nmn.linen.gaussian_conv_transpose import (
    GaussianConvTranspose,
    GaussianConvTranspose1D,
    GaussianConvTranspose2D,
    GaussianConvTranspose3D,
)
from nmn.linen.inverse_multiquadric import InverseMultiquadricNMN
from nmn.linen.inverse_multiquadric_conv import (
    InverseMultiquadricConv,
    InverseMultiquadricConv1D,
    InverseMultiquadricConv2D,
    InverseMultiquadricConv3D,
)
from nmn.linen.inverse_multiquadric_conv_transpose import (
    InverseMultiquadricConvTranspose,
    InverseMultiquadricConvTranspose1D,
    InverseMultiquadricConvTranspose2D,
    InverseMultiquadricConvTranspose3D,
)
from nmn.linen.linear import LinearNMN
from nmn.linen.linear_conv import LinearConv, LinearConv1D, LinearConv2D, LinearConv3D
from nmn.linen.linear_conv_transpose import (
    LinearConvTranspose,
    LinearConvTranspose1D,
    LinearConvTranspose2D,
    LinearConvTranspose3D,
)
from nmn.linen.nmn import YatNMN
from nmn.linen.polynomial import PolynomialNMN
from nmn.linen.polynomial_conv import (
    PolynomialConv,
    PolynomialConv1D,
    PolynomialConv2D,
    PolynomialConv3D,
)
from nmn.linen.polynomial_conv_transpose import (
    PolynomialConvTranspose,
    PolynomialConvTranspose1D,
    PolynomialConvTranspose2D,
    PolynomialConvTranspose3D,
)
from nmn.linen.signed_yat import SignedYatNMN
from nmn.linen.signed_yat_conv import (
    SignedYatConv,
    SignedYatConv1D,
    SignedYatConv2D,
    SignedYatConv3D,
)
from nmn.linen.signed_yat_conv_transpose import (
    SignedYatConvTranspose,
    SignedYatConvTranspose1D,
    SignedYatConvTranspose2D,
    SignedYatConvTranspose3D,
)
from nmn.linen.spherical_yat import SphericalYatNMN
from nmn.linen.spherical_yat_conv import (
    SphericalYatConv,
    SphericalYatConv1D,
    SphericalYatConv2D,
    SphericalYatConv3D,
)
from nmn.linen.spherical_yat_conv_transpose import (
    SphericalYatConvTranspose,
    SphericalYatConvTranspose1D,
    SphericalYatConvTranspose2D,
    SphericalYatConvTranspose3D,
)
from nmn.linen.squashers import soft_tanh, softer_sigmoid, softermax
from nmn.linen.yat_gru import YatGRU, YatGRUCell
from nmn.linen.yat_lstm import YatLSTM, YatLSTMCell
from nmn.linen.yat_min_gru import YatMinGRU, YatMinGRUCell
from nmn.linen.yat_min_lstm import YatMinLSTM, YatMinLSTMCell
from nmn.linen.yat_rnn import YatRNN, YatRNNCell
from nmn.linen.yat_sum_gru import YatSumGRU, YatSumGRUCell
from nmn.linen.yatconv import YatConv, YatConv1D, YatConv2D, YatConv3D
from nmn.linen.yatconv_transpose import (
    YatConvTranspose,
    YatConvTranspose1D,
    YatConvTranspose2D,
    YatConvTranspose3D,
)

__all__ = [
    "CosineConv",
    "CosineConv1D",
    "CosineConv2D",
    "CosineConv3D",
    "CosineConvTranspose",
    "CosineConvTranspose1D",
    "CosineConvTranspose2D",
    "CosineConvTranspose3D",
    "CosineNMN",
    "GaussianConv",
    "GaussianConv1D",
    "GaussianConv2D",
    "GaussianConv3D",
    "GaussianConvTranspose",
    "GaussianConvTranspose1D",
    "GaussianConvTranspose2D",
    "GaussianConvTranspose3D",
    "GaussianNMN",
    "InverseMultiquadricConv",
    "InverseMultiquadricConv1D",
    "InverseMultiquadricConv2D",
    "InverseMultiquadricConv3D",
    "InverseMultiquadricConvTranspose",
    "InverseMultiquadricConvTranspose1D",
    "InverseMultiquadricConvTranspose2D",
    "InverseMultiquadricConvTranspose3D",
    "InverseMultiquadricNMN",
    "LinearConv",
    "LinearConv1D",
    "LinearConv2D",
    "LinearConv3D",
    "LinearConvTranspose",
    "LinearConvTranspose1D",
    "LinearConvTranspose2D",
    "LinearConvTranspose3D",
    "LinearNMN",
    "PolynomialConv",
    "PolynomialConv1D",
    "PolynomialConv2D",
    "PolynomialConv3D",
    "PolynomialConvTranspose",
    "PolynomialConvTranspose1D",
    "PolynomialConvTranspose2D",
    "PolynomialConvTranspose3D",
    "PolynomialNMN",
    "SignedYatConv",
    "SignedYatConv1D",
    "SignedYatConv2D",
    "SignedYatConv3D",
    "SignedYatConvTranspose",
    "SignedYatConvTranspose1D",
    "SignedYatConvTranspose2D",
    "SignedYatConvTranspose3D",
    "SignedYatNMN",
    "SphericalYatConv",
    "SphericalYatConv1D",
    "SphericalYatConv2D",
    "SphericalYatConv3D",
    "SphericalYatConvTranspose",
    "SphericalYatConvTranspose1D",
    "SphericalYatConvTranspose2D",
    "SphericalYatConvTranspose3D",
    "SphericalYatNMN",
    "YatConv",
    "YatConv1D",
    "YatConv2D",
    "YatConv3D",
    "YatConvTranspose",
    "YatConvTranspose1D",
    "YatConvTranspose2D",
    "YatConvTranspose3D",
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

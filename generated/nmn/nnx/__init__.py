# Generated from spec/layers. Do not edit; run `make generate`.
"""Layers for Flax NNX."""

import importlib.util

if importlib.util.find_spec("flax") is None:
    raise ImportError("nmn.nnx needs Flax NNX: pip install 'nmn[flax]'")

from nmn.nnx._variables import FrozenParam
from nmn.nnx.cosine import CosineNMN
from nmn.nnx.cosine_conv import CosineConv, CosineConv1D, CosineConv2D, CosineConv3D
from nmn.nnx.cosine_conv_transpose import (
    CosineConvTranspose,
    CosineConvTranspose1D,
    CosineConvTranspose2D,
    CosineConvTranspose3D,
)
from nmn.nnx.gaussian import GaussianNMN
from nmn.nnx.gaussian_conv import GaussianConv, GaussianConv1D, GaussianConv2D, GaussianConv3D
from nmn.nnx.gaussian_conv_transpose import (
    GaussianConvTranspose,
    GaussianConvTranspose1D,
    GaussianConvTranspose2D,
    GaussianConvTranspose3D,
)
from nmn.nnx.inverse_multiquadric import InverseMultiquadricNMN
from nmn.nnx.inverse_multiquadric_conv import (
    InverseMultiquadricConv,
    InverseMultiquadricConv1D,
    InverseMultiquadricConv2D,
    InverseMultiquadricConv3D,
)
from nmn.nnx.inverse_multiquadric_conv_transpose import (
    InverseMultiquadricConvTranspose,
    InverseMultiquadricConvTranspose1D,
    InverseMultiquadricConvTranspose2D,
    InverseMultiquadricConvTranspose3D,
)
from nmn.nnx.linear import LinearNMN
from nmn.nnx.linear_conv import LinearConv, LinearConv1D, LinearConv2D, LinearConv3D
from nmn.nnx.linear_conv_transpose import (
    LinearConvTranspose,
    LinearConvTranspose1D,
    LinearConvTranspose2D,
    LinearConvTranspose3D,
)
from nmn.nnx.nmn import YatNMN
from nmn.nnx.polynomial import PolynomialNMN
from nmn.nnx.polynomial_conv import (
    PolynomialConv,
    PolynomialConv1D,
    PolynomialConv2D,
    PolynomialConv3D,
)
from nmn.nnx.polynomial_conv_transpose import (
    PolynomialConvTranspose,
    PolynomialConvTranspose1D,
    PolynomialConvTranspose2D,
    PolynomialConvTranspose3D,
)
from nmn.nnx.signed_yat import SignedYatNMN
from nmn.nnx.signed_yat_conv import SignedYatConv, SignedYatConv1D, SignedYatConv2D, SignedYatConv3D
from nmn.nnx.signed_yat_conv_transpose import (
    SignedYatConvTranspose,
    SignedYatConvTranspose1D,
    SignedYatConvTranspose2D,
    SignedYatConvTranspose3D,
)
from nmn.nnx.spherical_yat import SphericalYatNMN
from nmn.nnx.spherical_yat_conv import (
    SphericalYatConv,
    SphericalYatConv1D,
    SphericalYatConv2D,
    SphericalYatConv3D,
)
from nmn.nnx.spherical_yat_conv_transpose import (
    SphericalYatConvTranspose,
    SphericalYatConvTranspose1D,
    SphericalYatConvTranspose2D,
    SphericalYatConvTranspose3D,
)
from nmn.nnx.squashers import soft_tanh, softer_sigmoid, softermax
from nmn.nnx.yat_gru import YatGRU, YatGRUCell
from nmn.nnx.yat_lstm import YatLSTM, YatLSTMCell
from nmn.nnx.yat_min_gru import YatMinGRU, YatMinGRUCell
from nmn.nnx.yat_min_lstm import YatMinLSTM, YatMinLSTMCell
from nmn.nnx.yat_rnn import YatRNN, YatRNNCell
from nmn.nnx.yat_sum_gru import YatSumGRU, YatSumGRUCell
from nmn.nnx.yatconv import YatConv, YatConv1D, YatConv2D, YatConv3D
from nmn.nnx.yatconv_transpose import (
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
    "FrozenParam",
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

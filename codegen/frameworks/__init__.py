"""One module per framework; each implements `codegen.frameworks.base.Framework`."""

from codegen.frameworks.base import Framework
from codegen.frameworks.keras import Keras
from codegen.frameworks.linen import Linen
from codegen.frameworks.nnx import NNX
from codegen.frameworks.tf import TF
from codegen.frameworks.torch import Torch

FRAMEWORKS: tuple[Framework, ...] = (Torch(), Keras(), TF(), Linen(), NNX())

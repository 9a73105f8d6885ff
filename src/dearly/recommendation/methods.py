"""Ways to learn item vectors, as an index's manifest tells them."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from dearly import DearlyError

Power = Annotated[float, Meta(ge=0.0, le=4.0)]
Dimensions = Annotated[int, Meta(ge=0)]


class TrainingUnavailable(DearlyError):
    """The packages that training needs are not installed."""


class Spectral(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="spectral"):
    """The truncated spectrum of the degree-normalised matrix; see :mod:`dearly.recommendation.factors`.

    The powers are that of the customers' degrees by which the matrix is divided (of the items' it is always
    the root), and that of the singular values in the score.
    """

    dimensions: Dimensions
    customer_power: Power = 0.5
    spectrum_power: Power = 0.5


class LeastSquares(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="als"):
    """Alternating least squares; see :mod:`dearly.recommendation.least_squares`."""

    dimensions: Dimensions
    regularization: Annotated[float, Meta(gt=0.0)]
    confidence: Annotated[float, Meta(gt=0.0)]
    """How much surer a touch of strength 1 is than none at all."""


Method: TypeAlias = Spectral | LeastSquares

"""Ways to learn item vectors, as an index's manifest tells them."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from dearly import DearlyError

Power = Annotated[float, Meta(ge=0.0, le=4.0)]
Dimensions = Annotated[int, Meta(ge=0)]


class TrainingUnavailable(DearlyError):
    """The packages that training needs are not installed."""


def require_training() -> None:
    """See that what learns can be imported, before anything is read that takes minutes.

    Raises:
        TrainingUnavailable: the packages of the ``train`` extra are not installed.
    """
    for name in ("scipy", "implicit"):
        if find_spec(name) is None:
            raise TrainingUnavailable(
                f"Building an index needs the package {name}. Install it with: pip install 'dearly[train]' "
                "(in a clone of the repository: pip install '.[train]')."
            )


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

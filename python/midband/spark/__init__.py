"""midband on Apache Spark: the same scores on a cluster, and no question asked twice.

Written against the DataFrames that Spark Connect has too: no RDD, no context. docs/spark.md says what to install where.
"""

from __future__ import annotations

try:
    import pyspark as _pyspark  # noqa: F401
except ImportError as error:
    raise ImportError("midband.spark needs pyspark 4 or newer: pip install 'midband[spark]'") from error

from ._api import estimate, match, score
from ._estimating import Estimate
from ._gateway import Gateway

__all__ = ["Estimate", "Gateway", "estimate", "match", "score"]

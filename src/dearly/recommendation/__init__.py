"""Items for people: factors, FAISS indexes, the strategies over them, and their quality offline.

Building an index needs the ``train`` extra (SciPy, implicit); serving one does not.
"""

from dearly.recommendation.artefact import IndexRefused
from dearly.recommendation.building import build_from_store
from dearly.recommendation.choosing import Choice
from dearly.recommendation.index import CatalogIndex, Manifest
from dearly.recommendation.keeper import RecommenderKeeper
from dearly.recommendation.methods import TrainingUnavailable
from dearly.recommendation.offline_evaluation import Quality, Trial, fit, judge_as_served, judge_exactly
from dearly.recommendation.publishing import current_version, publish_index, read_version
from dearly.recommendation.recommender import Recommender
from dearly.recommendation.shelves import Item, Shelves
from dearly.recommendation.suggestions import OutOfTime, Page, StrategyName, Suggestion, Touch

__all__ = [
    "CatalogIndex",
    "Choice",
    "IndexRefused",
    "Item",
    "Manifest",
    "OutOfTime",
    "Page",
    "Quality",
    "Recommender",
    "RecommenderKeeper",
    "Shelves",
    "StrategyName",
    "Suggestion",
    "Touch",
    "TrainingUnavailable",
    "Trial",
    "build_from_store",
    "current_version",
    "fit",
    "judge_as_served",
    "judge_exactly",
    "publish_index",
    "read_version",
]

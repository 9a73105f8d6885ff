"""Rules packages at a git revision: objects are read from the repository as they are, and nothing is run.

Nothing is checked out, so no hook, filter or attribute of a repository acts; links and submodules are
refused.
"""

from dearly.language.revisions.commits import Revision, RevisionError
from dearly.language.revisions.sources import RulesSource, read_rules, rules_source
from dearly.language.revisions.trees import read_revision, resolve_commit

__all__ = [
    "Revision",
    "RevisionError",
    "RulesSource",
    "read_revision",
    "read_rules",
    "resolve_commit",
    "rules_source",
]

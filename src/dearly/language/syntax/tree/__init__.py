"""What was written, with its places, before names and types are known: the parser's tree, plain frozen data.

``parser`` makes it from text, ``checker`` turns it into a :class:`~dearly.language.program.Program`. Names
are unresolved: a bare word may still be a field, a segment, a value or a property.
"""

from __future__ import annotations

from typing import TypeAlias

from dearly.language.syntax.tree.campaigns import (
    CapDeclaration,
    EmitDeclaration,
    ExperimentDeclaration,
    LimitDeclaration,
    MembershipMoment,
    QuietDeclaration,
    StateMoment,
    TriggerDeclaration,
    Unit,
    VariantDeclaration,
    Whose,
)
from dearly.language.syntax.tree.content import (
    BlockDeclaration,
    BranchDeclaration,
    Exclusion,
    ItemListDeclaration,
    ItemsExclusion,
    ItemStrategy,
    ListedItems,
    RecentItems,
    RecommendedItems,
    SimilarItems,
    TogetherItems,
    TouchedExclusion,
    TrendingItems,
)
from dearly.language.syntax.tree.expressions import (
    Aggregated,
    And,
    Arithmetic,
    Between,
    BoolLiteral,
    Compare,
    DateCompare,
    DateLiteral,
    Duration,
    Elapsed,
    Else,
    Events,
    Expression,
    Followed,
    In,
    IsPresent,
    IsStage,
    ListLiteral,
    Matches,
    Name,
    Negate,
    Not,
    Now,
    NumberLiteral,
    Or,
    Period,
    Picked,
    Quantified,
    Reference,
    SetMatches,
    TextLiteral,
    TimeLiteral,
    Today,
    Weekdays,
)
from dearly.language.syntax.tree.scenarios import (
    AtMoment,
    AtOffset,
    ExpectDeclaration,
    ExpectEmitted,
    ExpectHolds,
    ExpectShows,
    GivenDeclaration,
    GivenField,
    HappensDeclaration,
    StepDeclaration,
    TestDeclaration,
)
from dearly.language.syntax.tree.schemas import (
    Annotation,
    ContextDeclaration,
    FieldDeclaration,
    ProfileDeclaration,
    SchemaDeclaration,
    Setting,
    SettingsDeclaration,
)
from dearly.language.syntax.tree.segmentation import (
    LifecycleDeclaration,
    ScoreDeclaration,
    SegmentDeclaration,
    StageDeclaration,
    TierDeclaration,
    ValueDeclaration,
)

Declaration: TypeAlias = (
    ProfileDeclaration
    | SchemaDeclaration
    | ContextDeclaration
    | SettingsDeclaration
    | SegmentDeclaration
    | ValueDeclaration
    | LifecycleDeclaration
    | ScoreDeclaration
    | CapDeclaration
    | ExperimentDeclaration
    | BlockDeclaration
    | TriggerDeclaration
    | TestDeclaration
)

__all__ = [
    "Aggregated",
    "And",
    "Annotation",
    "Arithmetic",
    "AtMoment",
    "AtOffset",
    "Between",
    "BlockDeclaration",
    "BoolLiteral",
    "BranchDeclaration",
    "CapDeclaration",
    "Compare",
    "ContextDeclaration",
    "DateCompare",
    "DateLiteral",
    "Declaration",
    "Duration",
    "Elapsed",
    "Else",
    "EmitDeclaration",
    "Events",
    "Exclusion",
    "ExpectDeclaration",
    "ExpectEmitted",
    "ExpectHolds",
    "ExpectShows",
    "ExperimentDeclaration",
    "Expression",
    "FieldDeclaration",
    "Followed",
    "GivenDeclaration",
    "GivenField",
    "HappensDeclaration",
    "In",
    "IsPresent",
    "IsStage",
    "ItemListDeclaration",
    "ItemStrategy",
    "ItemsExclusion",
    "LifecycleDeclaration",
    "LimitDeclaration",
    "ListLiteral",
    "ListedItems",
    "Matches",
    "MembershipMoment",
    "Name",
    "Negate",
    "Not",
    "Now",
    "NumberLiteral",
    "Or",
    "Period",
    "Picked",
    "ProfileDeclaration",
    "Quantified",
    "QuietDeclaration",
    "RecentItems",
    "RecommendedItems",
    "Reference",
    "SchemaDeclaration",
    "ScoreDeclaration",
    "SegmentDeclaration",
    "SetMatches",
    "Setting",
    "SettingsDeclaration",
    "SimilarItems",
    "StageDeclaration",
    "StateMoment",
    "StepDeclaration",
    "TestDeclaration",
    "TextLiteral",
    "TierDeclaration",
    "TimeLiteral",
    "Today",
    "TogetherItems",
    "TouchedExclusion",
    "TrendingItems",
    "TriggerDeclaration",
    "Unit",
    "ValueDeclaration",
    "VariantDeclaration",
    "Weekdays",
    "Whose",
]

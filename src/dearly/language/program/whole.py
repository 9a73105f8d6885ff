"""The whole of a checked package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dearly.language.program.campaigns import Cap, Experiment, Trigger
from dearly.language.program.content import Block, Template
from dearly.language.program.scenarios import Scenario
from dearly.language.program.schemas import Field, Schema, Settings
from dearly.language.program.segmentation import Lifecycle, NamedValue, Score, Segment


@dataclass(frozen=True, slots=True)
class Program:
    """A whole checked rules package. ``version`` is the content hash of its files."""

    version: str
    profile: Mapping[str, Field]
    catalogs: Mapping[str, Schema]
    events: Mapping[str, Schema]
    segments: Mapping[str, Segment]
    values: Mapping[str, NamedValue]
    lifecycles: Mapping[str, Lifecycle]
    blocks: Mapping[str, Block]
    templates: Mapping[str, Template]
    evaluation_order: tuple[str, ...]
    """Segments, values and lifecycles by name, each after all that it refers to."""
    settings: Settings = field(default_factory=Settings)
    context: Mapping[str, Field] = field(default_factory=dict)
    """What a call may bring along."""
    scores: Mapping[str, Score] = field(default_factory=dict)
    caps: Mapping[str, Cap] = field(default_factory=dict)
    experiments: Mapping[str, Experiment] = field(default_factory=dict)
    triggers: Mapping[str, Trigger] = field(default_factory=dict)
    scenarios: tuple[Scenario, ...] = ()
    """Its tests, by file and line."""

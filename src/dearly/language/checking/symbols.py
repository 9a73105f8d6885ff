"""Every name that a package declares, and where: one namespace, whatever the order and the file."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from dearly.language.checking.findings import Findings
from dearly.language.program import Field, Schema, Settings
from dearly.language.syntax import tree

RESERVED_NAMES = frozenset(
    ["customer", "context", "loop", "none", "true", "false", "if", "else", "in", "is", "and", "or", "not"]
)
"""Names that mean something else in templates."""

CONSENT_NAMES = frozenset(["consent", "consents"])
"""Names that would read as if rules could tell who agreed to what; only the server can."""


@dataclass(frozen=True, slots=True)
class Broken:
    """What could not be read; references to it are not reported a second time."""

    names: frozenset[str] = frozenset()
    fields: bool = False
    """Whether the profile or the context could not be read, so that any name may be one of their fields."""
    file: bool = False
    """Whether a whole file could not be read, so that any name may be declared in it."""
    passage: bool = False
    """Whether some of a file could not be read, so that anything may be used there."""


NOTHING_BROKEN = Broken()


@dataclass(frozen=True, slots=True)
class Symbols:
    """The declared names by kind. Settings and schemas are checked already; the rest is still as written."""

    settings: Settings
    profile: Mapping[str, Field]
    context: Mapping[str, Field]
    """What a call may bring along."""
    catalogs: Mapping[str, Schema]
    events: Mapping[str, Schema]
    segments: Mapping[str, tree.SegmentDeclaration]
    values: Mapping[str, tree.ValueDeclaration]
    lifecycles: Mapping[str, tree.LifecycleDeclaration]
    scores: Mapping[str, tree.ScoreDeclaration]
    caps: Mapping[str, tree.CapDeclaration]
    experiments: Mapping[str, tree.ExperimentDeclaration]
    blocks: Mapping[str, tree.BlockDeclaration]
    triggers: Mapping[str, tree.TriggerDeclaration]
    stages: Mapping[str, Collection[str]]
    """The stages' names of each lifecycle."""
    tiers: Mapping[str, Collection[str]]
    """The tiers' names of each score."""
    variants: Mapping[str, Collection[str]]
    """The variants' names of each experiment."""
    broken: Broken = field(default=NOTHING_BROKEN)

    def kind_of(self, name: str) -> str | None:
        """What kind of thing carries this name: ``segment``, ``event``, ..; None for no declared name."""
        for kind, names in (
            ("profile field", self.profile),
            ("context field", self.context),
            ("segment", self.segments),
            ("value", self.values),
            ("lifecycle", self.lifecycles),
            ("score", self.scores),
            ("experiment", self.experiments),
            ("event", self.events),
            ("catalog", self.catalogs),
            ("block", self.blocks),
            ("cap", self.caps),
            ("trigger", self.triggers),
        ):
            if name in names:
                return kind
        return None

    def is_excused(self, name: str) -> bool:
        """Whether the name may be unknown only because its declaration could not be read."""
        return self.broken.file or name in self.broken.names

    def is_read_whole(self) -> bool:
        """Whether everything was read: what is not used then is used nowhere."""
        return not (self.broken.file or self.broken.passage)

    def is_excused_field(self, name: str) -> bool:
        """The same of a name that may be a field of the profile or the context."""
        return self.broken.fields or self.is_excused(name)


def with_article(kind: str) -> str:
    """The kind as a sentence has it: ``a segment``, ``an event``."""
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def check_name(name: tree.Name, kind: str, findings: Findings) -> None:
    """Report a name that is reserved."""
    if name.text in RESERVED_NAMES:
        message = f"`{name.text}` means something else in rules and templates, so no {kind} can be named so."
        findings.add("reserved-name", name.span, message, "Choose another name.")
    elif name.text in CONSENT_NAMES:
        message = f"Who agreed to what is the server's to know, so no {kind} can be named `{name.text}`."
        hint = "Say what a block is for: `purpose marketing`; the server asks for the consent."
        findings.add("reserved-name", name.span, message, hint)


def report_duplicate(name: tree.Name, kind: str, first: str, findings: Findings) -> None:
    """Report that a name is taken already by what ``first`` says."""
    message = f"The {kind} `{name.text}` has the name of {first}; every name is declared once."
    findings.add("duplicate-name", name.span, message, "Rename one of them.")

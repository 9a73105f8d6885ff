"""Triggers: the moment, how often, the quiet hours, and what is emitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dearly.language.checking.definitions import Definitions, may_be_missing
from dearly.language.checking.expressions import check_value
from dearly.language.checking.findings import Findings
from dearly.language.checking.limits import check_limits
from dearly.language.checking.parts import Owner, named, report_further, report_missing
from dearly.language.checking.scopes import Scope
from dearly.language.checking.states import resolve_state
from dearly.language.checking.symbols import with_article
from dearly.language.program import Becomes, Entering, Expression, Leaving, Moment, QuietHours, Trigger
from dearly.language.sensitivity import sensitive_origin
from dearly.language.syntax import tree


@dataclass(frozen=True, slots=True)
class TriggerScope:
    """What triggers are checked against: the names, their definitions, and which values are sensitive."""

    scope: Scope
    definitions: Definitions
    sensitive: Mapping[str, str]
    """The values that hand on a sensitive field, with the field."""


def check_trigger(declared: tree.TriggerDeclaration, within: TriggerScope) -> Trigger | None:
    """The checked trigger; None when something in it is wrong, which is reported."""
    owner, findings = named("trigger", declared.name), within.scope.findings
    moment = _moment(declared, owner, within.scope)
    limits = check_limits(declared.limits, findings)
    quiet = _quiet(declared.quiet, owner, findings)
    emit = _emit(declared, owner, within)
    faulty = bool(declared.quiet) and quiet is None
    if moment is None or limits is None or emit is None or faulty:
        return None
    return Trigger(declared.name.text, moment, limits, quiet, emit, declared.name.span)


# ------------------------------------------------------------------------------------------------ the moment


def _moment(declared: tree.TriggerDeclaration, owner: Owner, scope: Scope) -> Moment | None:
    if not declared.moments:
        hint = "Say what sets it off: `when entering SEGMENT`, or `when LIFECYCLE becomes STAGE`."
        report_missing(owner, "when", hint, scope.findings)
        return None
    report_further([one.span for one in declared.moments], owner, "when", scope.findings)
    written = declared.moments[0]
    if isinstance(written, tree.StateMoment):
        return _becomes(written, scope)
    name = written.segment.text
    if name not in scope.symbols.segments:
        _report_no_segment(written, scope)
        return None
    return (Entering if written.change == "entering" else Leaving)(name, written.span)


def _report_no_segment(written: tree.MembershipMoment, scope: Scope) -> None:
    symbols, findings, name = scope.symbols, scope.findings, written.segment
    if symbols.is_excused(name.text):
        return
    kind = symbols.kind_of(name.text)
    if kind is not None:
        message = f"`{name.text}` is {with_article(kind)}; what customers enter and leave is a segment."
        hint = f"Declare one that asks for it: `segment NAME {{ .. }}`, and write `{written.change} NAME`."
        if kind in ("lifecycle", "score"):
            hint = f"Write `when {name.text} becomes {'STAGE' if kind == 'lifecycle' else 'TIER'}`."
        findings.add("unknown-name", name.span, message, hint)
        return
    near = findings.did_you_mean(name.text, symbols.segments, at=name.span)
    message = f"There is no segment `{name.text}`."
    findings.add("unknown-name", name.span, message, near or "Declare it: `segment NAME { .. }`.")


def _becomes(written: tree.StateMoment, scope: Scope) -> Becomes | None:
    asked = tree.IsStage(written.subject, written.state, False, written.span)
    state = resolve_state(asked, scope)
    return Becomes(written.subject.text, written.state.text, written.span) if state is not None else None


# --------------------------------------------------------------------------------------- quiet hours, content


def _quiet(
    declared: tuple[tree.QuietDeclaration, ...], owner: Owner, findings: Findings
) -> QuietHours | None:
    report_further([one.span for one in declared], owner, "quiet", findings)
    if not declared:
        return None
    written = declared[0]
    if written.from_minute == written.until_minute:
        message = "These quiet hours end when they begin, so there are none, or nothing else."
        hint = "Write, for example, `quiet 21:00 to 08:00`, or leave them out."
        findings.add("bad-quiet-hours", written.span, message, hint)
        return None
    return QuietHours(written.from_minute, written.until_minute, written.zone, written.span)


def _emit(
    declared: tree.TriggerDeclaration, owner: Owner, within: TriggerScope
) -> dict[str, Expression] | None:
    findings = within.scope.findings
    if not declared.emits:
        hint = 'Say what it sends on: `emit { campaign: "win-back" }`.'
        report_missing(owner, "emit", hint, findings)
        return None
    report_further([parts[0].span for parts in declared.emits if parts], owner, "emit", findings)
    emitted: dict[str, Expression] = {}
    names: set[str] = set()
    for part in declared.emits[0]:
        name = part.name.text
        if name in names:
            message = f"{owner} emits `{name}` already."
            findings.add("duplicate-field", part.name.span, message, "Leave one of them out.")
        names.add(name)
        value = _emitted(part, within)
        if value is not None:
            emitted.setdefault(name, value)
    return emitted if len(emitted) == len(declared.emits[0]) else None


def _emitted(part: tree.EmitDeclaration, within: TriggerScope) -> Expression | None:
    value = check_value(part.value, within.scope)
    if value is None:
        return None
    may_be_missing(value, within.scope, within.definitions)
    origin = sensitive_origin(value, within.scope.symbols, within.sensitive)
    if origin is None:
        return value
    message = f"`{part.name.text}` hands on `{origin}`, which is `@sensitive` and may not leave the house."
    hint = "Decide with it, by a segment that the trigger waits for, and emit something else."
    within.scope.findings.add("sensitive-value", part.value.span, message, hint)
    return None

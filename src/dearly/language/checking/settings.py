"""The settings that hold for a whole package: its time zone, its language, how long events are kept."""

from __future__ import annotations

from typing import TypeAlias

from dearly.language.calendar import is_zone, zone_names
from dearly.language.checking.findings import Advice, Findings, meant_text
from dearly.language.locales import is_tag, nearest_locale, usual_spelling
from dearly.language.program import Settings
from dearly.language.syntax import tree
from dearly.language.types import DAY_US

_Written: TypeAlias = dict[str, tree.Setting]


def check_settings(declared: tree.SettingsDeclaration | None, findings: Findings) -> Settings:
    """The settings, with the usual value for each that is not written, or is wrong, which is reported."""
    if declared is None:
        return Settings()
    written = _once(declared, findings)
    usual = Settings()
    return Settings(
        timezone=_timezone(written, findings) or usual.timezone,
        locale=_locale(written, findings) or usual.locale,
        keep_events_us=_keep_events_us(written, findings),
        span=declared.span,
    )


def _once(declared: tree.SettingsDeclaration, findings: Findings) -> _Written:
    written: _Written = {}
    for setting in declared.settings:
        if (first := written.get(setting.name)) is not None:
            message = f"`{setting.name}` is set already, at {first.span}."
            findings.add("duplicate-setting", setting.span, message, "Leave one of them out.")
        else:
            written[setting.name] = setting
    return written


def _timezone(written: _Written, findings: Findings) -> str | None:
    setting = written.get("timezone")
    if setting is None or not isinstance(setting.value, tree.TextLiteral):
        return None
    name = setting.value.value
    if is_zone(name):
        return name
    message = f'There is no time zone "{name}".'
    near = _zone_named_after(name) or findings.nearest(name, zone_names())
    place = setting.value.span
    advice = meant_text(near, place) if near else 'Write a zone of the IANA database, like "Europe/Berlin".'
    findings.add("unknown-timezone", place, message, advice)
    return None


def _zone_named_after(city: str) -> str | None:
    """The zone whose last part is this city, however it is written."""
    wanted = city.strip().casefold().replace(" ", "_")
    return next((zone for zone in sorted(zone_names()) if zone.rpartition("/")[2].casefold() == wanted), None)


def _locale(written: _Written, findings: Findings) -> str | None:
    setting = written.get("locale")
    if setting is None or not isinstance(setting.value, tree.TextLiteral):
        return None
    tag = setting.value.value
    if _is_locale(tag):
        return tag
    meant = tag.strip().replace("_", "-")
    advice: str | Advice = 'Write the language and, where it matters, the region: "en", "de-AT", "pt-BR".'
    if _is_locale(meant):
        advice = meant_text(usual_spelling(meant), setting.value.span)
    findings.add("unknown-locale", setting.value.span, f'"{tag}" is not the tag of a language.', advice)
    return None


def _is_locale(tag: str) -> bool:
    return is_tag(tag) and nearest_locale(tag) is not None


def _keep_events_us(written: _Written, findings: Findings) -> int | None:
    setting = written.get("keep events")
    if setting is None or not isinstance(setting.value, tree.Duration):
        return None
    if setting.value.us >= DAY_US:
        return setting.value.us
    message = "Events are kept for at least 1 day; no question about yesterday could be answered otherwise."
    findings.add("bad-retention", setting.value.span, message, "Write, for example, `keep events 400 days`.")
    return None

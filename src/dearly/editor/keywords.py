"""The words of the language, each with the form that it stands in and a sentence on what it says."""

from __future__ import annotations

from collections.abc import Mapping

from dearly.language.syntax.words import WEEKDAYS

DECLARATIONS: Mapping[str, tuple[str, str]] = {
    "profile": ("profile { NAME TYPE[?] .. }", "Declares what is known of a customer."),
    "catalog": ("catalog NAME { NAME TYPE[?] .. }", "Declares items that can be recommended."),
    "event": ("event NAME { NAME TYPE[?] .. }", "Declares something that customers do, and its properties."),
    "segment": ('segment NAME ["TITLE"] { CONDITION }', "Names a condition; who meets it is in the segment."),
    "value": ("value NAME = EXPRESSION", "Names a value, for conditions, templates and scores."),
    "lifecycle": (
        "lifecycle NAME { STAGE when CONDITION .. STAGE otherwise }",
        "The first stage that is true.",
    ),
    "block": ('block NAME { when CONDITION show "T.html" .. otherwise show "T.html" }', "Content to decide."),
    "score": ("score NAME { predict .. features .. tiers .. }", "A likelihood, learnt from history."),
    "cap": ("cap NAME { at most N per D }", "How often somebody may see what counts toward it."),
    "experiment": (
        "experiment NAME { variants A N, B N goal EVENT }",
        "Shows variants by chance, and compares.",
    ),
    "trigger": ("trigger NAME { when entering SEGMENT emit { .. } }", "Tells when somebody moves."),
    "test": ('test "TITLE" { given .. at MOMENT .. expect .. }', "Tries the rules on a clock of its own."),
    "context": ("context { NAME TYPE[?] .. }", "Declares what a single call may bring along; for blocks."),
    "settings": ("settings { timezone .. locale .. keep events .. }", "What holds for the whole package."),
}
"""What declarations begin with."""

_COUNT = "Counts the events; true for such a number of them."

PARTS: Mapping[str, tuple[str, str]] = {
    "timezone": ('timezone "Europe/Berlin"', "The time zone of customers whose own is not known."),
    "locale": ('locale "de"', "The language of templates that have none in their name."),
    "keep events": (
        "keep events 400 days",
        "How long events are kept at least; no window may reach further.",
    ),
    "set of": ("NAME set of TYPE", "A field with any number of different values, in no order."),
    "again after": ("again after D", "Bought items of the catalog may be recommended again after so long."),
    "predict": ("predict CONDITION", "What a score tells the likelihood of, looking forward."),
    "among": ("among CONDITION", "Whom a score is learnt from, and given to."),
    "features": ("features auto, VALUE, ..", "What a score is learnt from; `auto` is what all events tell."),
    "tiers": ("tiers high >= 0.6, medium >= 0.25, low", "Names for ranges of a score, the highest first."),
    "purpose": ("purpose NAME, ..", "What consent a block needs; without it only `otherwise` may be shown."),
    "counts toward": ("counts toward CAP, ..", "Showing this block counts toward these caps."),
    "when": ("when CONDITION ..", "The first `when` that is true decides."),
    "otherwise": ("otherwise ..", "For everybody else, and when all else fails; it comes last."),
    "show": ('show "hero/cart.html" [with NAME = ..]', "The template that is shown, under templates/."),
    "with": ("with NAME = STRATEGY, ..", "Gives the template a list of items; a `;` stands between two."),
    "recommended": ("recommended CATALOG", "Items for this customer, from what they and others did."),
    "similar to": ("similar to ITEM", "Items like this one."),
    "bought together with": ("bought together with ITEM", "Items that others bought with this one."),
    "trending": ("trending CATALOG within D", "What most customers turn to of late."),
    "recently": ("recently EVENT.PROPERTY", "Items that the customer touched last."),
    "listed": ('listed CATALOG ["id", ..]', "Just these items."),
    "or else": ("STRATEGY or else STRATEGY", "Fills the list up when the one before gives too few."),
    "limit": ("limit N", "At most so many items."),
    "excluding": ("excluding EVENT.PROPERTY [where ..] [within D]", "Leaves items out of a list."),
    "diverse by": ("diverse by FIELD", "Mixes the list, so that neighbours differ in this field."),
    "per": ("at most N per D", "In any stretch of time so long, or in each `day`, `week` or `month`."),
    "day": ("at most N per day", "In each calendar day."),
    "week": ("at most N per week", "In each calendar week, from Monday on."),
    "month": ("at most N per month", "In each calendar month."),
    "in customer timezone": ("per day in customer timezone", "By the customer's own clock."),
    "audience": ("audience CONDITION", "Who takes part in an experiment."),
    "variants": ("variants NAME WEIGHT, ..", "Between what an experiment chooses, and how often each."),
    "holdout": ("holdout N%", "A share that is kept out, to compare with."),
    "goal": ("goal EVENT [where ..] within D", "The event by which variants are compared."),
    "entering": ("when entering SEGMENT", "The moment at which somebody comes into a segment."),
    "leaving": ("when leaving SEGMENT", "The moment at which somebody leaves a segment."),
    "becomes": ("when LIFECYCLE becomes STAGE", "The moment at which somebody reaches a stage or a tier."),
    "quiet": ("quiet 21:00 to 08:00", "Hours in which a trigger waits."),
    "to": ("quiet 21:00 to 08:00", "Up to this time of day."),
    "emit": ("emit { NAME: EXPRESSION, .. }", "What a trigger tells."),
    "given": ("given profile { .. } context { .. } consents to ..", "What a test starts from."),
    "consents to": ("consents to PURPOSE, ..", "What the customer of a test agreed to."),
    "nothing": ("consents to nothing", "The customer of a test agreed to nothing."),
    "at": ("at 2026-03-01 10:00 ..  at +48:00 ..", "When something happens, or is expected, in a test."),
    "expect": ("expect CONDITION, ..", "What a test asks for at that moment."),
    "shows": ('BLOCK shows "T.html"', "Whether a block shows this template at that moment."),
    "emitted": ("emitted TRIGGER", "Whether a trigger has told by that moment."),
    "where": ("EVENT where CONDITION", "Only events like this; several conditions stand in parentheses."),
    "within": ("EVENT within D", "Events at most so long ago: now - D < t <= now."),
    "older than": ("EVENT older than D", "Events at least so long ago: t <= now - D."),
    "since": ("EVENT since 2026-01-01, DATE since DATE", "At that moment or later."),
    "before": ("EVENT before 2026-01-01, DATE before DATE", "Earlier than that."),
    "today": ("EVENT today, DATE == today", "The customer's own day."),
    "this week": ("EVENT this week", "The customer's own calendar week, from Monday on."),
    "this month": ("EVENT this month", "The customer's own calendar month."),
    "this year": ("EVENT this year", "The customer's own calendar year."),
    "on": ("EVENT on monday or friday", "Events on these days of the week, where the customer is."),
    **{day: (f"EVENT on {day}", "A day of the week, where the customer is.") for day in WEEKDAYS},
    "weekdays": ("EVENT on weekdays", "Monday to Friday, where the customer is."),
    "weekends": ("EVENT on weekends", "Saturday and Sunday, where the customer is."),
    "followed by": ("A followed by B [within D]", "Events after which such another comes, in that time."),
    "not followed by": (
        "A not followed by B [within D]",
        "Events after which no such other has come in time.",
    ),
    "any": ("any EVENT ..", "True when there is at least one such event."),
    "no": ("no EVENT ..", "True when there is no such event."),
    "at least": ("at least N EVENT ..", _COUNT),
    "at most": ("at most N EVENT ..", _COUNT),
    "exactly": ("exactly N EVENT ..", _COUNT),
    "more than": ("more than N EVENT ..", _COUNT),
    "fewer than": ("fewer than N EVENT ..", _COUNT),
    "count of": ("count of EVENT ..", "How many such events there are; 0 of none."),
    "sum of": ("sum of EVENT.PROPERTY ..", "Their sum; 0 of none."),
    "average of": ("average of EVENT.PROPERTY ..", "Their average; missing of none."),
    "min of": ("min of EVENT.PROPERTY ..", "The least of them; missing of none."),
    "max of": ("max of EVENT.PROPERTY ..", "The greatest of them; missing of none."),
    "distinct of": ("distinct of EVENT.PROPERTY ..", "How many different ones there are; 0 of none."),
    "latest": ("latest EVENT.PROPERTY ..", "That of the last such event; missing of none."),
    "first": ("first EVENT.PROPERTY ..", "That of the first such event; missing of none."),
    "top": ("top EVENT.PROPERTY ..", "The one that comes most often; missing of none."),
    "time since last": (
        "time since last EVENT > D",
        "How long ago the last such event was; missing of none.",
    ),
    "time since first": ("time since first EVENT > D", "How long ago the first was; missing of none."),
    "and": ("CONDITION and CONDITION", "Both hold."),
    "or": ("CONDITION or CONDITION", "At least one of them holds."),
    "not": ("not CONDITION", "It does not hold; of what is unknown, that stays unknown."),
    "in": ('VALUE in ["a", "b"]', "It is one of these."),
    "not in": ('VALUE not in ["a", "b"]', "It is none of these."),
    "contains": ("TEXT contains TEXT, SET contains VALUE", "It has this in it."),
    "starts with": ("TEXT starts with TEXT", "It begins so; capitals count."),
    "ends with": ("TEXT ends with TEXT", "It ends so; capitals count."),
    "is like": ("TEXT is like TEXT", "They are the same, whatever is in capitals."),
    "any of": ("SET any of [..]", "At least one of these is in the set."),
    "all of": ("SET all of [..]", "Every one of these is in the set."),
    "none of": ("SET none of [..]", "Not one of these is in the set."),
    "between": ("VALUE between LOW and HIGH", "From the one to the other, both included."),
    "not between": ("VALUE not between LOW and HIGH", "Below the one, or above the other."),
    "is": (
        "LIFECYCLE is STAGE, SCORE is TIER, VALUE is present",
        "Asks for a state, or whether it is there.",
    ),
    "present": ("VALUE is present", "It is not missing."),
    "missing": ("VALUE is missing", "Nothing is known of it."),
    "else": ("VALUE else DEFAULT", "The default, when the value is missing."),
    "true": ("true", "Always."),
    "false": ("false", "Never."),
    "now": ("TIME < now - 3 hours", "The moment at which the condition is asked."),
}
"""What stands within a declaration."""

EXPLAINED: Mapping[str, tuple[str, str]] = {**DECLARATIONS, **PARTS}
"""Every word or phrase with its form and what it says."""

SNIPPETS: Mapping[str, str] = {
    "profile": "profile {\n  ${1:first_name} ${2:text?}\n}",
    "catalog": "catalog ${1:product} {\n  ${2:title} ${3:text}\n}",
    "event": "event ${1:name} { ${2:property} ${3:text} }",
    "segment": 'segment ${1:name} "${2:title}" {\n  ${3:any event within 7 days}\n}',
    "value": "value ${1:name} = ${2:count of event within 30 days}",
    "lifecycle": "lifecycle ${1:stage} {\n  ${2:active} when ${3:condition}\n  ${4:others} otherwise\n}",
    "block": (
        'block ${1:name} {\n  when ${2:condition}\n    show "${3:name/some.html}"\n'
        '  otherwise\n    show "${4:name/all.html}"\n}'
    ),
    "score": (
        'score ${1:name} "${2:title}" {\n  predict ${3:any event within 30 days}\n'
        "  features auto\n  tiers high >= 0.6, low\n}"
    ),
    "cap": "cap ${1:name} { at most ${2:2} per ${3:7 days} }",
    "experiment": (
        'experiment ${1:name} "${2:title}" {\n  variants ${3:control} 50, ${4:other} 50\n'
        "  goal ${5:event} within 7 days\n}"
    ),
    "trigger": (
        "trigger ${1:name} {\n  when entering ${2:segment}\n  at most 1 per 7 days\n"
        '  emit { ${3:campaign}: "${4:name}" }\n}'
    ),
    "test": (
        'test "${1:title}" {\n  given profile { ${2:} }\n  at 2026-03-01 10:00 ${3:event} { ${4:} }\n'
        "  at +48:00 expect ${5:condition}\n}"
    ),
    "context": "context {\n  ${1:cart_total} ${2:number?}\n}",
    "settings": 'settings { timezone "${1:Europe/Berlin}" }',
}
"""Each declaration as a snippet, whose places an editor leads through."""

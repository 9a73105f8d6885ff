"""One branch of a block rendered from facts and items at hand: for tests and previews, never in a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dearly.content.budget import Budget
from dearly.content.rendering import Rendered
from dearly.content.serving import Serving, template_context
from dearly.evaluation import Facts
from dearly.language.program import Branch
from dearly.recommendation import Suggestion

_UNHURRIED = Budget(max_s=1.0)


def rehearse(
    serving: Serving,
    branch: Branch,
    facts: Facts,
    now_us: int,
    lists: Mapping[str, Sequence[Suggestion]],
) -> Rendered:
    """The branch's template for one customer, as a send would fill it.

    Raises:
        RenderBudgetExceeded: the output is too long, or takes over a second.
        MissingInTemplate: something is printed that is missing.
    """
    watch = serving.compiled.at(facts, now_us).watch()
    context = template_context(serving.reads[branch.template], facts, watch, lists)
    manner = serving.manner("", facts.profile)
    template = serving.templates[branch.template].in_locale(manner.locale)
    return template.render(context, _UNHURRIED, manner)

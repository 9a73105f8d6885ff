"""The types of expressions in templates: every node is known here, or it is refused."""

from __future__ import annotations

from collections.abc import Mapping

from jinja2 import nodes

from dearly.language.locales import PLURAL_CATEGORIES, plural_categories
from dearly.language.magnitudes import KEPT, calculated, either, leaves_the_doubles, rounded, written
from dearly.language.suggestions import nearest
from dearly.language.templates.filters import (
    FILTER_NAMES,
    FILTERS,
    PRESENCE_TESTS,
    TEST_NAMES,
    TESTS,
    Form,
    argument_problem,
    filter_hint,
)
from dearly.language.templates.presence import key_of, when_false, when_true
from dearly.language.templates.reading import Reading, read_clock, read_element, read_field, read_name
from dearly.language.templates.shapes import (
    UNKNOWN,
    CallContext,
    Customer,
    Loop,
    Scope,
    Shape,
    Typed,
    are_comparable,
    common,
    describe,
    is_condition,
    is_text,
)
from dearly.language.types import BOOL, MAX_MAGNITUDE, NUMBER, TEXT, TIME, SetOf

_DIVISION = "(... / ...)"
_LARGE = "(...)"
CALCULATED: Mapping[str, str] = {_DIVISION: "A division by 0", _LARGE: "A result beyond 1.8e308"}
"""What makes a calculation missing, by the spelling that stands for it in :attr:`Typed.missing`."""


def type_of(reading: Reading, node: nodes.Node, scope: Scope) -> Typed:
    """The shape of an expression; what is wrong with it is reported once, and is then of no known shape."""
    match node:
        case nodes.Const():
            return _constant(reading, node)
        case nodes.Name():
            return read_name(reading, node, scope)
        case nodes.Getattr():
            return read_field(reading, node, type_of(reading, node.node, scope), scope)
        case nodes.Getitem():
            return read_element(reading, node, type_of(reading, node.node, scope), scope)
        case nodes.Filter(node=nodes.Expr() as operand):
            return _filter(reading, node, operand, scope)
        case nodes.Test():
            return _test(reading, node, scope)
        case nodes.Compare():
            return _comparison(reading, node, scope)
        case nodes.And() | nodes.Or():
            return _both(reading, node, scope)
        case nodes.Not():
            return _negation(reading, node, scope)
        case nodes.CondExpr():
            return _choice(reading, node, scope)
        case nodes.Add() | nodes.Sub() | nodes.Mul() | nodes.Div():
            return _arithmetic(reading, node, scope)
        case nodes.Neg() | nodes.Pos():
            operand_type = type_of(reading, node.node, scope)
            return _number(reading, node, operand_type)
        case _:
            return _refused(reading, node)


def condition(reading: Reading, node: nodes.Node, scope: Scope) -> Typed:
    """An expression asked for by ``{% if %}``, ``and``, ``or`` or ``not``."""
    typed = type_of(reading, node, scope)
    if is_condition(typed.shape):
        return typed
    message = f"This is {describe(typed.shape)}, which is neither true nor false."
    return reading.report("template-type", message, node, hint="Ask for one of its fields.")


def _constant(reading: Reading, node: nodes.Const) -> Typed:
    match node.value:
        case bool():
            return Typed(BOOL)
        case int() | float() as number:
            if abs(number) <= MAX_MAGNITUDE:
                return Typed(NUMBER, magnitude=written(number))
            return reading.report("template-number", "Numbers go up to a million millions (1e12).", node)
        case str():
            return Typed(TEXT)
        case _:
            hint = "Write `is missing`, or a text in quotes."
            return reading.report("template-not-allowed", "There is no `none` in templates.", node, hint=hint)


# ------------------------------------------------------------ filters and tests


def _filter(reading: Reading, node: nodes.Filter, operand: nodes.Expr, scope: Scope) -> Typed:
    if node.name == "default":
        return _default(reading, node, operand, scope)
    form = FILTERS.get(node.name)
    if form is None:
        hint = filter_hint(node.name) or _offered("filter", node.name, FILTER_NAMES)
        message = f"Templates have no filter `{node.name}`."
        return reading.report("template-unknown-filter", message, node, node.name, hint)
    typed = _applied(reading, node, form, type_of(reading, operand, scope))
    if node.name in ("first", "last") and typed.shape is not None and not typed.missing:
        there = {f"{key_of(operand)}*", key_of(node)} & scope.present
        return Typed(typed.shape, "" if there else key_of(node))
    return typed


def _applied(reading: Reading, node: nodes.Filter | nodes.Test, form: Form, operand: Typed) -> Typed:
    if problem := argument_problem(form, node):
        return reading.report("template-argument", problem, node, node.name)
    if operand.shape is None:
        return UNKNOWN
    if not form.takes(operand.shape):
        message = f"`{node.name}` is for {form.of}; this is {describe(operand.shape)}."
        return reading.report("template-type", message, node, node.name)
    if node.name == "plural":
        _check_plural(reading, node)
    if operand.shape == TIME and node.name in ("date", "time"):
        read_clock(reading)
    magnitude = rounded(operand.magnitude) if node.name == "round" else KEPT
    return Typed(form.gives(operand.shape), operand.missing, magnitude)


def _check_plural(reading: Reading, node: nodes.Filter | nodes.Test) -> None:
    """Report the forms that the template's language does not have: none of them would ever be shown."""
    known = plural_categories(reading.locale)
    for form in node.kwargs:
        if isinstance(form, nodes.Keyword) and form.key not in known:
            forms = ", ".join(category for category in PLURAL_CATEGORIES if category in known)
            message = (
                f"No number takes the form `{form.key}` in the language of this template, {reading.locale}."
            )
            hint = f"Its forms are: {forms}."
            reading.report("template-argument", message, node, form.key, hint)


def _default(reading: Reading, node: nodes.Filter, operand: nodes.Expr, scope: Scope) -> Typed:
    typed = type_of(reading, operand, scope)
    also_empty = node.args[1] if len(node.args) == 2 else None
    if (
        not 1 <= len(node.args) <= 2
        or node.kwargs
        or node.dyn_args is not None
        or node.dyn_kwargs is not None
    ):
        return reading.report("template-argument", "`default` needs what to show instead.", node, node.name)
    if also_empty is not None and not (isinstance(also_empty, nodes.Const) and also_empty.value is True):
        message = "After what to show instead, `default` takes `true` (empty counts as missing) or nothing."
        return reading.report("template-argument", message, node, node.name)
    instead = type_of(reading, node.args[0], scope)
    if typed.shape is None or instead.shape is None:
        return UNKNOWN
    shape = common(typed.shape, instead.shape)
    if shape is None:
        message = f"This is {describe(typed.shape)}, but the default is {describe(instead.shape)}."
        return reading.report("template-type", message, node, node.name)
    missing = instead.missing if typed.missing or also_empty is not None else ""
    return Typed(shape, missing, either(typed.magnitude, instead.magnitude))


def _test(reading: Reading, node: nodes.Test, scope: Scope) -> Typed:
    operand = type_of(reading, node.node, scope)
    if node.name in PRESENCE_TESTS:
        if node.args or node.kwargs:
            return reading.report("template-argument", f"`{node.name}` takes no arguments.", node, node.name)
        if isinstance(operand.shape, Customer | CallContext | Loop):
            message = f"This is {describe(operand.shape)}: ask for one of its fields."
            return reading.report("template-type", message, node, node.name)
        return Typed(BOOL)
    form = TESTS.get(node.name)
    if form is None:
        hint = "Write `is missing`." if node.name == "none" else _offered("test", node.name, TEST_NAMES)
        message = f"Templates have no test `is {node.name}`."
        return reading.report("template-unknown-test", message, node, node.name, hint)
    return _applied(reading, node, form, operand)


def _offered(kind: str, name: str, names: frozenset[str]) -> str:
    near = nearest(name, names)
    return f"Did you mean `{near}`?" if near else f"The {kind}s are {', '.join(sorted(names))}."


# ------------------------------------------------------------ logic


def _both(reading: Reading, node: nodes.And | nodes.Or, scope: Scope) -> Typed:
    left = condition(reading, node.left, scope)
    proved = when_true(node.left) if isinstance(node, nodes.And) else when_false(node.left)
    right = condition(reading, node.right, scope.knowing(proved))
    return Typed(BOOL, _unknown_truth(left) or _unknown_truth(right))


def _negation(reading: Reading, node: nodes.Not, scope: Scope) -> Typed:
    operand = condition(reading, node.node, scope)
    if unknown := _unknown_truth(operand):
        _warn_of_negation(reading, node, unknown, f"{unknown} is present and not")
    return Typed(BOOL)


def _unknown_truth(typed: Typed) -> str:
    # A text, number or list that is missing is as false as an empty one; a bool that is missing is not known.
    return typed.missing if typed.shape == BOOL else ""


def _warn_of_negation(reading: Reading, node: nodes.Node, missing: str, guard: str) -> None:
    message = f"`{missing}` may be missing, and it is then not known whether this holds."
    hint = f"Say what should happen: `{guard} ...`."
    reading.report("template-missing-negated", message, node, hint=hint)


def _comparison(reading: Reading, node: nodes.Compare, scope: Scope) -> Typed:
    if len(node.ops) != 1:
        hint = "Write `a < b and b < c`."
        return reading.report("template-not-allowed", "Two things are compared at a time.", node, hint=hint)
    operator, other = node.ops[0].op, node.ops[0].expr
    left = type_of(reading, node.expr, scope)
    if operator in ("in", "notin"):
        right, fits = _choices(reading, other, scope, left.shape)
    else:
        right = type_of(reading, other, scope)
        fits = are_comparable(left.shape, right.shape) and (operator in ("eq", "ne") or left.shape != BOOL)
    if left.shape is None or right.shape is None:
        return UNKNOWN
    if not fits:
        message = f"{describe(left.shape)} and {describe(right.shape)} cannot be compared like this."
        return reading.report("template-type", message[0].upper() + message[1:], node)
    _check_stages(reading, left, other)
    _check_stages(reading, right, node.expr)
    missing = left.missing or right.missing
    if missing and operator in ("ne", "notin"):
        _warn_of_negation(reading, node, missing, f"{missing} is present and")
    return Typed(BOOL, missing)


def _check_stages(reading: Reading, lifecycle: Typed, compared: nodes.Expr) -> None:
    """Report the constants that a lifecycle is compared with and never is."""
    constants = compared.items if isinstance(compared, nodes.List | nodes.Tuple) else [compared]
    for constant in constants:
        if (
            not lifecycle.stages
            or not isinstance(constant, nodes.Const)
            or constant.value in lifecycle.stages
        ):
            continue
        near = nearest(constant.value, lifecycle.stages)
        hint = f'Did you mean "{near}"?' if near else f"Its stages are {', '.join(lifecycle.stages)}."
        message = "This is none of the lifecycle's stages."
        reading.report("template-unknown-stage", message, constant, constant.value, hint)


def _choices(reading: Reading, node: nodes.Expr, scope: Scope, element: Shape) -> tuple[Typed, bool]:
    """The right side of ``in``: a set, or constants in brackets; and whether such an element can be in it."""
    if isinstance(node, nodes.List | nodes.Tuple):
        if not node.items or not all(isinstance(item, nodes.Const) for item in node.items):
            message = "What stands in brackets after `in` are constants, at least one."
            return reading.report("template-not-allowed", message, node), False
        shapes = [type_of(reading, item, scope).shape for item in node.items]
        return Typed(shapes[0]), all(are_comparable(element, shape) for shape in shapes)
    typed = type_of(reading, node, scope)
    return typed, isinstance(typed.shape, SetOf) and are_comparable(element, typed.shape.element)


def _choice(reading: Reading, node: nodes.CondExpr, scope: Scope) -> Typed:
    condition(reading, node.test, scope)
    chosen = type_of(reading, node.expr1, scope.knowing(when_true(node.test)))
    if node.expr2 is None:
        message = "An `if` inside a value needs its `else`."
        return reading.report("template-not-allowed", message, node, hint='Write `... else ""`.')
    other = type_of(reading, node.expr2, scope.knowing(when_false(node.test)))
    if chosen.shape is None or other.shape is None:
        return UNKNOWN
    shape = common(chosen.shape, other.shape)
    if shape is None:
        message = f"The one is {describe(chosen.shape)}, the other {describe(other.shape)}."
        return reading.report("template-type", message, node)
    return Typed(shape, chosen.missing or other.missing, either(chosen.magnitude, other.magnitude))


# ------------------------------------------------------------ arithmetic


def _arithmetic(reading: Reading, node: nodes.BinExpr, scope: Scope) -> Typed:
    left, right = type_of(reading, node.left, scope), type_of(reading, node.right, scope)
    if is_text(left.shape) or is_text(right.shape):
        hint = "Write texts one after the other."
        return reading.report("template-type", f"`{node.operator}` is for numbers.", node, hint=hint)
    left, right = _number(reading, node, left), _number(reading, node, right)
    if left.shape is None or right.shape is None:
        return UNKNOWN
    magnitude = calculated(node.operator, left.magnitude, right.magnitude)  # type: ignore[arg-type]
    missing = left.missing or right.missing
    if not missing and _may_divide_by_zero(node):
        missing = _DIVISION
    elif not missing and leaves_the_doubles(magnitude):
        missing = _LARGE
    return Typed(NUMBER, missing, magnitude)


def _may_divide_by_zero(node: nodes.BinExpr) -> bool:
    return isinstance(node, nodes.Div) and not (isinstance(node.right, nodes.Const) and node.right.value != 0)


def _number(reading: Reading, node: nodes.BinExpr | nodes.UnaryExpr, operand: Typed) -> Typed:
    if operand.shape in (None, NUMBER):
        return operand
    message = f"`{node.operator}` is for numbers; this is {describe(operand.shape)}."
    return reading.report("template-type", message, node)


# ------------------------------------------------------------ refusals

_REFUSED: Mapping[type[nodes.Node], tuple[str, str | None]] = {
    nodes.Concat: ("Texts are not joined with `~`.", "Write them one after the other."),
    nodes.Mod: ("There is no `%` in templates.", "Write `number(2)` to format a number."),
    nodes.Pow: ("There is no `**` in templates.", "Name a value in the rules."),
    nodes.FloorDiv: ("There is no `//` in templates.", "Write `/` and `round`."),
    nodes.List: ("Lists are made by rules, not by templates.", "A list of constants may stand after `in`."),
    nodes.Tuple: ("Lists are made by rules, not by templates.", "A list of constants may stand after `in`."),
    nodes.Dict: ("Templates have no mappings.", None),
}


def _refused(reading: Reading, node: nodes.Node) -> Typed:
    if isinstance(node, nodes.Call):
        return _refused_call(reading, node)
    message, hint = _REFUSED.get(type(node), ("This is not allowed in a template.", None))
    return reading.report("template-not-allowed", message, node, hint=hint)


def _refused_call(reading: Reading, node: nodes.Call) -> Typed:
    called = node.node
    name = called.attr if isinstance(called, nodes.Getattr) else getattr(called, "name", "")
    hint = f"Write `| {name}`." if name in FILTER_NAMES else "Use a filter, or name a value in the rules."
    what = f"`{name}(...)`" if name else "anything"
    return reading.report("template-not-allowed", f"A template cannot call {what}.", called, str(name), hint)

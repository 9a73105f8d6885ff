"""Names that refer to names: an order, each after all it refers to, and the cycles that forbid one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

Graph: TypeAlias = Mapping[str, Sequence[str]]
"""Each name with the names it refers to, all of which are keys too."""


def components(graph: Graph) -> list[list[str]]:
    """The strongly connected components, sorted inside, each after all components it refers to.

    A component of one name that does not refer to itself is no cycle. The order depends on the names alone,
    not on the order of the mapping. Linear, and without recursion (Kosaraju's and Sharir's two walks).
    """
    placed: set[str] = set()
    backwards = _reversed(graph)
    roots = reversed(_postorder(graph, sorted(graph), set()))
    found = [sorted(_postorder(backwards, [root], placed)) for root in roots if root not in placed]
    return found[::-1]


def _postorder(graph: Graph, roots: Iterable[str], seen: set[str]) -> list[str]:
    """The names reachable from the roots and not yet seen, each after what it refers to (cycles apart)."""
    order: list[str] = []
    for root in roots:
        if root in seen:
            continue
        seen.add(root)
        path = [(root, iter(sorted(graph[root])))]
        while path:
            name, following = path[-1]
            for other in following:
                if other not in seen:
                    seen.add(other)
                    path.append((other, iter(sorted(graph[other]))))
                    break
            else:
                order.append(name)
                path.pop()
    return order


def _reversed(graph: Graph) -> dict[str, list[str]]:
    backwards: dict[str, list[str]] = {name: [] for name in graph}
    for name, others in graph.items():
        for other in others:
            backwards[other].append(name)
    return backwards


def is_cycle(component: Sequence[str], graph: Graph) -> bool:
    """Whether the names of this component refer to themselves, at once or by way of others."""
    return len(component) > 1 or component[0] in graph[component[0]]


def cycle_path(component: Sequence[str], graph: Graph) -> list[str]:
    """A shortest way from the component's first name back to itself: ``[a, b, a]``."""
    start = component[0]
    members = set(component)
    came_from: dict[str, str] = {}
    waiting = deque([start])
    while waiting:
        name = waiting.popleft()
        for other in sorted(graph[name]):
            if other == start:
                return _retrace(start, name, came_from)
            if other in members and other not in came_from:
                came_from[other] = name
                waiting.append(other)
    raise ValueError(f"{start} is in no cycle of {sorted(members)}")


def _retrace(start: str, last: str, came_from: Mapping[str, str]) -> list[str]:
    path = [start]
    while last != start:
        path.append(last)
        last = came_from[last]
    path.append(start)
    return path[::-1]

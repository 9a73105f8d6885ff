"""Orders and cycles of names that refer to names."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dearly.language.checking.cycles import components, cycle_path, is_cycle


def test_each_name_comes_after_all_it_refers_to() -> None:
    graph = {"a": ["b", "c"], "b": ["c"], "c": [], "d": ["a"]}

    assert components(graph) == [["c"], ["b"], ["a"], ["d"]]


def test_the_order_does_not_depend_on_the_order_of_the_names() -> None:
    graph = {"a": ["c", "b"], "b": [], "c": [], "d": []}
    shuffled = {"d": [], "c": [], "b": [], "a": ["b", "c"]}

    assert components(graph) == components(shuffled)


def test_names_in_a_circle_are_one_component_with_a_path() -> None:
    graph = {"a": ["b"], "b": ["c"], "c": ["a", "d"], "d": []}

    found = components(graph)

    assert found == [["d"], ["a", "b", "c"]]
    assert is_cycle(found[1], graph)
    assert cycle_path(found[1], graph) == ["a", "b", "c", "a"]


def test_the_path_of_a_cycle_is_a_shortest_one() -> None:
    graph = {"a": ["b", "c"], "b": ["c"], "c": ["a"]}

    assert cycle_path(["a", "b", "c"], graph) == ["a", "c", "a"]


def test_a_name_that_refers_to_itself_is_a_cycle_and_one_that_does_not_is_none() -> None:
    graph = {"a": ["a"], "b": []}

    assert is_cycle(["a"], graph)
    assert cycle_path(["a"], graph) == ["a", "a"]
    assert not is_cycle(["b"], graph)


def test_no_path_is_invented_where_there_is_no_cycle() -> None:
    with pytest.raises(ValueError, match="is in no cycle"):
        cycle_path(["a"], {"a": []})


def test_a_chain_of_a_hundred_thousand_needs_no_recursion() -> None:
    graph = {f"n{i}": [f"n{i + 1}"] for i in range(100_000)} | {"n100000": []}

    assert components(graph)[0] == ["n100000"]


_GRAPHS = st.integers(1, 7).flatmap(
    lambda size: st.fixed_dictionaries(
        {f"n{i}": st.lists(st.sampled_from([f"n{j}" for j in range(size)]), max_size=4) for i in range(size)}
    )
)


@given(_GRAPHS)
@settings(max_examples=200, deadline=None)
def test_names_are_in_one_component_exactly_when_each_reaches_the_other(graph: dict[str, list[str]]) -> None:
    found = components(graph)
    place = {name: index for index, component in enumerate(found) for name in component}
    reach = {name: _reachable(name, graph) for name in graph}

    assert sorted(place) == sorted(graph)
    for one, references in graph.items():
        for other in graph:
            together = one == other or (other in reach[one] and one in reach[other])
            assert (place[one] == place[other]) == together
        assert all(place[other] <= place[one] for other in references)


def _reachable(start: str, graph: dict[str, list[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        for other in graph[waiting.pop()]:
            if other not in reached:
                reached.add(other)
                waiting.append(other)
    return reached

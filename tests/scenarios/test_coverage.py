"""What tests have seen of a package."""

from __future__ import annotations

from dearly.scenarios import Coverage, coverage_of, prepare_rehearsal, run_scenario
from tests.scenarios.rehearsals import BLOCKS, program_of


def coverage(tests: str) -> Coverage:
    program = program_of(BLOCKS + tests)
    rehearsal = prepare_rehearsal(program)
    return coverage_of(program, [run_scenario(rehearsal, one) for one in program.scenarios])


def unseen(found: Coverage) -> list[str]:
    measures = (found.segments, found.stages, found.branches, found.templates)
    return [one.what for measure in measures for one in measure.unseen]


def test_without_tests_nothing_is_seen() -> None:
    found = coverage("")

    assert (found.segments.seen, found.segments.of) == (0, 2)
    assert (found.branches.seen, found.branches.of, found.branches.percent) == (0, 3, 0.0)


def test_a_segment_is_seen_once_somebody_in_and_somebody_outside_was() -> None:
    inside = 'test "in" { at 2026-03-01 10:00 ordered { total: 1 } at +0:00 expect buyers }'
    outside = 'test "out" { at 2026-03-01 10:00 expect not buyers }'

    assert "segment buyers: nobody was seen" in unseen(coverage(""))
    assert "segment buyers: nobody outside was seen" in unseen(coverage(inside))
    assert "segment buyers: no member was seen" in unseen(coverage(outside))
    assert not any("buyers" in one for one in unseen(coverage(inside + outside)))


def test_what_is_not_asked_about_is_not_seen() -> None:
    found = coverage('test "t" { at 2026-03-01 10:00 ordered { total: 1 } at +0:00 expect points == 5 }')

    assert found.segments.seen == found.stages.seen == 0


def test_a_block_has_seen_the_branch_its_template_and_what_was_asked_on_the_way() -> None:
    found = coverage('test "t" { at 2026-03-01 10:00 expect hero shows "hero/plain.html" }')

    assert found.branches.seen == found.templates.seen == 1
    assert unseen(found)[:2] == ["segment left_behind: no member was seen", "segment buyers: nobody was seen"]


def test_everything_can_be_seen() -> None:
    found = coverage("""
      test "all" {
        given context { cart_total: 200 }
        at 2026-03-01 10:00 expect hero shows "hero/large.html", stage is guest, not buyers
        at 2026-03-01 10:00 added { product_id: "X" }
        at +48:00 expect hero shows "hero/cart.html"
        at +49:00 ordered { total: 1 }
        at +49:00 expect buyers, stage is customer
      }
      test "plain" { at 2026-03-01 10:00 expect hero contains "Hello" }
    """)

    assert unseen(found) == []
    assert found.branches.percent == found.templates.percent == 100.0

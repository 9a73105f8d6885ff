"""A server that serves what a branch names: commits in a repository, while it runs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import grpc
import pytest

from dearly.language.package import MAX_FILES
from dearly.language.revisions import Revision
from dearly.language.syntax.source import MAX_FILE_BYTES
from dearly.server import RulesRefused
from dearly.server.rules_keeper import RulesKeeper
from dearly.v1 import rules_pb2, rules_pb2_grpc
from tests.repositories import Repository, new_repository
from tests.server.conftest import NOW_US, Log, OpenShop
from tests.server.requests import render
from tests.server.shop import write_rules
from tests.server.waiting import until
from tests.serving import server_process
from tests.waiting import wait_until

GREETING = "rules/templates/hero/plain.html"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """The shop's rules, committed on main in a folder `rules`."""
    repository = new_repository(tmp_path / "shop")
    write_rules(repository.path / "rules")
    repository.commit({})
    return repository


def main(repository: Repository) -> Revision:
    return Revision(repository.path / "rules", "main")


def looks(keeper: RulesKeeper) -> bool:
    """Two looks, as a change takes; whether other rules serve."""
    return [keeper.look(NOW_US), keeper.look(NOW_US)][-1]


async def test_a_commit_serves_without_a_restart_and_what_is_not_committed_does_not(
    open_shop: OpenShop, repository: Repository
) -> None:
    async with open_shop(rules=main(repository)) as shop:
        (repository.path / GREETING).write_text("<p>Not yet.</p>")
        first = await shop.client.rules.GetRules(rules_pb2.GetRulesRequest())

        commit = repository.commit({GREETING: "<p>Welcome back.</p>"})
        await until(lambda: shop.running.application.rules.commit == commit)

        reply = await shop.client.content.RenderContent(render("stranger"))
        told = await shop.client.rules.GetRules(rules_pb2.GetRulesRequest())
    assert first.commit == repository.git("rev-parse", "HEAD~1")
    assert reply.blocks[0].html == "<p>Welcome back.</p>"
    assert (told.commit, told.version) == (commit, reply.rules_version)
    assert told.version != first.version


async def test_a_broken_commit_is_told_by_its_id_while_the_last_good_one_serves(
    open_shop: OpenShop, repository: Repository, log: Log
) -> None:
    good = repository.git("rev-parse", "HEAD")
    async with open_shop(rules=main(repository)) as shop:
        broken = repository.commit({"rules/segments.rules": 'segment lost { contry == "NL" }'})
        await until(lambda: shop.running.application.rules.rejected is not None)
        told = await shop.client.rules.GetRules(rules_pb2.GetRulesRequest())
        repository.git("revert", "--no-edit", "HEAD")
        mended = repository.git("rev-parse", "HEAD")
        await until(lambda: shop.running.application.rules.commit == mended)
        after = await shop.client.rules.GetRules(rules_pb2.GetRulesRequest())
    assert told.commit == good
    assert told.rejected.commit == broken
    assert "segments.rules" in {found.file for found in told.rejected.diagnostics}
    assert (after.commit, after.version) == (mended, told.version)
    assert not after.HasField("rejected")
    (rejected,) = log.lines("rules_rejected")
    assert rejected["commit"] == broken


def test_a_commit_of_other_files_changes_the_commit_that_is_told_and_nothing_else(
    repository: Repository,
) -> None:
    keeper = RulesKeeper(main(repository), NOW_US)
    serving = keeper.served.serving
    commit = repository.commit({"README.md": "A shop."})
    assert not looks(keeper)
    assert keeper.served.serving is serving
    assert keeper.served.commit == commit


def test_a_look_reads_no_files_while_the_branch_names_the_same_commit(
    repository: Repository,
) -> None:
    keeper = RulesKeeper(main(repository), NOW_US)
    served = keeper.served
    (repository.path / GREETING).write_text("<p>Not committed.</p>")
    assert not looks(keeper)
    assert keeper.served is served


def test_a_server_does_not_start_on_a_broken_commit(repository: Repository) -> None:
    repository.commit({"rules/segments.rules": "segment {"})
    with pytest.raises(RulesRefused, match="rules@main have errors"):
        RulesKeeper(main(repository), NOW_US)


def test_a_server_of_its_own_swaps_on_a_commit_and_says_which(repository: Repository, tmp_path: Path) -> None:
    rules = f"{repository.path}/rules@main"
    with server_process(tmp_path, Path(rules)) as server, grpc.insecure_channel(server.address) as channel:
        service = rules_pb2_grpc.RulesServiceStub(channel)
        before = service.GetRules(rules_pb2.GetRulesRequest())
        commit = repository.commit({GREETING: "<p>Welcome back.</p>"})
        wait_until(lambda: service.GetRules(rules_pb2.GetRulesRequest()).commit == commit)
        after = service.GetRules(rules_pb2.GetRulesRequest())
        server.process.terminate()  # its log is whole once it has ended by itself
        assert server.process.wait(timeout=60) == 0
    lines = map(json.loads, server.log.read_text().splitlines())
    changed = [line for line in lines if line["event"] == "rules_changed"]
    assert after.version != before.version
    assert [(line["commit_before"], line["commit"]) for line in changed] == [(before.commit, commit)]


# ------------------------------------------------------------------------------------------------- attacks


def link(repository: Repository, path: str, target: str) -> None:
    (repository.path / path).unlink(missing_ok=True)
    (repository.path / path).symlink_to(target)
    repository.commit({})


def filter_by_attributes(repository: Repository) -> None:
    """A filter that runs a command at checkout, and one that would change what is read."""
    repository.git("config", "filter.own.smudge", f"touch {repository.path}/HOOK_RAN")
    repository.git("config", "filter.own.clean", "cat")
    repository.git("config", "core.hooksPath", str(repository.path / "hooks"))
    repository.commit(
        {
            ".gitattributes": "* filter=own\n",
            GREETING: "<p>Filtered.</p>",
            "hooks/post-checkout": "#!/bin/sh\n",
        }
    )
    (repository.path / "HOOK_RAN").unlink(missing_ok=True)


def add_submodule(repository: Repository) -> None:
    """A submodule whose address is a command."""
    head = repository.git("rev-parse", "HEAD")
    module = f'[submodule "own"]\n\tpath = own\n\turl = ext::sh -c touch% {repository.path}/HOOK_RAN\n'
    (repository.path / ".gitmodules").write_text(module)
    repository.git("add", ".gitmodules")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{head},own")
    repository.git("commit", "-q", "-m", "a submodule")


def remove_rules(repository: Repository) -> None:
    repository.git("rm", "-rqf", "rules")
    repository.commit({})


REFUSED: Mapping[str, Callable[[Repository], object]] = {
    "symlink_rules": lambda it: link(it, "rules/segments.rules", "/etc/passwd"),
    "symlink_template": lambda it: link(it, GREETING, "../../../../.git/config"),
    "symlink_folder": lambda it: link(it, "rules/more", "/etc"),
    "many_files": lambda it: it.commit({f"rules/{number}.rules": "" for number in range(MAX_FILES + 1)}),
    "big_file": lambda it: it.commit({"rules/big.rules": bytes(MAX_FILE_BYTES + 1)}),
    "broken": lambda it: it.commit({"rules/segments.rules": "segment {"}),
    "no_rules_dir": remove_rules,
}  # fmt: skip


@pytest.mark.parametrize("attack", REFUSED)
def test_a_hostile_commit_is_refused_while_the_last_good_one_serves(
    repository: Repository, attack: str
) -> None:
    good = repository.git("rev-parse", "HEAD")
    keeper = RulesKeeper(main(repository), NOW_US)
    version = keeper.served.serving.program.version

    REFUSED[attack](repository)
    looks(keeper)

    rejected = keeper.served.rejected
    assert rejected is not None
    assert rejected.commit == repository.git("rev-parse", "HEAD") != good
    assert keeper.served.commit == good
    told = "".join(f"{found.message} {found.hint}" for found in rejected.diagnostics)
    assert "root:" not in told
    assert "repositoryformatversion" not in told
    repository.git("reset", "-q", "--hard", good)  # back to good
    looks(keeper)
    assert keeper.served.rejected is None
    assert keeper.served.serving.program.version == version


@pytest.mark.parametrize(
    ("attack", "limit"), [("many_files", "2,000 files"), ("big_file", "1,048,576 bytes")]
)
def test_the_limit_that_a_commit_breaks_is_named(repository: Repository, attack: str, limit: str) -> None:
    keeper = RulesKeeper(main(repository), NOW_US)
    REFUSED[attack](repository)
    looks(keeper)
    assert keeper.served.rejected is not None
    assert limit in keeper.served.rejected.diagnostics[0].message


@pytest.mark.parametrize(
    "attack", [filter_by_attributes, add_submodule], ids=["gitattributes_filter", "submodule_ext"]
)
def test_nothing_that_a_commit_names_is_run(
    repository: Repository, attack: Callable[[Repository], None]
) -> None:
    keeper = RulesKeeper(main(repository), NOW_US)
    attack(repository)
    looks(keeper)
    assert not (repository.path / "HOOK_RAN").exists()
    assert keeper.served.rejected is None
    assert keeper.served.commit == repository.git("rev-parse", "HEAD")


@pytest.mark.parametrize("attack", ["fifo_untracked"])
def test_what_is_not_committed_is_not_looked_at(repository: Repository, attack: str) -> None:
    os.mkfifo(repository.path / "rules/pipe.rules")
    keeper = RulesKeeper(main(repository), NOW_US)
    assert not looks(keeper)
    assert keeper.served.rejected is None


@pytest.mark.parametrize("attack", ["force_pushed"])
def test_a_branch_that_moves_to_another_history_serves_that_and_the_log_names_both_commits(
    repository: Repository, log: Log, attack: str
) -> None:
    before = repository.commit({GREETING: "<p>Before.</p>"})
    keeper = RulesKeeper(main(repository), NOW_US)
    repository.git("reset", "-q", "--hard", "HEAD~1")
    after = repository.commit({GREETING: "<p>After.</p>"})
    assert looks(keeper)
    (changed,) = log.lines("rules_changed")
    assert (changed["commit_before"], changed["commit"]) == (before, after)


def test_a_repository_that_is_deleted_leaves_the_last_good_commit_serving(repository: Repository) -> None:
    keeper = RulesKeeper(main(repository), NOW_US)
    served = keeper.served
    repository.path.rename(repository.path.with_name("away"))
    looks(keeper)
    rejected = keeper.served.rejected
    assert keeper.served.serving is served.serving
    assert rejected is not None
    assert "lies in no git repository" in rejected.diagnostics[0].message
    repository.path.with_name("away").rename(repository.path)
    looks(keeper)
    assert keeper.served.rejected is None

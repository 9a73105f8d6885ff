"""The language server as an editor sees it: a real client over standard input and output."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_lsp
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pytest_lsp import LanguageClient

from dearly import __version__
from tests.cli.editing import SERVER, Workspace, capabilities
from tests.editor.shop import FILES, RULES, SCHEMA

pytestmark = pytest.mark.asyncio(loop_scope="module")

CART = "templates/hero/cart.html"


@pytest_lsp.fixture(config=SERVER, scope="module")
async def client(lsp_client: LanguageClient) -> AsyncIterator[None]:
    """One server for all tests: each has a directory of its own."""
    await lsp_client.initialize_session(types.InitializeParams(capabilities=capabilities()))
    yield
    await lsp_client.shutdown_session()


@pytest.fixture
def shop(client: LanguageClient, tmp_path: Path) -> Workspace:
    """The small shop's package, on disk."""
    workspace = Workspace(client, tmp_path / "shop", {}, {})
    workspace.write(FILES)
    return workspace


# ------------------------------------------------------------------------------------------------- findings


async def test_findings_come_as_one_types_and_go_once_mended(shop: Workspace) -> None:
    shop.open("shop.rules")
    await shop.codes("shop.rules")
    shop.change("shop.rules", RULES.replace("no ordered", "no orderd"))
    (found,) = await shop.codes("shop.rules", "unknown-event")
    assert found.message == "There is no event `orderd`.\nDid you mean `ordered`?"
    assert (found.severity, found.source) == (types.DiagnosticSeverity.Error, "dearly")
    assert shop.under("shop.rules", found.range) == "orderd"
    shop.change("shop.rules", RULES)
    await shop.codes("shop.rules")


async def test_a_finding_in_another_file_is_shown_there_even_if_it_is_not_open(shop: Workspace) -> None:
    shop.open("schema.rules")
    shop.change("schema.rules", SCHEMA.replace("country text?", "land text?"))
    await shop.codes("shop.rules", "unknown-name")
    shop.change("schema.rules", SCHEMA.replace("first_name text?", "name text?"))
    await shop.codes("shop.rules", "unknown-name")
    await shop.codes(CART, "template-unknown-field")
    await shop.codes("templates/hero/cart.de.html", "template-unknown-field")
    shop.change("schema.rules", SCHEMA)
    for path in ("shop.rules", CART, "templates/hero/cart.de.html"):
        await shop.codes(path)


async def test_a_template_is_checked_with_the_rules_that_show_it(shop: Workspace) -> None:
    shop.open(CART)
    shop.change(CART, FILES[CART].replace("item.title", "item.titel"))
    (found,) = await shop.codes(CART, "template-unknown-field")
    assert shop.under(CART, found.range) == "titel"


async def test_what_is_not_saved_counts_until_it_is_closed(shop: Workspace) -> None:
    shop.open("shop.rules", RULES.replace("no ordered", "no orderd"))
    await shop.codes("shop.rules", "unknown-event")
    shop.close("shop.rules")
    await shop.codes("shop.rules")


async def test_what_is_saved_or_changed_outside_of_the_editor_is_read_again(shop: Workspace) -> None:
    shop.open("shop.rules")
    await shop.codes("shop.rules")
    shop.write({"schema.rules": SCHEMA.replace("country text?", "land text?")})
    event = types.FileEvent(shop.uri("schema.rules"), types.FileChangeType.Changed)
    shop.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))
    await shop.codes("shop.rules", "unknown-name")
    shop.write({"schema.rules": SCHEMA})
    shop.save("shop.rules")
    await shop.codes("shop.rules")


async def test_two_packages_know_nothing_of_each_other(shop: Workspace, tmp_path: Path) -> None:
    other = Workspace(shop.client, tmp_path / "other", {}, {})
    other.write({"a.rules": "segment only_here { any never_declared }\n", "templates/x.html": ""})
    shop.open("shop.rules")
    other.open("a.rules")
    await shop.codes("shop.rules")
    await other.codes("a.rules", "unknown-event")
    shop.change("shop.rules", RULES.replace("country ==", "only_here and country =="))
    await shop.codes("shop.rules", "unknown-name")


async def test_the_package_is_where_the_settings_say(shop: Workspace, tmp_path: Path) -> None:
    site = Workspace(shop.client, tmp_path / "site", {}, {})
    site.write({"dearly.toml": 'rules = "mail/rules"\n', "templates/page.html": "{{ not_ours }}"})
    site.write(
        {"mail/rules/one/a.rules": "event e { x text }\n", "mail/rules/two/b.rules": "segment s { any f }\n"}
    )
    site.open("mail/rules/one/a.rules")
    (found,) = await site.codes("mail/rules/two/b.rules", "unknown-event")
    assert "no event `f`" in found.message


async def test_a_file_that_is_no_part_of_a_package_is_left_alone(shop: Workspace) -> None:
    shop.write({"notes.txt": "segment", ".hidden/a.rules": "segment"})
    shop.open("notes.txt")
    shop.open(".hidden/a.rules")
    shop.open("shop.rules", RULES.replace("no ordered", "no orderd"))
    await shop.codes("shop.rules", "unknown-event")
    assert shop.client.diagnostics.get(shop.uri("notes.txt")) is None
    assert shop.client.diagnostics.get(shop.uri(".hidden/a.rules")) is None
    params = types.HoverParams(shop.document("notes.txt"), types.Position(0, 1))
    assert await shop.client.text_document_hover_async(params) is None


async def test_a_directory_that_cannot_be_read_is_said_and_what_is_open_is_checked(shop: Workspace) -> None:
    (shop.root / "linked").symlink_to("/")
    said = len(shop.client.messages)
    shop.open("shop.rules", "segment a { any nothing }\n")
    await shop.codes("shop.rules", "unknown-event")
    assert "is a link to a folder" in shop.client.messages[said].message


async def test_what_is_wrong_with_the_package_as_a_whole_is_shown_at_what_is_open(shop: Workspace) -> None:
    empty = Workspace(shop.client, shop.root.parent / "empty", {}, {})
    empty.write({"a.rules": "", "templates/x.txt": ""})
    empty.open("a.rules")
    (found,) = await empty.codes("a.rules", "empty-package")
    assert found.range.start == types.Position(0, 0)


async def test_hostile_text_does_not_end_the_server(shop: Workspace) -> None:
    shop.open("shop.rules")
    for text in (
        "(" * 200_000,
        "segment a { " + "not " * 20_000,
        '"' * 100_000,
        "\ud800 segment",
        "\0",
        "x" * (1 << 20),
    ):
        shop.change("shop.rules", text)
        await shop.findings(
            "shop.rules", lambda found: any(one.severity == types.DiagnosticSeverity.Error for one in found)
        )
        params = types.CompletionParams(shop.document("shop.rules"), types.Position(0, 5))
        await shop.client.text_document_completion_async(params)
    shop.change("shop.rules", RULES)
    await shop.codes("shop.rules")


async def test_of_many_edits_the_newest_counts(shop: Workspace) -> None:
    shop.open("shop.rules")
    for number in range(30):
        shop.change("shop.rules", RULES.replace("no ordered", f"no orderd_{number}"))
    (found,) = await shop.findings(
        "shop.rules", lambda found: any("orderd_29" in one.message for one in found)
    )
    assert found.code == "unknown-event"


# ------------------------------------------------------------------------------------------------ positions


EMOJI = 'segment a "😋 e\u0301 a\u0308" { any viewed and no orderd }\n'


@pytest.mark.parametrize("end", ["\n", "\r\n"])
async def test_places_after_an_emoji_are_where_the_editor_counts_them(shop: Workspace, end: str) -> None:
    text = f"# 😋{end}{EMOJI}".replace("}\n", f"}}{end}")
    shop.open("more.rules", text)
    (found,) = await shop.codes("more.rules", "unknown-event")
    assert shop.under("more.rules", found.range) == "orderd"
    at = types.DefinitionParams(shop.document("more.rules"), shop.position("more.rules", "any vie|wed"))
    (where,) = await shop.client.text_document_definition_async(at)
    assert (where.uri, where.range.start.line) == (shop.uri("schema.rules"), 11)


async def test_a_byte_order_mark_moves_nothing(shop: Workspace) -> None:
    shop.open("more.rules", "\ufeffsegment a { any orderd }")
    (found,) = await shop.codes("more.rules", "unknown-event")
    assert shop.under("more.rules", found.range) == "orderd"


@pytest.mark.parametrize(
    ("kind", "encoding"),
    [(types.PositionEncodingKind.Utf8, "utf-8"), (types.PositionEncodingKind.Utf32, "utf-32-le")],
)
async def test_a_client_may_count_in_another_encoding(
    tmp_path: Path, kind: types.PositionEncodingKind, encoding: str
) -> None:
    client = await SERVER.start()
    try:
        result = await client.initialize_session(types.InitializeParams(capabilities=capabilities(kind)))
        assert result.capabilities.position_encoding == kind
        shop = Workspace(client, tmp_path, {}, {}, encoding)
        shop.write(FILES)
        shop.open("more.rules", EMOJI)
        (found,) = await shop.codes("more.rules", "unknown-event")
        assert shop.under("more.rules", found.range) == "orderd"
        await client.shutdown_session()
    finally:
        await client.stop()


# ------------------------------------------------------------------------------------------------- requests


async def test_hover_tells_type_and_missingness(shop: Workspace) -> None:
    shop.open("shop.rules")
    params = types.HoverParams(shop.document("shop.rules"), shop.position("shop.rules", "value last|_seen"))
    found = await shop.client.text_document_hover_async(params)
    assert found is not None
    assert isinstance(found.contents, types.MarkupContent)
    assert "Type `product`; it may be missing." in found.contents.value
    assert found.range is not None
    assert shop.under("shop.rules", found.range) == "last_seen"


async def test_completion_offers_what_fits_while_the_text_is_broken(shop: Workspace) -> None:
    text = f"{RULES}segment a {{ any vie"
    shop.open("shop.rules", text)
    params = types.CompletionParams(shop.document("shop.rules"), shop.position("shop.rules", "a { any vie|"))
    found = await shop.client.text_document_completion_async(params)
    assert isinstance(found, types.CompletionList)
    items = {item.label: item for item in found.items}
    assert {"viewed", "ordered"} <= items.keys()
    assert "country" not in items
    edit = items["viewed"].text_edit
    assert isinstance(edit, types.TextEdit)
    assert shop.edited("shop.rules", [edit]).endswith("segment a { any viewed")


async def test_a_snippet_is_one_where_the_client_takes_them(shop: Workspace) -> None:
    shop.open("shop.rules", f"{RULES}\nseg")
    params = types.CompletionParams(shop.document("shop.rules"), shop.position("shop.rules", "\nseg|"))
    found = await shop.client.text_document_completion_async(params)
    assert isinstance(found, types.CompletionList)
    (segment,) = [item for item in found.items if item.label == "segment"]
    assert segment.insert_text_format == types.InsertTextFormat.Snippet


async def test_completion_in_a_template_knows_the_list_s_items(shop: Workspace) -> None:
    shop.open(CART, FILES[CART].replace("item.title", "item."))
    params = types.CompletionParams(shop.document(CART), shop.position(CART, "{{ item.| }}"))
    found = await shop.client.text_document_completion_async(params)
    assert isinstance(found, types.CompletionList)
    assert {"title", "price", "category", "id"} == {item.label for item in found.items}


async def test_a_name_in_a_template_leads_to_its_declaration(shop: Workspace) -> None:
    shop.open(CART)
    at = types.DefinitionParams(shop.document(CART), shop.position(CART, "{{ spe|nt"))
    (found,) = await shop.client.text_document_definition_async(at)
    assert found.uri == shop.uri("shop.rules")
    assert RULES.split("\n")[found.range.start.line].startswith("value spent")


@pytest.mark.parametrize(("declaration", "count"), [(True, 4), (False, 3)])
async def test_references_are_found_in_rules_and_templates(
    shop: Workspace, declaration: bool, count: int
) -> None:
    shop.open("schema.rules")
    position = shop.position("schema.rules", "first|_name")
    context = types.ReferenceContext(include_declaration=declaration)
    params = types.ReferenceParams(context, shop.document("schema.rules"), position)
    found = await shop.client.text_document_references_async(params)
    assert found is not None
    assert len(found) == count
    assert shop.uri("templates/hero/cart.de.html") in [one.uri for one in found]


async def test_uses_in_the_same_file_are_highlighted(shop: Workspace) -> None:
    shop.open("shop.rules")
    position = shop.position("shop.rules", "segment hesi|tant")
    params = types.DocumentHighlightParams(shop.document("shop.rules"), position)
    found = await shop.client.text_document_document_highlight_async(params)
    assert found is not None
    assert [shop.under("shop.rules", one.range) for one in found] == ["hesitant"] * 4


async def test_rename_goes_through_rules_templates_and_what_is_not_saved(shop: Workspace) -> None:
    shop.open("schema.rules")
    shop.open("shop.rules", RULES.replace("country ==", 'first_name == "A" or country =='))
    shop.open(CART, f"<!-- 😋 -->{FILES[CART]}")
    position = shop.position("schema.rules", "first|_name")
    asked = types.PrepareRenameParams(shop.document("schema.rules"), position)
    prepared = await shop.client.text_document_prepare_rename_async(asked)
    assert isinstance(prepared, types.PrepareRenamePlaceholder)
    assert prepared.placeholder == "first_name"
    params = types.RenameParams(shop.document("schema.rules"), position, "given_name")
    found = await shop.client.text_document_rename_async(params)
    assert found is not None
    assert found.changes is not None
    assert {uri.rpartition("/shop/")[2] for uri in found.changes} == {
        "schema.rules",
        "shop.rules",
        CART,
        "templates/hero/cart.de.html",
    }
    for path in ("schema.rules", "shop.rules", CART):
        text = shop.edited(path, found.changes[shop.uri(path)])
        assert text == shop.texts[path].replace("first_name", "given_name")


@pytest.mark.parametrize(
    ("marked", "name", "told"),
    [("segment hesi|tant", "spent", "value `spent` already"), ("segment hesi|tant", "No", "is no name")],
)
async def test_a_rename_that_cannot_be_is_refused_with_a_sentence(
    shop: Workspace, marked: str, name: str, told: str
) -> None:
    shop.open("shop.rules")
    params = types.RenameParams(shop.document("shop.rules"), shop.position("shop.rules", marked), name)
    with pytest.raises(JsonRpcException, match=told):
        await shop.client.text_document_rename_async(params)


async def test_where_there_is_no_name_a_rename_is_refused_before_it_begins(shop: Workspace) -> None:
    shop.open("shop.rules")
    position = shop.position("shop.rules", "# Who lo|oks")
    with pytest.raises(JsonRpcException, match="no name here"):
        await shop.client.text_document_prepare_rename_async(
            types.PrepareRenameParams(shop.document("shop.rules"), position)
        )


async def test_the_outline_shows_declarations_and_their_parts(shop: Workspace) -> None:
    shop.open("shop.rules")
    params = types.DocumentSymbolParams(shop.document("shop.rules"))
    found = await shop.client.text_document_document_symbol_async(params)
    assert found is not None
    symbols = {one.name: one for one in found if isinstance(one, types.DocumentSymbol)}
    assert symbols["stage"].kind == types.SymbolKind.Enum
    assert [child.name for child in symbols["stage"].children or ()] == ["buyer", "guest"]
    assert shop.under("shop.rules", symbols["hero"].selection_range) == "hero"


async def test_names_of_the_workspace_are_found(shop: Workspace) -> None:
    shop.open("shop.rules", f"{RULES}segment quite_unlike_others {{ any ordered }}\n")
    params = types.WorkspaceSymbolParams("quite_unlike")
    (found,) = await shop.client.workspace_symbol_async(params) or ()
    assert (found.name, found.location.uri) == ("quite_unlike_others", shop.uri("shop.rules"))


async def test_formatting_lays_the_whole_document_out(shop: Workspace) -> None:
    shop.open("shop.rules", "segment   a{any ordered}\n# kept\n")
    options = types.FormattingOptions(tab_size=2, insert_spaces=True)
    params = types.DocumentFormattingParams(shop.document("shop.rules"), options)
    edits = await shop.client.text_document_formatting_async(params)
    assert edits
    text = shop.edited("shop.rules", edits)
    assert text == "segment a { any ordered }\n# kept\n"
    shop.change("shop.rules", text)
    assert await shop.client.text_document_formatting_async(params) == ()


async def test_what_cannot_be_read_is_not_formatted(shop: Workspace) -> None:
    shop.open("shop.rules", "segment a { any")
    shop.open(CART)
    options = types.FormattingOptions(tab_size=2, insert_spaces=True)
    for path in ("shop.rules", CART):
        params = types.DocumentFormattingParams(shop.document(path), options)
        assert await shop.client.text_document_formatting_async(params) is None


@pytest.mark.parametrize(
    ("path", "right", "wrong", "title"),
    [
        ("shop.rules", "no ordered within", "no orderd within", "Write `ordered`"),
        ("shop.rules", '  otherwise\n    show "hero/plain.html"\n', "", "End it with an `otherwise`"),
        (
            "shop.rules",
            '(category == "x" and seconds > 5) within 24 hours',
            'category == "x" and seconds > 5',
            "Put parentheses",
        ),
        ("shop.rules", 'country == "DE"', 'country != "DE"', 'Give `country` the default `"none"`'),
        (CART, "customer.first_name", "customer.frst_name", "Write `first_name`"),
    ],
)
async def test_a_quick_fix_does_what_the_finding_says(
    shop: Workspace, path: str, right: str, wrong: str, title: str
) -> None:
    shop.open(path, FILES[path].replace(right, wrong, 1))
    (found, *_) = await shop.findings(path, lambda found: len(found) > 0)
    context = types.CodeActionContext([found])
    params = types.CodeActionParams(shop.document(path), found.range, context)
    (action, *_) = await shop.client.text_document_code_action_async(params) or ()
    assert isinstance(action, types.CodeAction)
    assert action.title.startswith(title)
    assert action.kind == types.CodeActionKind.QuickFix
    assert action.edit is not None
    assert action.edit.changes is not None
    shop.change(path, shop.edited(path, action.edit.changes[shop.uri(path)]))
    await shop.findings(path, lambda after: found.code not in [one.code for one in after])


async def test_long_declarations_fold(shop: Workspace) -> None:
    shop.open("shop.rules")
    params = types.FoldingRangeParams(shop.document("shop.rules"))
    found = await shop.client.text_document_folding_range_async(params)
    assert found is not None
    lines = RULES.split("\n")
    assert lines[found[0].start_line].startswith("lifecycle")
    assert lines[found[0].end_line] == "}"


async def test_a_request_that_is_cancelled_leaves_the_server_answering(shop: Workspace) -> None:
    shop.open("shop.rules")
    params = types.HoverParams(shop.document("shop.rules"), shop.position("shop.rules", "value last|_seen"))
    waiting = asyncio.ensure_future(shop.client.text_document_hover_async(params))
    shop.client.cancel_request(types.CancelParams(id="none-such"))
    assert await waiting is not None
    assert await shop.client.text_document_hover_async(params) is not None


async def test_the_server_says_who_it_is(tmp_path: Path) -> None:
    client = await SERVER.start()
    try:
        result = await client.initialize_session(types.InitializeParams(capabilities=capabilities()))
        assert result.server_info is not None
        assert (result.server_info.name, result.server_info.version) == ("dearly", __version__)
        assert result.capabilities.position_encoding == types.PositionEncodingKind.Utf16
        await client.shutdown_session()
    finally:
        await client.stop()


# ---------------------------------------------------------------------------------------------- the command


async def test_without_its_extra_the_command_says_how_to_install_it() -> None:
    hidden = (
        "import sys; sys.modules['pygls'] = None; sys.argv = ['dearly', 'lsp']\n"
        "from dearly.cli import main; main()"
    )
    ended = subprocess.run([sys.executable, "-c", hidden], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.strip().endswith("pip install 'dearly[lsp]'.")
    assert "Traceback" not in ended.stderr


def calls(*bodies: dict[str, Any]) -> subprocess.CompletedProcess[bytes]:
    """A server of its own that is sent just these calls, and then nothing more."""
    typed = b""
    for body in bodies:
        told = json.dumps({"jsonrpc": "2.0"} | body).encode()
        typed += b"Content-Length: %d\r\n\r\n%b" % (len(told), told)
    return subprocess.run(
        [sys.executable, "-m", "dearly.cli", "lsp"], input=typed, capture_output=True, timeout=60, check=False
    )


SHUTDOWN: dict[str, Any] = {"id": 1, "method": "shutdown"}
EXIT: dict[str, Any] = {"method": "exit"}


@pytest.mark.parametrize("ends", [(SHUTDOWN, EXIT), ()], ids=["asked to end", "left alone"])
async def test_a_server_that_is_asked_to_end_or_left_alone_ends_quietly(
    ends: tuple[dict[str, Any], ...],
) -> None:
    ended = await asyncio.to_thread(calls, *ends)

    assert (ended.returncode, ended.stderr) == (0, b"")


async def test_a_request_with_broken_parameters_is_answered() -> None:
    asked = {"id": 7, "method": "textDocument/hover", "params": {"position": None}}
    ended = await asyncio.to_thread(calls, asked, SHUTDOWN, EXIT)

    answers = [json.loads(body) for body in re.split(rb"Content-Length[^{]*", ended.stdout) if body]
    assert [one["error"]["code"] for one in answers if one.get("id") == 7] == [-32602], ended.stdout


async def test_thousands_of_completions_are_offered_some_at_a_time(shop: Workspace) -> None:
    many = "\n".join(f"segment s{number} {{ any viewed }}" for number in range(1_000))
    shop.open("shop.rules")
    shop.change("shop.rules", f"{RULES}\n{many}\nsegment last {{ s99 }}\n")
    text = shop.texts["shop.rules"]
    line = text.count("\n") - 1
    found = await shop.client.text_document_completion_async(
        types.CompletionParams(
            types.TextDocumentIdentifier(shop.uri("shop.rules")),
            types.Position(line, len("segment last { s99")),
        )
    )
    assert isinstance(found, types.CompletionList)
    assert {"s99", "s990", "s999"} <= {one.label for one in found.items}
    assert len(found.items) <= 500

"""Speaking a recipient's language, and what a call brings along: over a real socket, alone and in batches."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import struct_pb2
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from dearly.server.wire import to_struct
from dearly.v1 import content_pb2
from tests.server.conftest import Log, OpenShop, Shop
from tests.server.requests import batch, patch, render
from tests.server.shop import write_rules

RULES = {
    "shop.rules": """
        settings { locale "en"  timezone "Europe/Berlin" }
        profile { first_name text?, locale text?, joined time? }
        context {
          cart_total number?
          channel    text = "mail"
          since      date?
          tags       set of text
          secret     text?  @sensitive
        }
        catalog product { title text, price number }
        event product_viewed { product_id product }
        block cart {
          when cart_total > 100      show "cart/large.html"
          when channel == "push"     show "cart/push.html"
          when tags contains "vip"   show "cart/vip.html"
          otherwise                  show "cart/plain.html"
        }
        block starved {
          when true
            show "cart/list.html"
            with seen = listed product ["p1"]; and items = recently product_viewed.product_id
          otherwise show "cart/plain.html"
        }
    """,
    "templates/cart/large.html": '<p>{{ context.cart_total | default(0) | money("EUR") }}</p>',
    "templates/cart/large.subject": "Your cart",
    "templates/cart/large.de.html": '<p>Im Korb: {{ context.cart_total | default(0) | money("EUR") }}</p>',
    "templates/cart/large.pt-BR.html": '<p>Total: {{ context.cart_total | default(0) | money("BRL") }}</p>',
    "templates/cart/large.pt-BR.subject": "Seu carrinho",
    "templates/cart/push.html": '<p>{{ context.since | date("long") | default("never") }}</p>',
    "templates/cart/vip.html": "<p>{{ context.tags | listing | default('') }}</p>",
    "templates/cart/list.html": "{% for item in items %}{{ item.title }}{% endfor %}",
    "templates/cart/plain.html": "<p>Welcome</p>",
    "templates/cart/plain.de.html": "<p>Willkommen</p>",
}


@pytest.fixture
async def shop(open_shop: OpenShop, tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(rules=write_rules(tmp_path / "translated", RULES)) as shop:
        yield shop


def bringing(block: str = "cart", locale: str = "", **values: Any) -> content_pb2.RenderContentRequest:
    """A render that brings values along."""
    return render("c1", block, locale=locale, context=to_struct(values).fields)


async def shown(shop: Shop, request: content_pb2.RenderContentRequest) -> content_pb2.RenderedBlock:
    """The one block of a render."""
    (block,) = (await shop.client.content.RenderContent(request)).blocks
    return block


@pytest.mark.parametrize(
    ("asked", "html", "subject", "locale"),
    [
        ("", "<p>€1,234.50</p>", "Your cart", ""),
        ("en-IN", "<p>€1,234.50</p>", "Your cart", ""),
        ("de", "<p>Im Korb: 1.234,50\u00a0€</p>", "Your cart", "de"),
        ("de-AT", "<p>Im Korb: €\u00a01.234,50</p>", "Your cart", "de"),
        ("DE-at", "<p>Im Korb: €\u00a01.234,50</p>", "Your cart", "de"),
        ("pt-BR", "<p>Total: R$\u00a01.234,50</p>", "Seu carrinho", "pt-BR"),
        ("pt", "<p>€\u00a01.234,50</p>", "Your cart", ""),
        ("fr", "<p>1\u202f234,50\u00a0€</p>", "Your cart", ""),
        ("tlh", "<p>€1,234.50</p>", "Your cart", ""),
    ],
)
async def test_a_call_is_answered_in_the_language_that_it_asks_for(
    shop: Shop, asked: str, html: str, subject: str, locale: str
) -> None:
    block = await shown(shop, bringing(locale=asked, cart_total=1234.5))

    assert (block.html, block.subject, block.locale) == (html, subject, locale)


async def test_who_does_not_ask_is_answered_as_the_profile_says(shop: Shop) -> None:
    await patch(shop, "c1", locale="de-DE")
    assert (await shown(shop, bringing(cart_total=200))).locale == "de"
    assert (await shown(shop, bringing(locale="en", cart_total=200))).locale == ""
    await patch(shop, "c1", locale="no language at all")
    assert (await shown(shop, bringing(cart_total=200))).locale == ""


async def test_an_otherwise_speaks_the_customers_language_too(shop: Shop) -> None:
    await patch(shop, "c1", locale="de")
    block = await shown(shop, bringing())
    assert (block.html, block.locale) == ("<p>Willkommen</p>", "de")


async def test_a_malformed_locale_is_refused(shop: Shop) -> None:
    for locale in ("de_DE", "x" * 36, "ä", "de--AT"):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await shop.client.content.RenderContent(bringing(locale=locale))
        assert violations(caught.value) == [("locale", caught.value.details().partition(": ")[2])]


# --------------------------------------------------------------------------------- what a call brings along


@pytest.mark.parametrize(
    ("brought", "html"),
    [
        ({"cart_total": 150}, "<p>€150.00</p>"),
        ({"cart_total": 100}, "<p>Welcome</p>"),
        ({"cart_total": None}, "<p>Welcome</p>"),
        ({"channel": "push"}, "<p>never</p>"),
        ({"channel": "push", "since": "2026-03-01"}, "<p>March 1, 2026</p>"),
        ({"tags": ["vip", "new", "vip"]}, "<p>new and vip</p>"),
        ({"secret": "x"}, "<p>Welcome</p>"),
    ],
)
async def test_rules_and_templates_read_what_the_call_brings_along(
    shop: Shop, brought: dict[str, Any], html: str
) -> None:
    assert (await shown(shop, bringing(**brought))).html == html


@pytest.mark.parametrize(
    ("brought", "field", "problem"),
    [
        ({"cart_totl": 1}, "context.cart_totl", "no such field is declared. Did you mean `cart_total`?"),
        ({"cart_total": "1"}, "context.cart_total", "expected a number, got text."),
        (
            {"cart_total": 1e13},
            "context.cart_total",
            "expected a number between -1e12 and 1e12, got one beyond.",
        ),
        ({"since": "1 March"}, "context.since", "expected a date as YYYY-MM-DD, got other text"),
        ({"tags": "vip"}, "context.tags", "expected a set of text, got text."),
        ({"channel": {"a": 1}}, "context.channel", "expected text, got a mapping."),
        ({f"n{number}": 1 for number in range(101)}, "context", "expected 1 to 100, got 101."),
        ({"channel": "x" * 65_536}, "context", "expected at most 65,536 bytes, got"),
    ],
)
async def test_a_context_that_the_rules_do_not_declare_is_refused_like_any_bad_field(
    shop: Shop, brought: dict[str, Any], field: str, problem: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await shop.client.content.RenderContent(bringing(**brought))

    ((named, told),) = violations(caught.value)
    assert named == field
    assert told.startswith(problem)


async def test_a_value_nested_deep_is_refused_and_nothing_else_happens(shop: Shop) -> None:
    value = struct_pb2.Value(string_value="x")
    for _ in range(30):
        value = struct_pb2.Value(list_value=struct_pb2.ListValue(values=[value]))
    request = render("c1", "cart", context={"tags": value})
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await shop.client.content.RenderContent(request)
    assert violations(caught.value) == [("context.tags", "expected text, got a list.")]


async def test_each_request_of_a_batch_has_a_locale_and_a_context_of_its_own(shop: Shop) -> None:
    reply = await shop.client.content.BatchRenderContent(
        batch(
            bringing(locale="de", cart_total=200),
            bringing(cart_total=300),
            bringing(nonsense=1),
            bringing(locale="!"),
            bringing(locale="de"),
        )
    )
    told = [result.content.blocks[0].html if result.HasField("content") else "" for result in reply.results]
    assert told == ["<p>Im Korb: 200,00\u00a0€</p>", "<p>€300.00</p>", "", "", "<p>Willkommen</p>"]
    refused = [result.status.code for result in reply.results]
    assert refused == [0, 0, *[grpc.StatusCode.INVALID_ARGUMENT.value[0]] * 2, 0]


async def test_a_reply_and_the_log_name_the_list_that_had_no_items(shop: Shop, log: Log) -> None:
    block = await shown(shop, bringing("starved"))

    assert block.reason == content_pb2.BLOCK_REASON_FALLBACK_MISSING_DATA
    assert (block.empty_list, block.html) == ("seen", "<p>Welcome</p>")
    (line,) = [line for line in log.lines("call") if line["method"].endswith("RenderContent")]
    assert line["empty_lists"] == {"starved.seen": 1}


async def test_nothing_that_a_call_brings_along_is_logged(shop: Shop, log: Log) -> None:
    await shown(shop, bringing(channel="confidential"))
    with pytest.raises(grpc.aio.AioRpcError):
        await shop.client.content.RenderContent(bringing(cart_total="confidential"))

    assert "confidential" not in log.text()


def violations(error: grpc.aio.AioRpcError) -> list[tuple[str, str]]:
    """Each field that a call was refused for, and why."""
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    status = rpc_status.from_call(error)
    assert status is not None
    bad_request = error_details_pb2.BadRequest()
    assert status.details[0].Unpack(bad_request)
    return [(found.field, found.description) for found in bad_request.field_violations]

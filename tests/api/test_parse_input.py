"""Bad input: a clear answer that says what is wrong and where, never a lost neighbour."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.api.webhooks import (
    CUSTOMER,
    NODE,
    change,
    end,
    envelope,
    new_id,
    parse,
    parse_one,
    post,
    text_message,
    webhook,
)

OBJECT = "whatsapp_business_account"
LIMIT = 4 * 1024 * 1024


def problem(answer: httpx.Response, status: int) -> list[dict[str, str]]:
    """The faults of a well-formed problem with this status."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json; charset=utf-8"
    body = answer.json()
    assert body["status"] == status
    assert body["title"] and body["detail"] and body["type"]
    assert len(body["trace_id"]) == 32
    return body["errors"]


def still_works(svc) -> None:
    assert parse_one(svc, text_message())["validation"] == []
    assert svc.process.poll() is None


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nonsense",
        b"{} {}",
        b'{"a":1,}',
        b"{'a':1}",
        b"\x00",
        b"\xef\xbb\xbf{}",
        b'{"a":NaN}',
        b'"\xff"',
        b'{"object":"\xc3\x28"}',
        b"[" * 10_000 + b"]" * 10_000,
        b'{"a":' * 10_000,
    ],
    ids=range(12),
)
def test_what_is_not_json_is_refused_with_its_place(service, body: bytes):
    svc = service(NODE)
    answer = post(svc, body)
    (fault,) = problem(answer, answer.status_code)
    assert answer.status_code in (400, 413)
    assert fault["pointer"] == "" and "byte " in fault["detail"]
    still_works(svc)


@pytest.mark.parametrize("value", [None, True, 7, "text", [], [[]], [1], {}], ids=repr)
def test_another_type_is_refused_with_its_place(service, value: Any):
    svc = service(NODE)
    assert problem(post(svc, value), 422)
    still_works(svc)


def test_all_faults_come_at_once(service):
    faults = problem(post(service(NODE), {"object": 7, "entry": {}}), 422)
    assert [fault["pointer"] for fault in faults] == ["/object", "/entry"]
    faults = problem(post(service(NODE), {}), 422)
    assert [fault["pointer"] for fault in faults] == ["/object", "/entry"]


def test_faults_in_an_array_and_in_an_item_say_where(service):
    svc = service(NODE)
    good = webhook(text_message())
    faults = problem(
        post(svc, [good, {"object": OBJECT}, {"headers": {}, "body": {"entry": []}}]), 422
    )
    assert [fault["pointer"] for fault in faults] == ["/1/entry", "/2/body/object"]


def test_the_end_of_a_message_wants_all_its_fields(service):
    answer = post(service(NODE), {"outcome": "maybe", "more": 1, "lease": 5}, "/v1/messages/end")
    pointers = sorted(fault["pointer"] for fault in problem(answer, 422))
    assert pointers == ["/lease", "/message_id", "/more", "/outcome", "/phone_number_id"]


def test_a_missing_body_is_said(service):
    answer = post(service(NODE), b"")
    problem(answer, 400)
    assert "missing" in answer.json()["detail"]


def test_a_body_over_the_limit_is_refused(service):
    svc = service(NODE)
    filling = b" " * (LIMIT - len(json.dumps(webhook(text_message("wamid.big")))))
    body = json.dumps(webhook(text_message("wamid.big"))).encode() + filling
    assert len(body) == LIMIT
    assert post(svc, body).status_code == 200
    problem(post(svc, body + b" "), 413)
    problem(post(svc, body + body), 413)
    still_works(svc)


def test_a_chunked_body_over_the_limit_is_refused(service):
    svc = service(NODE, BODY_LIMIT_BYTES="100000")
    answer = httpx.post(f"{svc.url}/v1/parse", content=(b" " * 10_000 for _ in range(20)))
    problem(answer, 413)
    body = json.dumps(webhook(text_message())).encode()
    pieces = [body[:1], body[1:40], body[40:]]
    assert httpx.post(f"{svc.url}/v1/parse", content=iter(pieces)).status_code == 200


def test_nesting_up_to_the_limit(service):
    svc = service(NODE, JSON_DEPTH_MAX="20")
    nested = "x"
    for _ in range(11):
        nested = [nested]
    body = webhook(text_message(more=nested))
    assert post(svc, body).status_code == 200
    deeper = webhook(text_message(more=[[nested]]))
    (fault,) = problem(post(svc, deeper), 413)
    assert "byte " in fault["detail"]


def test_a_thousand_updates_in_three_megabytes(service):
    svc = service(NODE)
    messages = [text_message(body="ñ" * 1300) for _ in range(1000)]
    body = json.dumps(webhook(*messages), ensure_ascii=False).encode()
    assert 2_500_000 < len(body) < LIMIT
    answered = parse(svc, body)["messages"]
    assert [m["message_id"] for m in answered] == [m["id"] for m in messages]
    assert [m["batch_index"] for m in answered] == list(range(1000))
    assert not any(m["is_duplicate"] or m["validation"] for m in answered)


@pytest.mark.parametrize("name", ["messages", "statuses", "errors", "calls"])
def test_many_more_elements_than_meta_sends_are_refused(service, name: str):
    """Each small element costs a large answer."""
    svc = service(NODE)
    value = {"metadata": {"phone_number_id": "1"}, name: [1] * 150_000}
    problem(post(svc, envelope({"field": "messages", "value": value})), 413)
    still_works(svc)
    assert resident_bytes(svc) < 150_000_000


def resident_bytes(svc) -> int:
    with open(f"/proc/{svc.pid}/statm") as statm:
        return int(statm.read().split()[1]) * 4096


def test_names_that_are_in_an_object_twice(service):
    body = json.dumps(webhook(text_message("wamid.first"))).replace(
        '"type": "text"', '"type": "image", "type": "text"'
    )
    body = body.replace('"id": "wamid.first"', '"id": "wamid.0", "id": "wamid.last"')
    (message,) = parse(service(NODE), body.encode())["messages"]
    assert (message["message_id"], message["type"]) == ("wamid.last", "text")
    assert message["validation"] == []


@pytest.mark.parametrize("escape", [r"\u0000", r"\ud83d", r"\ude00", r"\ude00\ud83d"])
def test_escapes_that_name_no_character_cost_no_neighbour(service, escape: str):
    body = json.dumps(webhook(text_message(body="EVIL"), text_message(body="b"))).replace(
        "EVIL", f"a{escape}b"
    )
    answer = parse(service(NODE), body.encode())
    first, second = answer["messages"]
    assert first["text"].replace("\ufffd", "") == "ab" and "\ufffd" in first["text"]
    assert second["text"] == "b"
    assert "U+FFFD" in answer["validation"][0]["detail"]


def test_long_ids_everywhere(service):
    svc = service(NODE)
    long = "x" * 100_000
    message = text_message(
        long, **{"from": long, "from_user_id": long, "type": long, "group_id": long}
    )
    answer = parse_one(svc, message)
    assert answer["message_id"] == long
    assert all("bytes" in fault["detail"] for fault in answer["validation"])
    assert len(answer["validation"]) == 5
    still_works(svc)


def test_a_field_of_every_wrong_type_never_stops_the_batch(service):
    """Replaces each value of a full message by one of each other type."""
    svc = service(NODE)
    wrong: list[Any] = [None, True, -1, 1e308, "", "x", [], [[]], {}, {"a": {}}]
    whole = {
        **text_message(),
        "context": {"id": "wamid.c", "referred_product": {"catalog_id": "1"}},
        "referral": {"source_url": "x"},
        "errors": [{"code": 1}],
    }
    kinds: dict[str, Any] = {
        "image": {"id": "1", "mime_type": "image/png", "sha256": "a", "caption": "c", "url": "u"},
        "order": {
            "catalog_id": "1",
            "product_items": [{"product_retailer_id": "a", "quantity": 1, "item_price": 1}],
        },
        "interactive": {"type": "nfm_reply", "nfm_reply": {"response_json": "{}", "name": "flow"}},
        "system": {"type": "user_changed_number", "wa_id": "1", "body": "b", "identity": {}},
        "contacts": [{"name": {"formatted_name": "x"}, "phones": [{"phone": "1"}]}],
        "location": {"latitude": 1, "longitude": 2, "name": "n"},
        "reaction": {"message_id": "wamid.r", "emoji": "x"},
        "edit": {"original_message_id": "x", "message": {"type": "text", "text": {"body": "b"}}},
        "unsupported": {"type": "poll"},
        "hologram": {"x": 1},
    }
    messages = []
    for kind, content in kinds.items():
        message = {**whole, "type": kind, kind: content}
        for path in paths_of(message):
            messages += [replaced(message, path, value) for value in wrong]
    for start in range(0, len(messages), 400):
        part = messages[start : start + 400]
        for message in part:
            if isinstance(message.get("id"), str) and message["id"]:
                message["id"] = new_id()
        last = text_message()
        answer = parse(svc, webhook(*part, last))
        assert len(answer["messages"]) == len(part) + 1
        assert answer["messages"][-1]["message_id"] == last["id"]
        assert answer["messages"][-1]["validation"] == []
        assert all(isinstance(m["text"], str) for m in answer["messages"])


def paths_of(value: Any, path: tuple = ()) -> list[tuple]:
    found = [path] if path else []
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for name, inner in items:
        found += paths_of(inner, (*path, name))
    return found


def replaced(value: Any, path: tuple, new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


def test_a_broken_neighbour_costs_nobody_its_place(service):
    """Three changes of two messages and a status each, the middle one malformed."""

    def whole(n: int) -> dict[str, Any]:
        return change(
            [text_message(f"wamid.{n}a", f"a{n}"), text_message(f"wamid.{n}b", f"b{n}")],
            [
                {
                    "id": f"wamid.s{n}",
                    "status": "sent",
                    "timestamp": "1750030073",
                    "recipient_id": CUSTOMER,
                }
            ],
            [{"wa_id": CUSTOMER, "profile": {"name": "Ana"}}],
        )

    middle = whole(2)
    middle["value"]["messages"][0] = {"id": 5, "text": "x", "type": ["text"]}
    answer = parse(service(NODE), envelope(whole(1), middle, whole(3)))
    assert [m["message_id"] for m in answer["messages"]] == [
        "wamid.1a",
        "wamid.1b",
        None,
        "wamid.2b",
        "wamid.3a",
        "wamid.3b",
    ]
    assert [m["batch_index"] for m in answer["messages"]] == [0, 1, 2, 3, 4, 5]
    assert [bool(m["validation"]) for m in answer["messages"]] == [
        False,
        False,
        True,
        False,
        False,
        False,
    ]
    assert [s["message_id"] for s in answer["statuses"]] == ["wamid.s1", "wamid.s2", "wamid.s3"]
    assert all(s["validation"] == [] for s in answer["statuses"])
    assert answer["validation"] == []
    assert all(
        fault["pointer"].startswith("/entry/0/changes/1/value/messages/0/")
        for fault in answer["messages"][2]["validation"]
    )


def test_several_entries_and_numbers_keep_apart(service):
    hook = envelope(
        change([text_message("wamid.same")], number="1"),
        change([text_message("wamid.same")], number="2"),
    )
    hook["entry"].append(
        {"id": "other", "changes": [change([text_message("wamid.third")], number="3")]}
    )
    messages = parse(service(NODE), hook)["messages"]
    assert [m["phone_number_id"] for m in messages] == ["1", "2", "3"]
    assert [m["waba_id"] for m in messages] == ["102290129340398", "102290129340398", "other"]
    assert not any(m["is_duplicate"] for m in messages)


def test_messages_to_a_number_of_somebody_else_are_marked(service):
    svc = service(NODE, WHATSAPP_PHONE_NUMBER_IDS="1, 22")
    hook = envelope(
        *(change([text_message(f"wamid.{n}")], number=n) for n in ("1", "22", "2", "12"))
    )
    messages = parse(svc, hook)["messages"]
    assert [m.get("skip_reason") for m in messages] == [None, None, "other_number", "other_number"]
    assert ["lease" in m for m in messages] == [True, True, False, False]


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/json; charset=utf-8", "nonsense"]
)
def test_the_content_type_of_json_does_not_matter(service, content_type: str | None):
    headers = {"Content-Type": content_type} if content_type else {}
    body = json.dumps(webhook(text_message())).encode()
    answer = httpx.post(f"{service(NODE).url}/v1/parse", content=body, headers=headers)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", b"object=whatsapp_business_account&entry=%5B%5D"),
        ("application/x-www-form-urlencoded", b"&&&%zz=%"),
        ("multipart/form-data", b"--x\r\n\r\n"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n1\r\n--x--\r\n',
        ),
        ("multipart/form-data; boundary=x", b"no boundary at all"),
        ("multipart/form-data; boundary=", b"--\r\n"),
        ("multipart/form-data; boundary=" + "x" * 5000, b"--x\r\n"),
    ],
)
def test_forms_are_refused(service, content_type: str, body: bytes):
    svc = service(NODE)
    answer = httpx.post(f"{svc.url}/v1/parse", content=body, headers={"Content-Type": content_type})
    assert answer.status_code in (400, 415, 422)
    still_works(svc)


def test_ended_messages_with_long_and_odd_ids(service):
    svc = service(NODE)
    for message_id in ("wamid.ñ😀", 'a\tb"\\', "x" * 256):
        message = parse_one(svc, text_message(message_id))
        assert end(svc, message) == "done"
        assert parse_one(svc, text_message(message_id))["skip_reason"] == "duplicate"

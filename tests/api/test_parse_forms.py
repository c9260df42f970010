"""How a webhook may come: signed by Meta, passed on by n8n, and Meta's handshake."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.api.webhooks import NODE, NUMBER, parse, parse_one, post, sign, text_message, webhook

SECRET = "app_secret"
VECTOR = b'{"object":"whatsapp_business_account","entry":[]}'
VECTOR_HEX = "c236c758c9b2bd40b388a550eeca09eaca72384dd0aa5e7c31d19cddac5bba46"


@pytest.fixture
def signed(service):
    return service(NODE, WHATSAPP_APP_SECRET=SECRET)


def raw(*messages, ascii_only: bool = True) -> bytes:
    return json.dumps(webhook(*messages), ensure_ascii=ascii_only).encode()


def test_without_a_secret_nothing_is_checked(service):
    answer = parse(service(NODE), webhook(text_message()), X_Hub_Signature_256="sha256=00")
    assert answer["signature"] == "not_configured"


@pytest.mark.parametrize(
    "header", [VECTOR_HEX, VECTOR_HEX.upper(), VECTOR_HEX[:32] + VECTOR_HEX[32:].upper()]
)
def test_the_signature_of_the_vector(signed, header: str):
    assert sign(VECTOR, SECRET) == f"sha256={VECTOR_HEX}"
    assert parse(signed, VECTOR, X_Hub_Signature_256=f"sha256={header}")["signature"] == "verified"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        VECTOR_HEX,
        f"sha1={VECTOR_HEX}",
        f"SHA256={VECTOR_HEX}",
        f"sha256={VECTOR_HEX[:-1]}",
        f"sha256={VECTOR_HEX}0",
        f"sha256={VECTOR_HEX[:-1]}7",
        f"sha256={'0' * 64}",
        f"sha256={'z' * 64}",
        f"sha256= {VECTOR_HEX}",
        f"sha256={VECTOR_HEX},sha256={VECTOR_HEX}",
        "sha256=" + "0" * 10_000,
    ],
    ids=range(13),
)
def test_a_missing_or_wrong_signature(signed, header: str | None):
    headers = {} if header is None else {"X_Hub_Signature_256": header}
    answer = post(signed, VECTOR, **headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json; charset=utf-8"
    assert VECTOR_HEX not in answer.text and SECRET not in answer.text
    assert "parse_bad_signatures_total 1" in httpx.get(f"{signed.url}/metrics").text


def test_the_signature_is_over_the_exact_bytes(signed):
    signature = sign(VECTOR, SECRET)
    for body in (VECTOR + b" ", VECTOR.replace(b":", b": "), VECTOR.replace(b"[", b"[ ")):
        assert post(signed, body, X_Hub_Signature_256=signature).status_code == 401
        assert post(signed, body, X_Hub_Signature_256=sign(body, SECRET)).status_code == 200


@pytest.mark.parametrize("ascii_only", [True, False])
def test_letters_outside_ascii_escaped_and_not(signed, ascii_only: bool):
    body = raw(text_message(body="ñandú @ </b> 😀"), ascii_only=ascii_only)
    answer = parse(signed, body, X_Hub_Signature_256=sign(body, SECRET))
    assert answer["signature"] == "verified"
    assert answer["messages"][0]["text"] == "ñandú @ </b> 😀"


def test_the_same_message_has_the_same_hash_however_it_is_written(service):
    message = text_message(body="ñ 😀", more=[1, {"a": 1, "b": 2}])
    backwards = {name: message[name] for name in reversed(message)}
    svc = service(NODE)
    found = {
        parse(svc, body)["messages"][0]["message_hash"]
        for body in (
            raw(message),
            raw(message, ascii_only=False),
            raw(backwards),
            json.dumps(webhook(message), indent=3).encode(),
        )
    }
    assert len(found) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"id": "wamid.other"},
        {"timestamp": "1749416384"},
        {"text": {"body": "hola "}},
        {"text": {"body": "Hola"}},
        {"text": {"body": "hola", "x": None}},
        {"type": "button", "button": {"text": "hola"}},
    ],
    ids=repr,
)
def test_another_message_has_another_hash(service, other: dict):
    svc = service(NODE)
    message = text_message("wamid.one")
    one, two = (parse_one(svc, m)["message_hash"] for m in (message, {**message, **other}))
    assert one != two


def test_a_link_is_no_part_of_the_hash(service):
    svc = service(NODE)

    def picture(**more: str) -> dict:
        image = {"id": "1", "mime_type": "image/png", "sha256": "x", **more}
        return {**text_message("wamid.p"), "type": "image", "image": image}

    hashed = [parse_one(svc, picture(url=url))["message_hash"] for url in ("a", "b")]
    hashed.append(parse_one(svc, picture())["message_hash"])
    assert len(set(hashed)) == 1
    assert parse_one(svc, picture(caption="c"))["message_hash"] not in hashed


def test_two_secrets_while_one_is_changed(service):
    svc = service(NODE, WHATSAPP_APP_SECRET="new_secret, app_secret")
    for secret, status in (
        ("new_secret", 200),
        (SECRET, 200),
        ("", 401),
        ("new_secret, app_secret", 401),
    ):
        assert post(svc, VECTOR, X_Hub_Signature_256=sign(VECTOR, secret)).status_code == status


def test_a_secret_of_commas_lets_nobody_in(service):
    svc = service(NODE, WHATSAPP_APP_SECRET=",")
    assert post(svc, VECTOR, X_Hub_Signature_256=sign(VECTOR, "")).status_code == 401


def item(body) -> dict:
    return {
        "headers": {"x-hub-signature-256": "sha256=1"},
        "params": {},
        "query": {},
        "body": body,
        "webhookUrl": "x",
    }


def test_the_forms_of_n8n(service):
    svc = service(NODE)
    plain = parse(svc, webhook(text_message(body="1")))
    assert plain["messages"][0]["text"] == "1"
    assert parse(svc, item(webhook(text_message(body="2"))))["messages"][0]["text"] == "2"
    answers = parse(svc, [webhook(text_message(body="3")), item(webhook(text_message(body="4")))])
    assert [a["messages"][0]["text"] for a in answers] == ["3", "4"]
    answers = parse(svc, [item(webhook(text_message(body="5")))])
    assert [a["messages"][0]["text"] for a in answers] == ["5"]


def test_what_n8n_wrote_anew_is_taken_and_said(signed):
    hook = webhook(text_message())
    assert parse(signed, item(hook))["signature"] == "unverified"
    assert [a["signature"] for a in parse(signed, [hook, item(hook)])] == ["unverified"] * 2
    assert post(signed, hook).status_code == 401


def test_strict_refuses_what_n8n_wrote_anew(service):
    svc = service(NODE, WHATSAPP_APP_SECRET=SECRET, SIGNATURE_MODE="strict")
    body = raw(text_message())
    assert parse(svc, body, X_Hub_Signature_256=sign(body, SECRET))["signature"] == "verified"
    refused = post(svc, item(webhook(text_message())))
    assert refused.status_code == 401 and "Raw Body" in refused.json()["detail"]
    refused = post(svc, [webhook(text_message())])
    assert refused.status_code == 401 and "Raw Body" in refused.text


def test_ends_come_in_the_forms_of_n8n(service):
    svc = service(NODE)
    messages = [parse_one(svc, text_message()) for _ in range(3)]
    ends = [
        {"phone_number_id": NUMBER, "message_id": m["message_id"], "lease": m["lease"]["token"]}
        for m in messages
    ]
    answer = post(svc, [ends[0], item(ends[1])], "/v1/messages/end")
    assert answer.json() == [{"ended": True, "state": "done"}] * 2
    assert post(svc, item(ends[2]), "/v1/messages/end").json()["state"] == "done"


@pytest.fixture
def handshake(service):
    svc = service(NODE, WHATSAPP_VERIFY_TOKEN="verify+me &ñ", SERVICE_TOKEN="token")

    def ask(**query: str) -> httpx.Response:
        names = {f"hub.{name}": value for name, value in query.items()}
        return httpx.get(f"{svc.url}/v1/webhook", params=names)

    return ask


def test_the_handshake_answers_the_challenge(handshake):
    answer = handshake(mode="subscribe", challenge="1158201444", verify_token="verify+me &ñ")
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["content-type"].startswith("text/plain")
    odd = "<b>é\n%&=+"
    assert handshake(mode="subscribe", challenge=odd, verify_token="verify+me &ñ").text == odd


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"mode": "subscribe", "challenge": "1", "verify_token": "wrong"}, 403),
        ({"mode": "subscribe", "challenge": "1", "verify_token": ""}, 403),
        ({"mode": "subscribe", "challenge": "1", "verify_token": "verify+me &ñx"}, 403),
        ({"mode": "unsubscribe", "challenge": "1", "verify_token": "verify+me &ñ"}, 403),
        ({"mode": "subscribe", "verify_token": "verify+me &ñ"}, 400),
        ({"mode": "subscribe", "challenge": "", "verify_token": "verify+me &ñ"}, 400),
        ({"mode": "subscribe", "challenge": "1" * 513, "verify_token": "verify+me &ñ"}, 400),
        ({}, 400),
    ],
    ids=range(8),
)
def test_the_handshake_refuses(handshake, query: dict, status: int):
    answer = handshake(**query)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json; charset=utf-8"
    assert "verify+me" not in answer.text


def test_the_handshake_says_all_that_is_missing(handshake):
    faults = handshake().json()["errors"]
    assert [fault["pointer"] for fault in faults] == [
        "query.hub.mode",
        "query.hub.verify_token",
        "query.hub.challenge",
    ]


def test_no_verify_token_lets_nobody_in(service):
    svc = service(NODE)
    query = "hub.mode=subscribe&hub.challenge=1&hub.verify_token="
    assert httpx.get(f"{svc.url}/v1/webhook?{query}").status_code == 403

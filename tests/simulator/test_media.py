"""Media: up, described, down, gone; and what isn't taken."""

from __future__ import annotations

import base64
import hashlib
import time
from urllib.parse import urlsplit

import httpx

from tests.simulator.helper import ANA, NUMBER, Shop, SimulatorProcess

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJ"
                       "RU5ErkJggg==")
FORM = {"messaging_product": "whatsapp", "type": "image/png"}


def upload(simulator: SimulatorProcess, data: bytes = PNG, mime: str = "image/png",
           form: dict[str, str] | None = None) -> httpx.Response:
    return simulator.graph_http.post(f"/v23.0/{NUMBER}/media", data=FORM if form is None else form,
                                     files={"file": ("foto.png", data, mime)})


def test_round_trip(simulator: SimulatorProcess) -> None:
    simulator.say("hola")
    media_id = upload(simulator).json()["id"]
    described = simulator.graph_http.get(f"/v23.0/{media_id}").json()
    assert described["mime_type"] == "image/png" and described["file_size"] == len(PNG)
    assert described["sha256"] == hashlib.sha256(PNG).hexdigest() and described["id"] == media_id
    got = simulator.graph_http.get(described["url"])
    assert got.content == PNG and got.headers["content-type"] == "image/png"
    assert httpx.get(described["url"]).status_code == 401
    assert simulator.send({"type": "image", "image": {"id": media_id}}).status_code == 200
    assert simulator.http.get(f"/sim/media/{media_id}").content == PNG
    assert simulator.graph_http.delete(f"/v23.0/{media_id}").json() == {"success": True}
    assert simulator.graph_http.get(described["url"]).status_code == 404
    assert simulator.graph_http.get(f"/v23.0/{media_id}").json()["error"]["code"] == 100
    assert simulator.graph_http.delete(f"/v23.0/{media_id}").status_code == 400


def test_address_expires_and_is_not_forged(simulator: SimulatorProcess) -> None:
    media_id = upload(simulator).json()["id"]
    url = simulator.graph_http.get(f"/v23.0/{media_id}").json()["url"]
    query = dict(part.split("=") for part in urlsplit(url).query.split("&"))
    assert 290 <= int(query["ext"]) - time.time() <= 301
    path = urlsplit(url).path
    for forged in ({"ext": str(int(query["ext"]) + 60)}, {"hash": "0" * 40}, {"mid": "1"},
                   {"ext": "1", "hash": query["hash"]}, {"ext": "x"}):
        assert simulator.graph_http.get(path, params={**query, **forged}).status_code == 404


def test_refused(simulator: SimulatorProcess) -> None:
    cases = [upload(simulator, mime="text/html", form={"messaging_product": "whatsapp"}),
             upload(simulator, form={"type": "image/png"}), upload(simulator, b""),
             simulator.graph_http.post(f"/v23.0/{NUMBER}/media", data=FORM)]
    assert [c.status_code for c in cases] == [400] * 4
    assert {c.json()["error"]["code"] for c in cases} == {100}
    assert "following types" in cases[0].json()["error"]["message"]
    large = upload(simulator, b"x" * (5 * 1024 * 1024 + 1))
    assert large.json()["error"]["code"] == 131053
    assert "5242880" in large.json()["error"]["error_data"]["details"]
    assert upload(simulator, b"x" * (5 * 1024 * 1024)).status_code == 200
    sticker = upload(simulator, b"x" * 512_001, "image/webp", {**FORM, "type": "image/webp"})
    assert sticker.json()["error"]["code"] == 131053


def test_customer_sends_a_picture(simulator: SimulatorProcess, shop: Shop) -> None:
    media = simulator.http.post("/sim/media", files={"file": ("a.png", PNG, "image/png")}).json()
    assert media["type"] == "image"
    simulator.sim("POST", f"customers/{ANA}/messages",
                  {"type": "image", "media_id": media["id"], "caption": "¿tienen esta?"})
    image = shop.wait_items("messages")[0]["image"]
    assert image["caption"] == "¿tienen esta?" and image["mime_type"] == "image/png"
    assert base64.b64decode(image["sha256"]) == hashlib.sha256(PNG).digest()
    assert simulator.graph_http.get(image["url"]).content == PNG
    assert simulator.graph_http.get(f"/v23.0/{image['id']}").json()["file_size"] == len(PNG)
    simulator.sim("POST", f"customers/{ANA}/messages", {"type": "image", "media_id": "1"}, status=400)
    bad = simulator.http.post("/sim/media", files={"file": ("a.exe", b"MZ", "application/x-msdownload")})
    assert bad.status_code == 400 and bad.json()["detail"]
    audio = simulator.http.post("/sim/media", files={"file": ("a.ogg", b"OggS", "audio/ogg; codecs=opus")})
    simulator.sim("POST", f"customers/{ANA}/messages", {"type": "audio", "media_id": audio.json()["id"]})
    sound = shop.wait_items("messages", 2)[1]["audio"]
    assert sound["voice"] is True and sound["mime_type"] == "audio/ogg; codecs=opus"

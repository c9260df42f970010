"""demo: everything up, a chat to try it; or one message and its reply."""

from __future__ import annotations

import json
import signal
import sys
import time
import urllib.error
import urllib.request
from typing import Any

from launcher import system
from launcher.errors import LauncherError
from launcher.paths import log_file, pid_file, short
from launcher.settings import env_file
from launcher.terminal import bold, say, step

REPLY_TIMEOUT_S = 30
CUSTOMER = {"wa_id": "5215550001234", "name": "Cliente de prueba"}


def once(text: str) -> int:
    """Sends the text as a customer and prints the shop's reply, alone, on standard output."""
    if not text.strip():
        raise LauncherError("--once needs a text", status=2)
    started = system.start(with_n8n=True)
    try:
        print(_ask(started.env["SIMULATOR_URL"], text), flush=True)
    finally:
        _stop(started)
    return 0


def stay() -> int:
    """Until Ctrl-C, or until a part ends by itself."""
    started = system.start(with_n8n=True)
    try:
        _show_addresses(started)
        return _watch(started)
    except KeyboardInterrupt:
        say()
        return 0
    finally:
        _stop(started)


def _stop(started: system.Started) -> None:
    # A second Ctrl-C while it stops would leave half of it running.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    started.stop()


def _show_addresses(started: system.Started) -> None:
    chat = f"{started.env['SIMULATOR_URL']}/"
    line = "─" * (len(chat) + 31)
    print(
        f"\n  {line}\n"
        f"    {bold('Chat with the shop:', sys.stdout)}  {bold(chat, sys.stdout)}\n"
        f"  {line}\n"
        f"    n8n, its workflows and runs:  {started.env['N8N_URL']}/\n"
        f"      as {started.env['N8N_OWNER_EMAIL']}, password {started.env['N8N_OWNER_PASSWORD']}\n"
        f"    Dashboard:  {started.env['LIGHTWEIGHT_METRICS_URL']}/  (its key is SERVICE_TOKEN)\n"
        f"    Addresses and secrets: {short(env_file())}   Logs: ./commerce logs NAME\n",
        flush=True,
    )
    if started.names:
        say("Ctrl-C stops everything.")
    else:
        say("It was running already: Ctrl-C leaves it, ./commerce down stops it.")


def _watch(started: system.Started) -> int:
    while (name := started.ended()) is None:
        time.sleep(0.5)
    if not pid_file(name).exists():
        say("Stopped by ./commerce down.")
        return 0
    raise LauncherError(f"{name} has stopped", log=log_file(name))


def _ask(simulator: str, text: str) -> str:
    key = _call(f"{simulator}/sim/customers", CUSTOMER)["key"]
    messages = f"{simulator}/sim/customers/{key}/messages"
    after = _call(messages)["next"]
    with step("Waiting for the shop's reply"):
        _call(messages, {"type": "text", "text": text})
        end = time.monotonic() + REPLY_TIMEOUT_S
        while (left := end - time.monotonic()) > 0:
            query = f"?after={after}&wait_s={min(left, 10):.2f}&direction=to_customer"
            replies = _call(messages + query)["messages"]
            if replies:
                return "\n".join(readable(reply) for reply in replies)
        why = _why_no_reply(simulator, key)
        raise LauncherError(f"no reply in {REPLY_TIMEOUT_S} s: {why}", log=log_file("n8n"))


def readable(reply: dict[str, Any]) -> str:
    """A message of the shop as lines: its picture, its text, what can be pressed."""
    lines = [*_pictures(reply["message"]), reply["text"]]
    section = None
    for action in reply["actions"]:
        if action["kind"] != "row":
            lines.append(f"  [{action['title']}]")
            continue
        if action["section"] and action["section"] != section:
            lines.append(f"  {action['section']}")
        section = action["section"]
        about = action["description"]
        lines.append(f"  - {action['title']}{f' · {about}' if about else ''}")
    return "\n".join(lines)


def _pictures(message: dict[str, Any]) -> list[str]:
    header = message.get("interactive", {}).get("header", {})
    link = (header.get("image") or message.get("image") or {}).get("link")
    return [f"  ({link})"] if link else []


def _why_no_reply(simulator: str, customer: str) -> str:
    """How far the message came, by what the simulator saw."""
    deliveries = _call(f"{simulator}/sim/deliveries?limit=1&customer={customer}")["deliveries"]
    if not deliveries or deliveries[0]["state"] != "delivered":
        return "n8n didn't take the webhook"
    return "n8n took the webhook, and sent nothing back"


def _call(url: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            result: dict[str, Any] = json.load(answer)
            return result
    except urllib.error.HTTPError as error:
        said = error.read().decode(errors="replace")[:300]
        raise LauncherError(f"the simulator said {error.code}: {said}") from None
    except (urllib.error.URLError, OSError) as error:
        raise LauncherError(f"the simulator doesn't answer: {error}", log=log_file("simulator")) from None

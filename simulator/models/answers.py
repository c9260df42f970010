"""Bodies of answers, good and bad, in each API's form."""

from __future__ import annotations

import json
import time
from typing import Any

from . import check, rules
from .check import Refused
from .state import Behaviour

HTML = "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>"
REASONING_TOKENS = 180


def user_turn(api: str, body: dict[str, Any]) -> str:
    if api == "gemini":
        last = body["contents"][-1]
        return "".join(part["text"] for part in last["parts"])
    return next((m["content"] for m in reversed(body["messages"]) if m["role"] == "user"), "")


def _prompt_length(api: str, body: dict[str, Any]) -> int:
    part = body.get("contents") if api == "gemini" else body.get("messages")
    return len(json.dumps(part)) + len(json.dumps(body.get("systemInstruction", "")))


def thinks(api: str, model: str, body: dict[str, Any]) -> bool:
    """Whether the request left the model's thinking on."""
    if api == "deepseek":
        return body.get("thinking", {}).get("type") != "disabled"
    if api == "openai":
        return body.get("reasoning_effort", "medium") != "none"
    if api == "gemini":
        level = body.get("generationConfig", {}).get("thinkingConfig", {}).get("thinkingLevel")
        return (level or ("minimal" if "lite" in model else "medium")) != "minimal"
    return False


def _wants_json(api: str, body: dict[str, Any]) -> bool:
    if api == "gemini":
        return body.get("generationConfig", {}).get("responseMimeType") == "application/json"
    return body.get("response_format", {}).get("type", "text") != "text"


def _enum(api: str, body: dict[str, Any]) -> list[str] | None:
    """The intents a schema lets the model choose from."""
    if api == "gemini":
        config = body.get("generationConfig", {})
        schema = config.get("responseSchema") or config.get("responseJsonSchema") or {}
    else:
        schema = body.get("response_format", {}).get("json_schema", {}).get("schema", {})
    return schema.get("properties", {}).get("intent", {}).get("enum")


def text_of(api: str, behaviour: Behaviour, body: dict[str, Any]) -> str:
    """What the model writes."""
    mode, turn = behaviour.mode, user_turn(api, body)
    found = behaviour.answer or (rules.obey(turn) if mode == "obedient" else rules.answer(turn))
    allowed = _enum(api, body)
    if allowed is not None and found.get("intent") not in allowed and not behaviour.answer:
        found = {**found, "intent": "other" if "other" in allowed else allowed[0]}
    changed: dict[str, Any] = {
        "unknown_intent": {"intent": "sell_the_shop", "confidence": 0.99},
        "confidence_text": {**found, "confidence": str(found.get("confidence"))},
        "confidence_wrong": {**found, "confidence": 94},
        "echo": {"type": "json_object"},
    }.get(mode, found)
    text = json.dumps(changed, ensure_ascii=False)
    if mode == "prose" or not _wants_json(api, body):
        return f"Claro, creo que el cliente quiere {found.get('intent')}."
    if mode == "fenced":
        return f"```json\n{text}\n```"
    if mode == "length":
        return text[:len(text) // 2]
    return "" if mode == "empty_content" else text


def _chat(api: str, behaviour: Behaviour, body: dict[str, Any], number: int) -> dict[str, Any]:
    mode, thought = behaviour.mode, thinks(api, body["model"], body)
    message: dict[str, Any] = {"role": "assistant", "content": text_of(api, behaviour, body)}
    finish = {"length": "length", "blocked": "content_filter"}.get(mode, "stop")
    if api == "openai":
        message["refusal"] = None
        if mode == "blocked":
            message.update(content=None, refusal="I'm sorry, I can't help with that.")
            finish = "stop"
    elif mode == "blocked":
        message["content"] = ""
    if mode == "thoughts" or (thought and api == "deepseek"):
        inner = 'Hmm, {"intent": "deny"}? No.'
        if api == "deepseek":
            message["reasoning_content"] = inner
        elif api == "compatible":
            message["content"] = f"<think>{inner}</think>\n{message['content']}"
    sent = _prompt_length(api, body) // 4
    written = len(message["content"] or "") // 4 + (REASONING_TOKENS if thought else 0)
    usage: dict[str, Any] = {"prompt_tokens": sent, "completion_tokens": written,
                             "total_tokens": sent + written}
    if api == "deepseek":
        usage.update(prompt_cache_hit_tokens=sent // 2, prompt_cache_miss_tokens=sent - sent // 2)
    if api != "compatible":
        usage["completion_tokens_details"] = {"reasoning_tokens": REASONING_TOKENS * thought}
    choices = [] if mode == "no_choices" else [
        {"index": 0, "message": message, "finish_reason": finish}]
    return {"id": f"chatcmpl-{number}", "object": "chat.completion", "created": int(time.time()),
            "model": body["model"], "choices": choices, "usage": usage}


def _gemini(model: str, behaviour: Behaviour, body: dict[str, Any], number: int) -> dict[str, Any]:
    mode, thought = behaviour.mode, thinks("gemini", model, body)
    text = text_of("gemini", behaviour, body)
    parts: list[dict[str, Any]] = [{"text": text, "thoughtSignature": "c2lt"}] if text else []
    if mode == "thoughts":
        parts = [{"text": '{"intent": "deny", "confidence": 1}', "thought": True},
                 {"text": text[:9]}, {"text": text[9:]}]
    sent, written = _prompt_length("gemini", body) // 4, len(text) // 4
    usage = {"promptTokenCount": sent, "candidatesTokenCount": written}
    if thought:
        usage["thoughtsTokenCount"] = REASONING_TOKENS
    usage["totalTokenCount"] = sum(usage.values())
    answer: dict[str, Any] = {"usageMetadata": usage, "modelVersion": model,
                              "responseId": str(number)}
    if mode == "blocked":
        return {**answer, "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}
    if mode == "no_choices":
        return answer
    finish = "MAX_TOKENS" if mode == "length" else "STOP"
    return {"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": finish,
                            "index": 0}], **answer}


def good(api: str, model: str, behaviour: Behaviour, body: dict[str, Any], number: int) -> bytes:
    made = (_gemini(model, behaviour, body, number) if api == "gemini"
            else _chat(api, behaviour, body, number))
    return json.dumps(made, ensure_ascii=False).encode()


def _busy(api: str, seconds: float) -> Refused:
    if api == "gemini":
        return check.gemini_error(
            429, "You exceeded your current quota.", "RESOURCE_EXHAUSTED",
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{seconds:g}s"})
    refused = check.chat_error(429, "Rate limit reached for requests", "requests",
                               "rate_limit_exceeded")
    refused.headers["retry-after"] = f"{max(1, round(seconds))}"
    return refused


def failure(api: str, model: str, behaviour: Behaviour) -> Refused | None:
    """The error that the mode stands for, as this API says it."""
    mode, own = behaviour.mode, api == "gemini"
    if mode == "busy":
        return _busy(api, behaviour.retry_after_s)
    if mode == "quota":
        if own:
            return _busy(api, behaviour.retry_after_s)
        if api == "deepseek":
            return check.chat_error(402, "Insufficient Balance", "unknown_error",
                                    "invalid_request_error")
        return check.chat_error(429, "You exceeded your current quota, please check your plan.",
                                "insufficient_quota", "insufficient_quota")
    if mode == "bad_key":
        return check.bad_key(api)
    if mode == "retired":
        return check.no_model(api, model)
    if mode == "bad_request":
        return (check.gemini_error(400, "Request contains an invalid argument.", "INVALID_ARGUMENT")
                if own else check.chat_error(400, "Invalid request"))
    if mode == "error_500":
        return (check.gemini_error(500, "An internal error has occurred.", "INTERNAL")
                if own else check.chat_error(500, "The server had an error", "server_error"))
    if mode == "error_503":
        return (check.gemini_error(503, "The model is overloaded.", "UNAVAILABLE")
                if own else check.chat_error(503, "overloaded", "server_error"))
    return None

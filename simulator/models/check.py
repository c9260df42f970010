"""What the real APIs refuse, and how each says so."""

from __future__ import annotations

import re
from typing import Any

CHAT_ROLES = ("system", "user", "assistant", "developer", "tool")
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
LEVELS = ("minimal", "low", "medium", "high")
_NOT_MODEL = "the model does not exist or you do not have access to it"

_SHARED = {"model", "messages", "response_format", "stream", "seed", "user", "n", "stop"}
ALLOWED = {
    "deepseek": _SHARED | {"thinking", "max_tokens", "temperature", "top_p", "reasoning_effort",
                           "frequency_penalty", "presence_penalty", "tools", "tool_choice"},
    "openai": _SHARED | {"reasoning_effort", "max_completion_tokens", "store", "metadata",
                         "service_tier", "verbosity", "prompt_cache_key", "safety_identifier"},
    "compatible": _SHARED | {"max_tokens", "temperature", "top_p"},
}
GEMINI_BODY = {"systemInstruction", "contents", "generationConfig", "safetySettings",
               "cachedContent"}
GEMINI_GENERATION = {"maxOutputTokens", "responseMimeType", "responseSchema", "responseJsonSchema",
                     "thinkingConfig", "stopSequences", "seed", "temperature", "topP", "topK"}


class Refused(Exception):
    """An answer with an error, in the API's own form."""

    def __init__(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        self.status, self.body, self.headers = status, body, headers or {}
        super().__init__(str(body))


def chat_error(status: int, message: str, kind: str = "invalid_request_error",
               code: str | None = None, param: str | None = None) -> Refused:
    return Refused(status, {"error": {"message": message, "type": kind, "param": param,
                                      "code": code}})


def gemini_error(status: int, message: str, name: str, *details: dict[str, Any]) -> Refused:
    error: dict[str, Any] = {"code": status, "message": message, "status": name}
    if details:
        error["details"] = list(details)
    return Refused(status, {"error": error})


def bad_key(api: str) -> Refused:
    if api == "gemini":
        return gemini_error(400, "API key not valid. Please pass a valid API key.",
                            "INVALID_ARGUMENT",
                            {"@type": "type.googleapis.com/google.rpc.ErrorInfo",
                             "reason": "API_KEY_INVALID", "domain": "googleapis.com"})
    if api == "deepseek":
        return chat_error(401, "Authentication Fails (governor)", "authentication_error",
                          "invalid_request_error")
    return chat_error(401, "Incorrect API key provided.", code="invalid_api_key")


def no_model(api: str, model: str) -> Refused:
    if api == "gemini":
        return gemini_error(404, f"models/{model} is not found for API version v1beta, or is not "
                            "supported for generateContent.", "NOT_FOUND")
    if api == "deepseek":
        return chat_error(404, "Model Not Exist", code="invalid_request_error")
    return chat_error(404, f"The model `{model}`: {_NOT_MODEL}.", code="model_not_found",
                      param="model")


def _integer(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _check_messages(messages: Any) -> None:
    if not isinstance(messages, list) or not messages:
        raise chat_error(400, "messages: a list that isn't empty", param="messages")
    for message in messages:
        if (not isinstance(message, dict) or message.get("role") not in CHAT_ROLES
                or not isinstance(message.get("content"), str)):
            raise chat_error(400, "messages: each {role, content}", param="messages")


def _check_schema(form: dict[str, Any]) -> None:
    inner = form.get("json_schema")
    if not isinstance(inner, dict) or not re.fullmatch(r"[\w-]{1,64}", str(inner.get("name", ""))):
        raise chat_error(400, "Missing required parameter: 'response_format.json_schema.name'.",
                         param="response_format")
    schema = inner.get("schema")
    if not isinstance(schema, dict) or schema.get("type") != "object":
        raise chat_error(400, "Invalid schema: an object is wanted.", param="response_format")
    if not inner.get("strict"):
        return
    names = set(schema.get("properties", {}))
    if schema.get("additionalProperties") is not False or set(schema.get("required", [])) != names:
        raise chat_error(400, "Invalid schema: 'additionalProperties' is required to be false, and "
                         "'required' to name every property.", param="response_format")


def _check_format(api: str, body: dict[str, Any]) -> None:
    form = body.get("response_format", {"type": "text"})
    kind = form.get("type") if isinstance(form, dict) else None
    kinds = ("text", "json_object") if api == "deepseek" else ("text", "json_object", "json_schema")
    if kind not in kinds:
        raise chat_error(400, f"response_format.type: one of {', '.join(kinds)}",
                         param="response_format")
    if kind == "json_object" and not any("json" in m["content"].lower() for m in body["messages"]):
        raise chat_error(400, "Prompt must contain the word 'json' in some form to use "
                         "'response_format' of type 'json_object'.", param="response_format")
    if kind == "json_schema":
        _check_schema(form)


def check_chat(api: str, body: Any, models: dict[str, Any]) -> None:
    if not isinstance(body, dict):
        raise chat_error(400, "We could not parse the JSON body of your request.")
    for name in body:
        if name in ALLOWED[api]:
            continue
        if api == "openai" and name == "max_tokens":
            raise chat_error(400, "Unsupported parameter: 'max_tokens' is not supported with this "
                             "model. Use 'max_completion_tokens' instead.",
                             code="unsupported_parameter", param=name)
        if api == "openai" and name in ("temperature", "top_p"):
            raise chat_error(400, f"Unsupported value: '{name}' does not support this value with "
                             "this model.", code="unsupported_value", param=name)
        raise chat_error(400, f"Unrecognized request argument supplied: {name}",
                         code="unknown_parameter", param=name)
    if not isinstance(body.get("model"), str):
        raise chat_error(400, "you must provide a model parameter", param="model")
    if body["model"] not in models:
        raise no_model(api, body["model"])
    _check_messages(body.get("messages"))
    _check_format(api, body)
    for name, high in (("max_tokens", 393_216), ("max_completion_tokens", 131_072)):
        if name in body and not _integer(body[name], 1, high):
            raise chat_error(400, f"Invalid {name} value", param=name)
    warmth = body.get("temperature", 1)
    if isinstance(warmth, bool) or not isinstance(warmth, (int, float)) or not 0 <= warmth <= 2:
        raise chat_error(400, "temperature: from 0 to 2", param="temperature")
    if body.get("reasoning_effort", "none") not in EFFORTS:
        raise chat_error(400, "reasoning_effort: not a level", param="reasoning_effort")
    thinking = body.get("thinking", {"type": "enabled"})
    if not isinstance(thinking, dict) or thinking.get("type") not in ("enabled", "disabled"):
        raise chat_error(400, "thinking.type: enabled or disabled", param="thinking")
    if body.get("stream"):
        raise chat_error(400, "the simulator doesn't stream", param="stream")


def _invalid(message: str) -> Refused:
    return gemini_error(400, message, "INVALID_ARGUMENT")


def _unknown(names: Any, allowed: set[str], where: str) -> None:
    for name in names:
        if name not in allowed:
            raise _invalid(f'Invalid JSON payload received. Unknown name "{name}" at \'{where}\': '
                           "Cannot find field.")


def _check_contents(contents: Any, what: str) -> None:
    items = contents if isinstance(contents, list) else [contents]
    for item in items:
        if not isinstance(item, dict) or not isinstance(item.get("parts"), list):
            raise _invalid(f"{what}: each {{role, parts}}")
        if what == "contents" and item.get("role") not in ("user", "model"):
            raise _invalid("Please use a valid role: user, model.")
        if not item["parts"] or not all(isinstance(p, dict) and isinstance(p.get("text"), str)
                                        for p in item["parts"]):
            raise _invalid(f"{what}: parts with text")


def _newer_than_3_5(model: str) -> bool:
    found = re.match(r"gemini-(\d+)\.(\d+)", model)
    return bool(found) and (int(found[1]), int(found[2])) >= (3, 6)


def check_gemini(model: str, body: Any, models: dict[str, Any]) -> None:
    if model not in models:
        raise no_model("gemini", model)
    if not isinstance(body, dict):
        raise _invalid("Invalid JSON payload received.")
    _unknown(body, GEMINI_BODY, "")
    if not body.get("contents"):
        raise _invalid("contents is not specified")
    _check_contents(body["contents"], "contents")
    if "systemInstruction" in body:
        _check_contents(body["systemInstruction"], "systemInstruction")
    config = body.get("generationConfig", {})
    if not isinstance(config, dict):
        raise _invalid("generationConfig: an object")
    _unknown(config, GEMINI_GENERATION, "generation_config")
    if _newer_than_3_5(model) and {"temperature", "topP", "topK"} & set(config):
        raise _invalid("temperature, topP and topK are not supported by this model.")
    if "responseSchema" in config and "responseJsonSchema" in config:
        raise _invalid("Only one of responseSchema and responseJsonSchema may be set.")
    if "responseSchema" in config and config.get("responseMimeType") != "application/json":
        raise _invalid("responseSchema needs responseMimeType application/json.")
    kind = (config.get("responseSchema") or {"type": "OBJECT"}).get("type")
    if kind not in ("OBJECT", "STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY"):
        raise _invalid("Invalid value at 'generation_config.response_schema.type'")
    if "maxOutputTokens" in config and not _integer(config["maxOutputTokens"], 1, 65_536):
        raise _invalid("maxOutputTokens: out of range")
    thinking = config.get("thinkingConfig", {})
    _unknown(thinking, {"thinkingLevel", "includeThoughts"}, "generation_config.thinking_config")
    if thinking.get("thinkingLevel", "minimal") not in LEVELS:
        raise _invalid("Invalid value at 'thinking_config.thinking_level'")

"""Meta's errors: code, title, HTTP status, and the two shapes they travel in."""

from __future__ import annotations

import secrets
from typing import Any

# code: (HTTP status, title, default details). Titles and statuses as Meta's list of error codes.
CODES: dict[int, tuple[int, str, str]] = {
    0: (401, "AuthException", "We were unable to authenticate the app user."),
    1: (500, "API Unknown", "Invalid request or possible server error."),
    2: (503, "API Service", "Temporary due to downtime or due to being overloaded."),
    4: (429, "API Too Many Calls", "The app has reached its API call rate limit."),
    10: (403, "Permission Denied", "Permission is either not granted or has been removed."),
    33: (400, "Parameter value is not valid", "The business phone number has been deleted."),
    100: (400, "Invalid parameter",
          "The request included one or more unsupported or misspelled parameters."),
    190: (401, "Access token has expired", "Your access token has expired."),
    368: (403, "Temporarily blocked for policies violations",
          "The WhatsApp Business Account has been restricted or disabled."),
    2500: (400, "Unknown path components", ""),
    80007: (429, "Rate limit issues",
            "The WhatsApp Business Account has reached its rate limit."),
    130429: (429, "Rate limit hit", "Cloud API message throughput has been reached."),
    130472: (400, "User's number is part of an experiment",
             "Message was not sent as part of an experiment."),
    131000: (500, "Something went wrong", "Message failed to send due to an unknown error."),
    131005: (403, "Access denied", "Permission is either not granted or has been removed."),
    131008: (400, "Required parameter is missing", "The request is missing a required parameter."),
    131009: (400, "Parameter value is not valid", "One or more parameter values are invalid."),
    131016: (503, "Service unavailable", "A service is temporarily unavailable."),
    131021: (400, "Recipient cannot be sender", "Sender and recipient phone number is the same."),
    131026: (400, "Message undeliverable",
             "Message Undeliverable. The recipient's phone number is not a WhatsApp number."),
    131031: (403, "Account has been locked", "The account has been restricted or disabled."),
    131042: (400, "Business eligibility payment issue",
             "There was an error related to your payment method."),
    131047: (400, "Re-engagement message",
             "Message failed to send because more than 24 hours have passed since the customer "
             "last replied to this number."),
    131048: (429, "Spam rate limit hit",
             "There are restrictions on how many messages can be sent from this phone number."),
    131049: (400, "This message was not delivered to maintain healthy ecosystem engagement.",
             "In order to maintain a healthy ecosystem engagement, the message failed to be "
             "delivered."),
    131050: (400, "User has stopped marketing messages",
             "This recipient has chosen to stop receiving marketing messages."),
    131051: (400, "Message type unknown", "Message type is not currently supported."),
    131052: (400, "Media download error", "Unable to download the media sent by the user."),
    131053: (400, "Media upload error", "Unable to upload the media used in the message."),
    131056: (429, "(Business Account, Consumer Account) pair rate limit hit",
             "Too many messages sent from the sender phone number to the same recipient phone "
             "number in a short period of time."),
    131057: (503, "Account in maintenance mode", "Business Account is in maintenance mode."),
    131062: (400, "Phone number required", "This message can only be sent to a phone number."),
    132000: (400, "Number of parameters does not match the expected number of params", ""),
    132001: (404, "Template name does not exist in the translation", ""),
    132012: (400, "Parameter format does not match format in the created template", ""),
    132015: (400, "Template is paused", "Template is paused due to low quality."),
    132016: (400, "Template is disabled", "Template was disabled due to low quality."),
    137000: (400, "Identity mismatch", "The customer's identity has changed."),
}
SUBCODES = {4: 2494055, 80007: 2494055, 130429: 2494055, 131056: 2494055}
HREF = "/documentation/business-messaging/whatsapp/support/error-codes"


class GraphError(Exception):
    """A refused call. `message` overrides Meta's "(#code) title"."""

    def __init__(self, code: int, details: str = "", message: str = "",
                 status: int = 0, subcode: int = 0) -> None:
        http_status, title, standard = CODES.get(code, (400, "Unknown error", ""))
        self.code = code
        self.status = status or http_status
        self.details = details or standard or title
        self.message = message or f"(#{code}) {title}"
        self.subcode = subcode or SUBCODES.get(code, 2494010)
        super().__init__(self.message)

    def body(self) -> dict[str, Any]:
        return {"error": {
            "message": self.message, "type": "OAuthException", "code": self.code,
            "error_data": {"messaging_product": "whatsapp", "details": self.details},
            "error_subcode": self.subcode, "fbtrace_id": "A" + secrets.token_urlsafe(16),
        }}


def missing(parameter: str) -> GraphError:
    return GraphError(131008, f"Parameter '{parameter}' is mandatory.")


def invalid(details: str) -> GraphError:
    return GraphError(131009, details)


def bad(text: str) -> GraphError:
    """#100: the request itself is malformed."""
    return GraphError(100, text, f"(#100) {text}")


def status_error(code: int, details: str = "") -> dict[str, Any]:
    """The shape of an error in a webhook's status."""
    _, title, standard = CODES.get(code, (400, "Unknown error", ""))
    return {"code": code, "title": title, "message": title,
            "error_data": {"details": details or standard or title}, "href": HREF}

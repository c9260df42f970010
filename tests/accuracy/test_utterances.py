"""The held-out utterances are whole: known labels, readable entities, nothing twice."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

HERE = Path(__file__).parent
HEADER = "intent\tstate\ttext\tentities\tregion"
INTENTS = set(
    "greeting search_product browse_categories offers product_details add_to_cart remove_from_cart"
    " view_cart apply_coupon checkout provide_address choose_payment order_status cancel_order"
    " human_agent help thanks goodbye affirm deny other".split()
)
STATES = set(
    " greeting browsing results product cart confirm address payment coupon order".split(" ")
)
REGIONS = {
    "es": set("mx co ar cl pe ve ec gt do es".split()),
    "en": {"us", "gb"},
    "pt": {"br", "pt"},
}
LANGUAGES = sorted(REGIONS)
MIN_TEXTS = {"es": 1000, "en": 150, "pt": 150}
MIN_OF_INTENT = {"es": 20, "en": 4, "pt": 4}
MIN_OF_REGION = {"es": 50, "en": 50, "pt": 50}
STATE_SHARE = (0.20, 0.25)
PAYMENT_METHODS = {"cash", "card", "transfer", "link"}


class Utterance(NamedTuple):
    intent: str
    state: str
    text: str
    entities: str
    region: str


def is_amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def is_ordinal(value: object) -> bool:
    return type(value) is int and (value == -1 or value > 0)


def is_word(value: object) -> bool:
    return isinstance(value, str) and value != "" and value == value.strip()


WORDS = ("product_query", "size", "color", "brand", "coupon", "order_number", "address", "category")
ENTITIES: dict[str, Callable[[object], bool]] = {
    **dict.fromkeys(WORDS, is_word),
    **dict.fromkeys(("quantity", "price_min", "price_max"), is_amount),
    "ordinal": is_ordinal,
    "payment_method": lambda value: value in PAYMENT_METHODS,
}


def lines_of(language: str) -> list[str]:
    return (HERE / f"{language}.tsv").read_text(encoding="utf-8").split("\n")


def utterances(language: str) -> list[Utterance]:
    return [Utterance(*line.split("\t")) for line in lines_of(language)[1:-1]]


def wrong_entities(utterance: Utterance) -> list[str]:
    if not utterance.entities:
        return []
    entities = json.loads(utterance.entities)
    if not isinstance(entities, dict) or not entities:
        return ["not an object with keys"]
    wrong = [
        f"{key}: {value!r}"
        for key, value in entities.items()
        if key not in ENTITIES or not ENTITIES[key](value)
    ]
    text = utterance.text.casefold()
    unwritten = [
        f"{key}: {word!r} isn't in the text"
        for key in WORDS
        for word in str(entities.get(key, "")).casefold().split()
        if word not in text
    ]
    return wrong + unwritten


@pytest.mark.parametrize("language", LANGUAGES)
def test_form(language: str) -> None:
    lines = lines_of(language)
    assert lines[0] == HEADER
    assert lines[-1] == "", "no newline at the end"
    assert not [line for line in lines[1:-1] if line.count("\t") != 4]


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels(language: str) -> None:
    assert not [
        utterance
        for utterance in utterances(language)
        if utterance.intent not in INTENTS
        or utterance.state not in STATES
        or utterance.region not in REGIONS[language]
        or not is_word(utterance.text)
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_entities(language: str) -> None:
    found = [(u.text, wrong) for u in utterances(language) if (wrong := wrong_entities(u))]
    assert not found


@pytest.mark.parametrize(
    "entities",
    ['{"colour": "red"}', '{"color": "blue"}', '{"quantity": "2"}', '{"ordinal": 0}', "[]", "{}"],
)
def test_wrong_entities_finds(entities: str) -> None:
    assert wrong_entities(Utterance("add_to_cart", "", "2 red ones", entities, "us"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_twice(language: str) -> None:
    counts = Counter((u.text.casefold(), u.state) for u in utterances(language))
    assert not [key for key, count in counts.items() if count > 1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_counts(language: str) -> None:
    all_of_them = utterances(language)
    assert len({u.text.casefold() for u in all_of_them}) >= MIN_TEXTS[language]
    intents = Counter(u.intent for u in all_of_them)
    assert not [i for i in INTENTS if intents[i] < MIN_OF_INTENT[language]]
    regions = Counter(u.region for u in all_of_them)
    assert not [r for r in REGIONS[language] if regions[r] < MIN_OF_REGION[language]]
    low, high = STATE_SHARE
    assert low <= sum(u.state != "" for u in all_of_them) / len(all_of_them) <= high

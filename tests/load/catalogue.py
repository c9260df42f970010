"""A shop's catalogue of any size, the same for the same seed, and what customers ask it for.

    python -m tests.load.catalogue 100000 >products.tsv      # in COPY's text format, COLUMNS below

Words are as unevenly common as in real names (Zipf): a few are in one name of ten, most model codes
in one alone.
"""

from __future__ import annotations

import itertools
import random
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tests.load.catalogue_words import (
    ADJECTIVES,
    AUDIENCES,
    BRANDS,
    CLAIMS,
    COLORS,
    DEPARTMENTS,
    OPENINGS,
    PURPOSES,
    REGIONAL,
    Department,
)

SEED = 8105
COLUMNS = (
    "id", "sku", "ean", "category_id", "name", "brand", "description", "price", "offer_price",
    "stock", "popularity_score", "attributes", "image_url", "is_available", "is_featured",
)  # fmt: skip
# Picks are bits of a random number: the lists are drawn out to this length, in Zipf's shares.
_BITS = 12
SAMPLE = 4000
# Feminine though they don't look it, and the reverse.
_FEMININE = {"carne", "llave", "base", "leche", "sal", "pared", "sartén", "tablet", "laptop", "bolsa"}
_MASCULINE = {"día", "mapa", "sofá", "yoga"}


class Sampled(NamedTuple):
    """What queries are made of: the parts of one product's name."""

    noun: str
    adjective: str
    material: str
    brand: str
    model: str
    color: str
    feature: str
    price: float


@dataclass(frozen=True)
class Kind:
    """A noun with all that may follow it, drawn out."""

    department: int
    noun: str
    adjectives: Sequence[str]
    materials: Sequence[str]
    features: Sequence[str]
    measures: Sequence[str]
    colors: Sequence[str]
    sizes: Sequence[str]
    brands: Sequence[str]
    price: float


@dataclass(frozen=True)
class Query:
    kind: str
    text: str


class Catalogue:
    def __init__(self, count: int, seed: int = SEED) -> None:
        self.count = count
        self._seed = seed
        self.sample: list[Sampled] = []
        """Spread over the rows that were read so far, SAMPLE at most."""

    def categories(self) -> list[str]:
        """Their names, by id from 1."""
        return [department.name for department in DEPARTMENTS]

    def lines(self) -> Iterator[str]:
        """The rows in COPY's text format, each with its newline."""
        rng = random.Random(self._seed)
        kinds = _drawn(_kinds(rng), 1 << _BITS)
        step = max(1, self.count // SAMPLE)
        self.sample = []
        for number in range(1, self.count + 1):
            kind = kinds[rng.getrandbits(_BITS)]
            line, parts = _row(rng, kind, number)
            if number % step == 0 and len(self.sample) < SAMPLE:
                self.sample.append(parts)
            yield line

    def queries(self, count: int) -> list[Query]:
        """Of all kinds in turn by their shares; `lines` has to be read before."""
        rng = random.Random(self._seed + 1)
        kinds = rng.choices([make for make, _ in QUERY_KINDS], [share for _, share in QUERY_KINDS],
                            k=count)  # fmt: skip
        return [_query(rng, make, rng.choice(self.sample)) for make in kinds]


def _drawn(words: Sequence, length: int) -> list:
    """WORDS in Zipf's shares: the second half as often as the first, the third a third ..."""
    whole = sum(1 / rank for rank in range(1, len(words) + 1))
    drawn: list = []
    for rank, word in enumerate(words, 1):
        drawn += [word] * max(1, round(length / (rank * whole)))
    # Too short or too long by the rounding: the commonest make up for it.
    return (drawn + [words[0]] * length)[:length] if len(drawn) < length else drawn[-length:]


def _kinds(rng: random.Random) -> list[Kind]:
    """Round the departments, so that each has some of the most frequent nouns."""
    length = 1 << _BITS
    colors = [_drawn(_shuffled(rng, COLORS, 6), length) for _ in range(6)]
    brands = [_drawn(_shuffled(rng, BRANDS, len(BRANDS)), length) for _ in DEPARTMENTS]
    lists: dict[int, tuple[list, ...]] = {}
    made = []
    for position in itertools.count():
        row = [(at, d) for at, d in enumerate(DEPARTMENTS) if position < len(d.nouns)]
        if not row:
            return made
        for at, department in row:
            noun = department.nouns[position]
            materials, features, measures = lists.setdefault(at, _lists(department))
            adjectives = [_agreeing(word, noun) for word in _shuffled(rng, ADJECTIVES, 4)]
            made.append(Kind(
                at, noun, _drawn(adjectives, length), materials, features, measures,
                [_agreeing(word, noun) for word in rng.choice(colors)], department.sizes,
                brands[at], department.price * rng.lognormvariate(0, 0.5),
            ))  # fmt: skip


def _lists(department: Department) -> tuple[list, ...]:
    length = 1 << _BITS
    return tuple(
        _drawn(words, length)
        for words in (department.materials, department.features, department.measures)
    )


def _shuffled(rng: random.Random, words: Sequence[str], reach: int) -> list[str]:
    """In nearly the same order: each moves by up to REACH places."""
    return [words[at] for at in sorted(range(len(words)), key=lambda at: at + rng.random() * reach)]


def _agreeing(word: str, noun: str) -> str:
    """rojo, of a camisa: roja; of zapatos: rojos."""
    first = noun.split()[0]
    feminine = first in _FEMININE or (first.rstrip("s")[-1:] == "a" or first.endswith("ión"))
    if first in _MASCULINE:
        feminine = False
    if " " not in word and word.endswith("o") and feminine:
        word = word[:-1] + "a"
    if " " not in word and first.endswith("s") and word[-1] in "aeo":
        word += "s"
    return word


def _row(rng: random.Random, kind: Kind, number: int) -> tuple[str, Sampled]:
    bits, chance = rng.getrandbits, rng.random
    adjective = kind.adjectives[bits(_BITS)]
    material = kind.materials[bits(_BITS)]
    feature = kind.features[bits(_BITS)]
    brand = kind.brands[bits(_BITS)]
    color = kind.colors[bits(_BITS)]
    model = _model(bits(31))
    # Which parts a name has; a colour or a model in about half of them.
    with_ = bits(6)
    words = [kind.noun]
    if with_ & 1 or with_ & 2:
        words.append(material)
    if with_ & 2:
        words.append(adjective)
    if with_ & 4:
        words.append(feature)
    if kind.sizes and with_ & 8:
        words.append(AUDIENCES[bits(6) * bits(6) * len(AUDIENCES) >> 12])
    words.append(brand)
    if with_ & 16:
        words.append(model)
    if with_ & 8 and not kind.sizes:
        words.append(kind.measures[bits(_BITS)])
    if with_ & 32:
        words.append(color)
    name = " ".join(words)
    name = name[0].upper() + name[1:]

    price = kind.price * (0.4 + 1.6 * chance() ** 2)
    offer = f"{price * 0.8:.2f}" if bits(3) == 0 else "\\N"
    sizes = f'"sizes": {_json_list(kind.sizes[bits(8) % len(kind.sizes)])}, ' if kind.sizes else ""
    second = kind.colors[bits(_BITS)]
    colors = f'["{color}"]' if second == color else f'["{color}", "{second}"]'
    mark = DEPARTMENTS[kind.department].mark
    line = (
        f"{number}\t{mark}-{number:07d}\t{_ean(number)}\t{kind.department + 1}\t{name}\t{brand}\t"
        f"{_description(rng, kind.noun, adjective, material)}\t{price:.2f}\t{offer}\t"
        f"{0 if bits(4) == 0 else bits(8)}\t{int(100 * chance() ** 4)}\t"
        f'{{{sizes}"colors": {colors}}}\thttps://img.example/{number}.jpg\t'
        f"{'f' if bits(5) == 0 else 't'}\t{'t' if bits(6) == 0 else 'f'}\n"
    )
    return line, Sampled(kind.noun, adjective, material, brand, model, color, feature, price)


def _json_list(text: str) -> str:
    return '["' + text.replace(",", '", "') + '"]'


def _model(bits: int) -> str:
    """GX-450, K72: the letters of a series, a number, most of them of one product alone."""
    letters = "ABCDEFGHKLMNPRSTVXZ"
    series = letters[bits % 19] + (letters[bits // 19 % 19] if bits & 4 else "")
    return f"{series}{'-' if bits & 8 else ''}{10 + (bits >> 12) % 9989}"


def _ean(number: int) -> str:
    """Begins with 2, as what shops number themselves; with its check digit."""
    digits = f"2{number:011d}"
    odd, even = sum(map(int, digits[::2])), sum(map(int, digits[1::2]))
    return f"{digits}{-(odd + 3 * even) % 10}"


_OPENINGS, _PURPOSES, _CLAIMS = (
    _drawn(words, 1 << _BITS) for words in (OPENINGS, PURPOSES, CLAIMS)
)


def _description(rng: random.Random, noun: str, adjective: str, material: str) -> str:
    bits = rng.getrandbits
    first, second = _CLAIMS[bits(_BITS)], _CLAIMS[bits(_BITS)]
    purpose = f"{_OPENINGS[bits(_BITS)]} {_PURPOSES[bits(_BITS)]}"
    if bits(1):
        return f"{noun.capitalize()} {adjective}, {purpose}; {first}."
    return f"{noun.capitalize()} {material} {adjective} {purpose}, {first} y {second}."


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.replace("ñ", "\0"))
    kept = "".join(char for char in decomposed if not unicodedata.combining(char))
    return kept.replace("\0", "ñ")


def _common(rng: random.Random, product: Sampled) -> str:
    return rng.choice((product.color, product.material.split()[-1], product.adjective, product.noun))


def _rare(rng: random.Random, product: Sampled) -> str:
    return rng.choice((product.model, f"{product.brand} {product.model}"))


def _two(rng: random.Random, product: Sampled) -> str:
    first = product.noun.split()[0]
    return f"{first} {rng.choice((product.color, product.adjective, product.brand))}"


def _five(rng: random.Random, product: Sampled) -> str:
    words = f"{product.noun} {product.material} {product.adjective} {product.brand} {product.color}"
    return " ".join(words.split()[:6])


def _typo(rng: random.Random, product: Sampled) -> str:
    words = [product.noun.split()[0], product.adjective]
    at = max(range(2), key=lambda index: len(words[index]))
    words[at] = _misspelt(rng, words[at])
    return " ".join(words)


def _misspelt(rng: random.Random, word: str) -> str:
    at = rng.randrange(1, len(word) - 1) if len(word) > 3 else 1
    match rng.randrange(4):
        case 0:
            return word[:at] + word[at + 1 :]
        case 1:
            return word[:at] + word[at] + word[at:]
        case 2:
            return word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :]
        case _:
            return word[:at] + rng.choice("aeioulnrst") + word[at + 1 :]


def _prefix(rng: random.Random, product: Sampled) -> str:
    if rng.random() < 0.5:
        return product.noun.split()[0][: rng.randrange(3, 6)]
    return f"{product.noun} {product.adjective[: rng.randrange(3, 6)]}"


def _regional(rng: random.Random, product: Sampled) -> str:
    theirs, _ = rng.choice(REGIONAL)
    return theirs if rng.random() < 0.5 else f"{theirs} {product.color}"


def _price(rng: random.Random, product: Sampled) -> str:
    amount = max(10, round(product.price, -1))
    phrase = rng.choice(("menos de {:.0f} pesos", "hasta {:.0f}", "entre {low:.0f} y {:.0f}"))
    return f"{product.noun} {phrase.format(amount, low=amount / 2)}"


# How often each comes, as customers write in a chat: mostly one or two words.
QUERY_KINDS: Sequence[tuple[Callable[[random.Random, Sampled], str], int]] = (
    (_two, 30), (_common, 15), (_rare, 10), (_five, 10), (_typo, 15), (_prefix, 10),
    (_regional, 5), (_price, 5),
)  # fmt: skip


def _query(
    rng: random.Random, make: Callable[[random.Random, Sampled], str], product: Sampled
) -> Query:
    text = make(rng, product).lower()
    return Query(make.__name__.lstrip("_"), _plain(text) if rng.random() < 0.5 else text)


def main(arguments: Sequence[str]) -> int:
    sys.stdout.writelines(Catalogue(int(arguments[0])).lines())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Products for the order sheet, read from whatever TSV or CSV the shop has."""

from __future__ import annotations

import csv
import re
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Iterator

PRODUCTS_MAX = 500
NAMES = {
    "sku": ("sku", "product_retailer_id", "retailer_id", "codigo", "code", "id"),
    "name": ("name", "nombre", "title", "product_name"),
    "price": ("price", "precio"),
    "offer": ("offer_price", "sale_price", "precio_oferta"),
    "price_minor": ("price_minor", "price_cents", "precio_centavos"),
    "currency": ("currency", "moneda"),
    "category": ("category", "categoria", "category_name", "category_slug"),
    "colors": ("colors", "colours", "colores", "color"),
}
DEMO = [
    {"sku": "ZAP-ROJ-42", "name": "Zapatillas rojas talla 42", "price": 899.0, "currency": "MXN"},
    {"sku": "CAM-AZU-M", "name": "Camisa azul M", "price": 349.0, "currency": "MXN"},
    {"sku": "CAF-1KG", "name": "Café de Chiapas 1 kg", "price": 289.5, "currency": "MXN"},
    {"sku": "LAM-ESC", "name": "Lámpara de escritorio", "price": 459.0, "currency": "MXN"},
]


def parse_price(text: str) -> Decimal | None:
    """'1.299,50', '$1,299.50' and '1299.5' alike."""
    digits = re.sub(r"[^0-9.,]", "", text)
    if "," in digits and digits.rfind(",") > digits.rfind("."):
        digits = digits.replace(".", "").replace(",", ".")
    try:
        return Decimal(digits.replace(",", ""))
    except InvalidOperation:
        return None


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        head = file.readline()
        file.seek(0)
        delimiter = max("\t;,", key=head.count)
        quoting = csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL
        for row in csv.DictReader(file, delimiter=delimiter, quoting=quoting):
            yield {str(k).strip().lower(): v for k, v in row.items() if k and isinstance(v, str)}


def _product(row: dict[str, str]) -> dict[str, Any] | None:
    found = {name: next((row[alias].strip() for alias in aliases if row.get(alias)), "")
             for name, aliases in NAMES.items()}
    price = parse_price(found["price"]) if found["price"] else None
    if price is None and found["price_minor"]:
        minor = parse_price(found["price_minor"])
        price = minor / 100 if minor is not None else None
    offer = parse_price(found["offer"]) if found["offer"] else None
    if price and offer and offer < price:
        price = offer
    if not found["sku"] or not found["name"] or price is None:
        return None
    return {"sku": found["sku"], "name": found["name"], "price": float(price),
            "currency": found["currency"] or "MXN", "category": found["category"],
            "colors": found["colors"]}


class Catalogue:
    """Read when asked and the file has changed, so that a shop may edit it while it runs."""

    def __init__(self, path: str) -> None:
        self.path = Path(path) if path else None
        self._read_at = 0.0
        self._products: list[dict[str, Any]] = []

    def products(self) -> list[dict[str, Any]]:
        files = self._files()
        if not files:
            return DEMO
        try:
            changed = max(file.stat().st_mtime for file in files)
            if changed != self._read_at:
                self._products, self._read_at = self._read(files), changed
        except (OSError, UnicodeDecodeError, csv.Error):
            return self._products or DEMO
        return self._products or DEMO

    def find(self, sku: str) -> dict[str, Any] | None:
        return next((product for product in self.products() if product["sku"] == sku), None)

    def _files(self) -> list[Path]:
        if not self.path or not self.path.exists():
            return []
        if self.path.is_dir():
            return sorted([*self.path.glob("*.tsv"), *self.path.glob("*.csv")])
        return [self.path]

    def _read(self, files: list[Path]) -> list[dict[str, Any]]:
        products: list[dict[str, Any]] = []
        for file in files:
            for row in _rows(file):
                product = _product(row)
                if product:
                    products.append(product)
                if len(products) >= PRODUCTS_MAX:
                    return products
        return products

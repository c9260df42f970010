"""Fixtures that several files of this folder share."""

from tests.api.session_shop import (  # noqa: F401
    make_shop,
    schema_template,
    shop,
    shop_database,
)

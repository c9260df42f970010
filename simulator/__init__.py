"""Stands in for the outside services of the shop: WhatsApp's Cloud API, with a chat page."""

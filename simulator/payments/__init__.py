"""Plays payment gateways: Stripe, Mercado Pago, Wompi, PayPal, with the page where one pays."""

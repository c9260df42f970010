"""WhatsApp's Cloud API: the Graph API a shop calls, and the webhooks it gets."""

"""How well intents and entities are read from held-out messages: `./commerce accuracy`."""

"""What n8n keeps of a run: which node gave what, read from its database."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Execution:
    id: int
    status: str
    run_data: dict[str, Any]

    def ran(self, node: str) -> bool:
        return node in self.run_data

    def begun(self, node: str) -> int:
        """A number that is higher, the later the node began for the first time."""
        return self.run_data[node][0]["executionIndex"]

    def output(self, node: str, index: int = 0) -> list[dict[str, Any]]:
        """The items of all runs of the node on that output."""
        outputs = [run["data"]["main"] for run in self.run_data.get(node, [])]
        return [item["json"] for output in outputs if index < len(output) for item in output[index] or []]


def read_execution(id_: int, status: str, text: str) -> Execution:
    return Execution(id_, status, unflatten(text)["resultData"]["runData"])


def unflatten(text: str) -> Any:
    """n8n's form: a list in which each text inside an object or list is the place of the value."""
    places = json.loads(text)
    done: dict[int, Any] = {}

    def follow(value: Any) -> Any:
        return build(int(value)) if isinstance(value, str) else value

    def build(place: int) -> Any:
        if place not in done:
            value = places[place]
            if isinstance(value, dict):
                # Noted before its members are built: they may lead back to it.
                done[place] = {}
                done[place].update({key: follow(member) for key, member in value.items()})
            elif isinstance(value, list):
                done[place] = []
                done[place].extend(follow(member) for member in value)
            else:
                done[place] = value
        return done[place]

    return build(0)

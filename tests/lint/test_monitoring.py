"""The Grafana dashboard and the alert rules ask for metrics that services have."""

from __future__ import annotations

import json
import re

import yaml

from tests.lint import repo

MONITORING = repo.ROOT / "docs" / "monitoring"
# Words of PromQL, its functions and labels.
WORDS = frozenset(
    "sum by rate histogram_quantile le job status source verdict or up service".split()
)
SUFFIXES = ("_bucket", "_count", "_sum")


def known() -> set[str]:
    names: set[str] = set()
    for path in repo.c_files():
        text = (repo.ROOT / path).read_text()
        names |= set(re.findall(r'"([a-z][a-z0-9_]+)"', text))
        names |= set(re.findall(r"# TYPE ([a-z_]+) ", text))
    return names


def asked(expression: str) -> set[str]:
    without = re.sub(r'"[^"]*"|\{\{.*?\}\}|\[[^\]]*\]', "", expression)
    return set(re.findall(r"\b[a-z][a-z0-9_]+\b", without)) - WORDS


def expressions() -> list[str]:
    dashboard = json.loads((MONITORING / "grafana-dashboard.json").read_text())
    rules = yaml.safe_load((MONITORING / "prometheus-alerts.yaml").read_text())
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]] + [
        rule["expr"] for group in rules["groups"] for rule in group["rules"]
    ]


def test_what_is_asked_for_is_there() -> None:
    there = known()
    missing = []
    for expression in expressions():
        for name in asked(expression):
            plain = next((name.removesuffix(s) for s in SUFFIXES if name.endswith(s)), name)
            if plain not in there and name not in there:
                missing.append(f"{name} in {expression}")
    assert not missing, repo.report(missing)


def test_every_rule_says_what_is_wrong() -> None:
    rules = yaml.safe_load((MONITORING / "prometheus-alerts.yaml").read_text())
    for rule in rules["groups"][0]["rules"]:
        assert rule["annotations"]["summary"] and rule["annotations"]["description"], rule
        assert rule["labels"]["severity"] in ("warning", "critical"), rule

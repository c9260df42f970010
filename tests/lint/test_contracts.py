"""A service is a folder, a contract and a line in the build; none of them alone."""

import re

import pytest

from tests.lint import repo

yaml = pytest.importorskip("yaml")


# What every contract holds, put into it by the build.
COMMON = "openapi/common.yaml"


def contracts() -> dict[str, str]:
    found = {}
    for path in repo.files():
        match = re.fullmatch(r"openapi/(\w+)\.yaml", path)
        if match and path != COMMON:
            found[match[1]] = path
    return found


def built_services() -> set[str]:
    text = re.sub(r"#.*", "", repo.text("CMakeLists.txt"))
    return set(re.findall(r"\bsvc_service\(\s*(\w+)", text))


def operation_ids(document: dict) -> list[str]:
    return [
        operation["operationId"]
        for item in document["paths"].values()
        for method, operation in item.items()
        if method in ("get", "put", "post", "patch", "delete")
    ]


def test_each_contract_is_openapi() -> None:
    common = operation_ids(yaml.safe_load(repo.text(COMMON)))
    for path in contracts().values():
        document = yaml.safe_load(repo.text(path))
        assert str(document["openapi"]).startswith("3.1."), path
        assert document["info"]["title"] and document["info"]["version"], path
        own = operation_ids(document)
        assert own, f"{path} has no operation"
        twice = {i for i in own + common if (own + common).count(i) > 1}
        assert not twice, f"{path}: {twice}"


def test_each_service_is_whole() -> None:
    names = set(contracts()) | built_services()
    assert names, "no service at all"
    found = []
    for name in sorted(names):
        if name not in contracts():
            found.append(f"openapi/{name}.yaml is missing")
        if name not in built_services():
            found.append(f"CMakeLists.txt has no svc_service({name})")
        if f"services/{name}/main.c" not in repo.files():
            found.append(f"services/{name}/main.c is missing")
    folders = {p.split("/")[1] for p in repo.files() if p.startswith("services/")}
    found += [f"services/{f} has no contract" for f in sorted(folders - names)]
    assert not found, repo.report(found)


def test_each_unit_test_is_built() -> None:
    listed = set(re.findall(r"\b[\w/]+/test_\w+\.c\b", repo.text("tests/unit/CMakeLists.txt")))
    there = {
        p.removeprefix("tests/unit/")
        for p in repo.files()
        if re.fullmatch(r"tests/unit/.*/test_\w+\.c", p)
    }
    assert there and listed == there

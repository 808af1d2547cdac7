"""The shipped rule packs together; tests/knowledge/test_lint.py looks at each one."""

from avcdoctor.knowledge import load
from avcdoctor.knowledge.review import contradictions
from avcdoctor.knowledge.typefacts import ports_of
from avcdoctor.resources import policies_dir

KNOWLEDGE = load([policies_dir() / "rules"])


def test_every_pack_loads_beside_the_others() -> None:
    assert [str(error) for error in KNOWLEDGE.errors] == []


def test_no_rule_contradicts_another() -> None:
    assert [str(problem) for problem in contradictions(KNOWLEDGE.rules)] == []


def test_one_domain_belongs_to_one_service() -> None:
    owners = [(domain, service.name) for service in KNOWLEDGE.services for domain in service.domains]
    domains = [domain for domain, _ in owners]
    assert [pair for pair in owners if domains.count(pair[0]) > 1] == []


def test_every_port_type_has_ports() -> None:
    ports = [(service.name, port) for service in KNOWLEDGE.services for port in service.ports]
    assert [pair for pair in ports if not ports_of(pair[1])] == []


def test_every_service_of_the_packs_can_be_found_by_its_domain() -> None:
    for service in KNOWLEDGE.services:
        assert all(KNOWLEDGE.service_of(domain) is service for domain in service.domains)

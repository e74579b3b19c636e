"""Problems of a running agent, as its log of the container shows them."""

import pytest

from checks.agent.problem_reporter import Problem, ProblemReporter

DOWN = "the API server cannot be reached"


class Agent:
    """Problems that change, a clock, and what was said."""

    def __init__(self) -> None:
        self.now = 100.0
        self.problems: list[Problem] = []
        self.said: list[str] = []
        self._reporter = ProblemReporter(lambda: self.problems, self.said.append, lambda: self.now)

    def passes(self, seconds: int, *problems: Problem) -> list[str]:
        """Let time pass with these problems, and return what was said meanwhile."""
        self.problems, begin = list(problems), len(self.said)
        for _ in range(seconds):
            self.now += 1
            self._reporter.report()
        return self.said[begin:]


@pytest.fixture
def agent() -> Agent:
    return Agent()


def test_a_problem_is_said_once_and_its_end_once(agent: Agent) -> None:
    assert agent.passes(60, ("pods of namespace a", DOWN)) == [f"pods of namespace a: {DOWN}"]
    assert agent.passes(60) == [f"over since 10 s: {DOWN}"]
    assert agent.passes(60, ("pods of namespace a", DOWN)) == [f"pods of namespace a: {DOWN}"]


def test_problems_with_one_cause_share_a_line(agent: Agent) -> None:
    watches = [(f"pods of namespace {name}", DOWN) for name in "abc"]
    said = agent.passes(5, *watches, ("event log", "no space left on device"))
    assert said == [f"pods of namespace a and 2 more: {DOWN}", "event log: no space left on device"]


def test_what_is_over_at_once_is_not_said(agent: Agent) -> None:
    assert agent.passes(1, ("pods of namespace a", DOWN)) == []
    assert agent.passes(60) == []


def test_a_problem_that_comes_and_goes_is_one(agent: Agent) -> None:
    assert len(agent.passes(5, ("nodes", DOWN))) == 1
    for _ in range(20):
        assert agent.passes(5) + agent.passes(5, ("nodes", DOWN)) == []

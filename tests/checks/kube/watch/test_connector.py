"""A rejected credential is read again, once for all watches."""

from checks.errors import UsageError
from checks.kube.connection import Connection
from checks.kube.watch import connector as module
from checks.kube.watch.connector import Connector


def test_one_renewal_serves_all_watches_and_a_failed_one_keeps_what_there_is() -> None:
    now = 100.0
    old, new = Connection("a", "https://old"), Connection("a", "https://new")
    answers: list[Connection | UsageError] = [new, UsageError("the kubeconfig is gone")]
    reloads = 0

    def reload() -> Connection:
        nonlocal reloads
        reloads += 1
        answer = answers.pop(0)
        if isinstance(answer, UsageError):
            raise answer
        return answer

    connector = Connector(old, reload, clock=lambda: now)
    connector.renew()
    connector.renew()
    assert (connector.connection, reloads) == (new, 1)
    now += module.RENEWAL_SECONDS
    connector.renew()
    assert (connector.connection, connector.problem) == (new, "the kubeconfig is gone")

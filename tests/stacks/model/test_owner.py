from stacks.model.owner import SERVERS, WORKLOADS, Owner


def test_clients_of_one_namespace_have_names_of_their_own() -> None:
    owner = Owner(SERVERS, "time")
    found = {owner.client(labels) for labels in ({}, {"app": "a"}, {"app": "b"}, {"a": "1", "b": "2"})}
    assert len(found) == 4
    assert owner.client({"a": "1", "b": "2"}) == owner.client({"b": "2", "a": "1"})


def test_server_and_workload_of_one_name_share_no_object_and_no_pod() -> None:
    server, workload = Owner(SERVERS, "time"), Owner(WORKLOADS, "time")
    for one, other in (
        (server.name, workload.name),
        (server.secret, workload.secret),
        (server.config, workload.config),
    ):
        assert one != other
    assert not server.selector.items() <= workload.selector.items()
    assert not workload.selector.items() <= server.selector.items()


def test_selector_has_no_label_by_which_undeclared_objects_are_found() -> None:
    assert Owner(WORKLOADS, "db").labels.keys() - Owner(WORKLOADS, "db").selector.keys() == {"cortex.dev/component"}

"""The path, end to end."""

from tests.support.database import Sql
from tests.support.node import RunningNode


def test_a_revocation_by_rest_and_an_update_by_sql_show_up_in_the_stream(node: RunningNode, database: Sql) -> None:
    consent = database.consents()[0]
    tail = node.tail("csr")
    with node.client("customer") as customer:
        answer = customer.post(f"/api/v1/customer/consents/{consent}/revoke")
        assert answer.status_code == 200, answer.text
    database.set(consent, "granted")
    tail.wait(lambda t: len(t.events) == 2)
    first, second = tail.events
    assert (first.data["type"], second.data["type"]) == ("revoked", "granted")
    assert first.data["actor"]["kind"] == "customer"
    assert second.data["actor"] == {"kind": "database", "id": "cf_test_owner"}
    assert tail.seqs == [1, 2]
    assert database.verify() == []

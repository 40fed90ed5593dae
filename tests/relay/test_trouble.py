"""What is the matter with NATS, by what its library raises."""

import ssl

import nats.errors
import nats.js.errors
import pytest

from consentfeed.relay.trouble import ADVICE, trouble


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (nats.js.errors.APIError(code=503, err_code=10023), "full"),
        (nats.js.errors.APIError(code=400, err_code=10002), "full"),
        # A relay that had no answer sends again what the leader of a loaded cluster has not passed on yet.
        (nats.js.errors.APIError(code=400, err_code=10158), "unanswered"),
        (nats.js.errors.APIError(code=503, err_code=1), "no-quorum"),
        (nats.js.errors.APIError(code=400, err_code=1), "refused"),
        (nats.js.errors.NoStreamResponseError(), "lost"),
        (nats.errors.AuthorizationError(), "locked-out"),
        (nats.errors.Error("nats: 'Authorization Violation'"), "locked-out"),
        (ssl.SSLCertVerificationError(), "tls"),
        (ConnectionRefusedError(), "away"),
    ],
)
def test_an_error_has_a_code_and_an_advice(error: Exception, code: str) -> None:
    assert trouble(error).code == code
    assert str(trouble(error)).startswith(ADVICE[code])

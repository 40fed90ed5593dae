"""Evidence as a consent record of ISO/IEC TS 27560, in JSON-LD with the terms of the Data Privacy Vocabulary.

docs/proof.md has the mapping, and what is missing: what the service does not know it leaves out.
"""

from typing import Any, Final

import msgspec

_CONTEXT: Final = {
    "dpv": "https://w3id.org/dpv#",
    "dct": "http://purl.org/dc/terms/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_PROFILE: Final = "https://w3id.org/dpv/schema/dpv-27560#record"
Json = dict[str, Any]


def record(evidence: bytes) -> bytes:
    """The consent record of a document of evidence."""
    document: Json = msgspec.json.decode(evidence)
    consent, customer = document["consent"], document["customer"]
    bodies: list[Json] = [msgspec.json.decode(event["body"]) for event in document["events"]]
    return msgspec.json.encode(
        {
            "@context": _CONTEXT,
            "@id": f"urn:uuid:{consent['id']}",
            "@type": "dpv:ConsentRecord",
            "dct:conformsTo": {"@id": _PROFILE},
            "dct:identifier": consent["id"],
            "dct:created": _time(document["made_at"]),
            "dpv:hasDataSubject": _data_subject(customer),
            "dpv:hasLegalBasis": {"@id": "dpv:Consent"},
            "dpv:hasNotice": [_notice(notice) for notice in document["notices"]],
            "dpv:hasProcess": _process(document["purpose"], consent["channel"]),
            "dpv:hasConsentControl": {"@id": "dpv:WithdrawConsent"},
            "dpv:hasConsentStatus": [_status(body, bodies[nth - 1] if nth else None) for nth, body in enumerate(bodies)]
            or [{"@type": "dpv:ConsentUnknown"}],
        }
    )


def _time(text: str) -> Json:
    return {"@type": "xsd:dateTime", "@value": text}


def _data_subject(customer: Json) -> Json:
    known = {"dpv:hasName": customer["name"], "dpv:hasContact": customer["email"] or customer["msisdn"]}
    return {
        "@id": f"urn:uuid:{customer['id']}",
        "@type": "dpv:DataSubject",
        "dct:identifier": customer["id"],
        **{term: value for term, value in known.items() if value},
    }


def _notice(notice: Json) -> Json:
    return {
        "@type": "dpv:ConsentNotice",
        "dct:identifier": f"{notice['key']}/{notice['version']}/{notice['language']}",
        "dct:language": notice["language"],
        "dct:title": {"@language": notice["language"], "@value": notice["title"]},
        "dct:issued": _time(notice["published_at"]),
        "rdf:value": {"@language": notice["language"], "@value": notice["text"]},
    }


def _process(purpose: Json, channel: str) -> Json:
    term = purpose["dpv_term"]
    return {
        "@type": "dpv:Process",
        "dpv:hasPurpose": {
            "@type": term if term and term.startswith("dpv:") else "dpv:Purpose",
            "dct:identifier": purpose["key"],
            "dct:title": purpose["title"],
            "dct:description": purpose["description"],
        },
        "dpv:hasContext": {"@type": "dpv:Context", "dct:identifier": channel},
    }


def _status(body: Json, before: Json | None) -> Json:
    """What an event is called: a revocation of what was never granted is a refusal, one by others no withdrawal."""
    actor, consent = body["actor"], body["consent"]
    expiry = {"dct:valid": _time(consent["expires_at"])} if consent["expires_at"] else {}
    return {
        "@type": _term(body, before),
        "dct:identifier": str(body["seq"]),
        "dct:date": _time(body["timestamp"]),
        **expiry,
        "dpv:isImplementedByEntity": {
            "@type": "dpv:DataSubject" if actor["kind"] == "customer" else "dpv:Entity",
            "dct:identifier": actor["id"] or actor["kind"],
        },
        "dpv:hasLegalBasis": {"@id": "dpv:Consent"},
    }


def _term(body: Json, before: Json | None) -> str:
    if body["type"] == "granted":
        renewed = before is not None and before["type"] in {"granted", "expired"}
        return "dpv:RenewedConsentGiven" if renewed else "dpv:ConsentGiven"
    if body["type"] == "expired":
        return "dpv:ConsentExpired"
    if body["consent"]["granted_at"] is None:
        return "dpv:ConsentRefused"
    return "dpv:ConsentWithdrawn" if body["actor"]["kind"] == "customer" else "dpv:ConsentRevoked"

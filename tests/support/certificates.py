"""A certificate authority of a test's own, and a certificate of it for this machine."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

_NAME = x509.NameOID.COMMON_NAME


class Certificates(NamedTuple):
    """As PEM: of the authority, of the server, and the server's key."""

    authority: str
    server: str
    key: str


def certificates(host: str = "localhost") -> Certificates:
    """For this host, and the addresses of this machine."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("an authority of tests", authority_key.public_key())
    authority = authority.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    usage = x509.KeyUsage(
        key_cert_sign=True, crl_sign=True, digital_signature=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    identifier = x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key())
    authority = authority.add_extension(usage, critical=True).add_extension(identifier, critical=False)
    names = [x509.DNSName(host), *(x509.IPAddress(ip_address(address)) for address in ("127.0.0.1", "::1"))]
    server = _certificate(host, key.public_key()).add_extension(x509.SubjectAlternativeName(names), critical=False)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
    server = server.add_extension(issuer, critical=False)
    return Certificates(
        authority.sign(authority_key, hashes.SHA256()).public_bytes(Encoding.PEM).decode(),
        server.sign(authority_key, hashes.SHA256()).public_bytes(Encoding.PEM).decode(),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    )


def _certificate(name: str, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(_NAME, "an authority of tests")]))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
    )

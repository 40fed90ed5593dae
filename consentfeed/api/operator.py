"""The operator, as the pages that customers see show it: name, logo, and where to ask."""

from pathlib import Path
from typing import Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from consentfeed.errors import Problem
from consentfeed.http.answer import json_answer
from consentfeed.http.endpoint import Endpoint
from consentfeed.setting_groups import OperatorSettings
from consentfeed.settings import SettingsError, variable

_LOGO_PATH: Final = "/api/v1/operator/logo"
_MAX_LOGO_BYTES: Final = 256 << 10
_SVG, _PNG = "image/svg+xml", "image/png"


class Operator(Struct):
    """Who runs this deployment; null is what the settings do not say. logo is the address of a picture."""

    name: str | None
    logo: str | None
    contact: str | None
    privacy_url: str | None


class Logo(Struct):
    """A picture, and what it is."""

    content: bytes
    media_type: str


class OperatorApi:
    """What the settings say of the operator. Raises SettingsError where the logo cannot be used."""

    def __init__(self, settings: OperatorSettings) -> None:
        self._logo = _read(settings.operator_logo) if settings.operator_logo else None
        self._operator = Operator(
            settings.operator_name,
            _LOGO_PATH if self._logo else None,
            settings.operator_contact,
            settings.operator_privacy_url,
        )

    def endpoints(self) -> list[Endpoint]:
        """The routes of this file."""
        return [
            Endpoint("GET", "/api/v1/operator", self.operator, "Who runs this deployment", gives=Operator),
            Endpoint(
                "GET", _LOGO_PATH, self.logo, "The operator's logo", gives=bytes, media=(_SVG, _PNG),
                problems=("not-found",),
            ),
        ]  # fmt: skip

    async def operator(self, _request: Request, _nobody: None) -> Response:
        """What the pages show."""
        return json_answer(self._operator)

    async def logo(self, _request: Request, _nobody: None) -> Response:
        """The picture; it is shown as one, and the policy of all answers keeps whatever else is in it from running."""
        if self._logo is None:
            raise Problem("not-found", "No logo is configured here.")
        return Response(self._logo.content, headers={"cache-control": "no-cache"}, media_type=self._logo.media_type)


def _read(path: str) -> Logo:
    """The file, if it is one of the two kinds; raises SettingsError."""
    try:
        content = Path(path).expanduser().read_bytes()
    except (OSError, RuntimeError, ValueError) as error:
        raise SettingsError(f"{variable('operator_logo')}: {path} cannot be read: {error}") from None
    if len(content) > _MAX_LOGO_BYTES:
        raise SettingsError(f"{variable('operator_logo')}: {path} is larger than 256 KiB")
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return Logo(content, _PNG)
    if b"<svg" in content[:1024]:
        return Logo(content, _SVG)
    raise SettingsError(f"{variable('operator_logo')}: {path} is neither SVG nor PNG")

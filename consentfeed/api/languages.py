"""Tags of languages (BCP 47), in the one way in which they are kept."""


def language(tag: str) -> str:
    """si-LK for SI_lk: the language in small letters, a script in one capital letter, a country in capital ones."""
    first, *rest = tag.replace("_", "-").lower().split("-")
    return "-".join([first, *map(_subtag, rest)])


def _subtag(text: str) -> str:
    if text.isalpha() and len(text) in (2, 4):
        return text.upper() if len(text) == 2 else text.title()
    return text

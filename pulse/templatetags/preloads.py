"""Has a page's JavaScript modules loaded side by side: a browser finds an import only when it has read the importer."""

import posixpath
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from django import template
from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

IMPORT = re.compile(r'^(?:import|export)\s(?:[^;"()=]*\sfrom\s)?\s*"(\.{1,2}/[^"]+)"', re.MULTILINE)

register = template.Library()


@register.simple_tag
def module_preloads(entry: str) -> SafeString:
    """A `<link rel="modulepreload">` for the module with the static path `entry`, and for each that it needs.

    They are read from the modules themselves, once in a process (with DEBUG each time). Raises FileNotFoundError if
    one is not there.
    """
    needed: Callable[[str], list[str]] = modules_of if settings.DEBUG else remembered_modules_of
    # Where files are served by other names than their own, modules still import each other by these.
    addresses = [(address,) for path in needed(entry) if (address := static(path)).endswith(path)]
    return format_html_join("\n", '<link rel="modulepreload" href="{}">', addresses)


def modules_of(entry: str) -> list[str]:
    """The static paths of `entry` and of all that it imports, and what those import, each once."""
    found = [entry]
    for path in found:  # which grows meanwhile
        imported = (posixpath.join(posixpath.dirname(path), name) for name in IMPORT.findall(_read(path)))
        found += [name for name in dict.fromkeys(map(posixpath.normpath, imported)) if name not in found]
    return found


remembered_modules_of = cache(modules_of)


def _read(path: str) -> str:
    place = finders.find(path)
    if place is None:
        raise FileNotFoundError(path)
    return Path(place).read_text(encoding="utf-8")

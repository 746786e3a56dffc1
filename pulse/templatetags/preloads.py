"""Links that preload a page's JavaScript modules.

Without them a browser finds the imports of a module only after it has read that module.
"""

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

IMPORT = re.compile(r'^(?:import|export)\s(?:[^;"()=]*\sfrom\s)?\s*"(\.{1,2}/[^"]+\.js)"', re.MULTILINE)

register = template.Library()


@register.simple_tag
def module_preloads(entry: str) -> SafeString:
    """A `<link rel="modulepreload">` for the module at the static path `entry` and each import.

    The modules are read once in a process, with DEBUG each time. Raise FileNotFoundError if one is missing.
    """
    needed: Callable[[str], list[str]] = modules_of if settings.DEBUG else cached_modules_of
    links = [(static(path),) for path in needed(entry)]
    return format_html_join("\n", '<link rel="modulepreload" href="{}">', links)


def modules_of(entry: str) -> list[str]:
    """The static paths of `entry` and of all modules that it imports, directly or not."""
    found = [entry]
    for path in found:  # the loop itself adds to it
        imported = (posixpath.join(posixpath.dirname(path), name) for name in IMPORT.findall(_read(path)))
        found += [name for name in dict.fromkeys(map(posixpath.normpath, imported)) if name not in found]
    return found


cached_modules_of = cache(modules_of)


def _read(path: str) -> str:
    place = finders.find(path)
    if place is None:
        raise FileNotFoundError(path)
    return Path(place).read_text(encoding="utf-8")

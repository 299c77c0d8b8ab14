"""Apertium, from Debian's packages: https://wiki.apertium.org/wiki/Apertium_stream_format"""

import re
import shutil
import subprocess

from offices.translation.engines.base import Draft

PAIRS = {("es", "en"): "spa-eng", ("en", "es"): "eng-spa"}
# Before a word: * unknown, @ untranslated, # not generated.
MARKED = re.compile(r"(?<![\w@#*])[*@#]([^\W_][\w'’-]*)")


class Apertium:
    name = "Apertium"

    def translates(self, source: str, target: str) -> bool:
        return (source, target) in PAIRS and shutil.which("apertium") is not None

    def draft(self, text: str, source: str, target: str) -> Draft:
        done = subprocess.run(
            ["apertium", PAIRS[source, target]], input=text, capture_output=True, text=True, timeout=60, check=True
        )
        output = done.stdout.rstrip("\n")
        return Draft(text=MARKED.sub(r"\1", output), unsure_words=tuple(dict.fromkeys(MARKED.findall(output))))

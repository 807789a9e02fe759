"""Every setting reaches the code that it is for.

The table of settings reads a value into a field; this looks whether anything beyond the table reads that field. Run by
ctest; prints each setting that nobody reads.
"""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
SETTINGS = ROOT / "src/app/settings"

FIELD = re.compile(r"FIELD\([^,]*(?:<[^>]*>)?,\s*([\w.]+)\)")


def fields():
    found = {}
    for path in sorted(SETTINGS.glob("*.cpp")):
        for match in FIELD.finditer(path.read_text()):
            found.setdefault(match.group(1), path.name)
    return found


def code():
    """Sources beyond the table, and what refuses or merges settings."""
    paths = [p for folder in ("src", "include") for p in (ROOT / folder).rglob("*.[ch]pp")]
    paths = [p for p in paths if SETTINGS not in p.parents]
    return "\n".join(p.read_text() for p in paths + [SETTINGS / "check.cpp", SETTINGS / "settings.cpp"])


class SettingsReach(unittest.TestCase):
    def test_every_field_is_read(self):
        text = code()
        known = fields()
        self.assertGreater(len(known), 90, "the pattern does not find the table's fields")
        unread = [
            f"{field} ({where})"
            for field, where in known.items()
            if not re.search(r"(?:\.|->|_)" + re.escape(field.split(".")[-1]) + r"\b(?!\s*=[^=])", text)
        ]
        self.assertEqual(unread, [], "settings that nothing reads")


if __name__ == "__main__":
    unittest.main()

"""Every "contract §N" names a section of docs/contract.md, and every "point M" behind it a point of that section.

Run by ctest and scripts/check; prints every breach as file:line: text.
"""

import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TOPS = ("src", "include", "tests", "proto", "docs", "scripts", "bench", "config", "cmake", "docker")
TEXT = {".cpp", ".hpp", ".go", ".sql", ".proto", ".py", ".sh", ".md", ".yaml", ".cmake", ".txt", ""}

LEADER = re.compile(r"^\s*(?://+|#+|--|\*)?\s*")
NUMBERS = r"\d+(?:(?:, | and )\d+)*"
REFERENCE = re.compile(
    rf"\bcontract(?:\.md)?,? (§\d+(?:(?:, | and )§\d+)*)(?:,? points? ({NUMBERS}))?", re.IGNORECASE
)
CITED = re.compile(r"\bcontract(?:\.md)?,? §(?!N\b)", re.IGNORECASE)
POINT = re.compile(r"\bpoints? \d")


def sections(text):
    """{section number: numbers of its points}, of the headings "## N." and the ordered lists below them."""
    found = {}
    section = None
    for line in text.splitlines():
        heading = re.match(r"## (\d+)\. ", line)
        if line.startswith("## "):
            section = int(heading[1]) if heading else None
            if section is not None:
                found[section] = set()
        point = re.match(r"(\d+)\. ", line)
        if point and section is not None:
            found[section].add(int(point[1]))
    return found


def joined(text):
    """The text on one line, without the marks that begin comment lines, and where each of its lines begins there."""
    starts, parts, length = [], [], 0
    for line in text.splitlines():
        starts.append(length)
        parts.append(LEADER.sub("", line).rstrip() + " ")
        length += len(parts[-1])
    return "".join(parts), starts


def breaches(text, known, points_need_a_section=True):
    """(line, what is wrong) of each reference that leads nowhere."""
    flat, starts = joined(text)
    found, covered = [], []

    def note(at, what):
        found.append((sum(start <= at for start in starts), what))

    for match in REFERENCE.finditer(flat):
        covered.append(match.span())
        wanted = [int(number) for number in re.findall(r"\d+", match[1])]
        for section in wanted:
            if section not in known:
                note(match.start(), f"docs/contract.md has no section {section}")
        for point in map(int, re.findall(r"\d+", match[2] or "")):
            if point not in known.get(wanted[-1], ()):
                note(match.start(), f"section {wanted[-1]} of docs/contract.md has no point {point}")

    def inside(at):
        return any(begin <= at < end for begin, end in covered)

    for match in CITED.finditer(flat):
        if not inside(match.start()):
            note(match.start(), "a citation of the contract that names no section")
    if points_need_a_section:
        for match in POINT.finditer(flat):
            if not inside(match.start()):
                note(match.start(), 'a point without its section: write "contract §2, point M"')
    return found


def files():
    for top in TOPS:
        yield from (p for p in sorted((ROOT / top).rglob("*")) if p.is_file() and p.suffix in TEXT)
    yield from ROOT.glob("*.md")


class Tree(unittest.TestCase):
    def test_every_reference_leads_to_its_place(self):
        contract = (ROOT / "docs/contract.md").read_text(encoding="utf-8")
        known = sections(contract)
        found, seen = [], 0
        for file in files():
            path = file.relative_to(ROOT).as_posix()
            if file == pathlib.Path(__file__).resolve() or "__pycache__" in path or path == "docs/contract.md":
                continue
            text = file.read_text(encoding="utf-8")
            seen += len(REFERENCE.findall(joined(text)[0]))
            is_ours = path.startswith(("src/", "include/", "tests/", "proto/")) and file.suffix != ".md"
            found += [f"{path}:{line}: {what}" for line, what in breaches(text, known, is_ours)]
        self.assertEqual(found, [], "\n" + "\n".join(found))
        self.assertGreater(seen, 30)

    def test_sections_keep_their_numbers(self):
        known = sections((ROOT / "docs/contract.md").read_text(encoding="utf-8"))
        self.assertEqual(sorted(known), [1, 2, 3, 4, 5, 6, 7])
        self.assertEqual(known[2], set(range(1, 16)))


class Rules(unittest.TestCase):
    """The test itself: each kind of breach is seen."""

    KNOWN = sections("## 1. A\n\n## 2. B\n\n1. one\n2. two\n")

    def assert_breach(self, text, words):
        self.assertIn(words, "; ".join(what for _, what in breaches(text, self.KNOWN)))

    def test_what_leads_nowhere_is_found(self):
        self.assert_breach("// (contract §3)", "no section 3")
        self.assert_breach("// contract §1 and §9", "no section 9")
        self.assert_breach("// contract §2, point 3", "no point 3")
        self.assert_breach("// contract §2, points 1 and 7", "no point 7")
        self.assert_breach("// contract §2, points 1\n// and 7", "no point 7")
        self.assert_breach("// the contract\n// § on it", "names no section")
        self.assert_breach("// a location (point 1)", "without its section")

    def test_lines_are_those_of_the_file(self):
        self.assertEqual(breaches("int x;\n// a contract\n// §8", self.KNOWN)[0][0], 2)

    def test_what_is_there_is_fine(self):
        for text in ("contract §1 and §2", "contract §2, point 1", "contract §2, points 1 and\n// 2", "a point"):
            self.assertEqual(breaches("// " + text, self.KNOWN), [])


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=1))

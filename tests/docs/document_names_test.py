"""What documents name is there: files, metrics and settings in backticks, and the headings that links lead to.

Run by ctest and scripts/check; prints every breach as file:line: text. A name with a placeholder such as `<name>.cpp`
is no file name. docs/contract.md also names settings of later versions, so those are not looked up.
"""

import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TOPS = ("src", "include", "tests", "docs", "scripts", "config", "proto", "bench", "cmake", "docker", ".ci")

SPAN = re.compile(r"`([^`]+)`")
PATH = re.compile(rf"(?:{'|'.join(map(re.escape, TOPS))})/[\w./*{{}},-]*$")
BARE = re.compile(r"[\w.*-]+\.(?:cpp|hpp|py|proto|sql|md|go|cmake)$")
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
METRIC = re.compile(r"(logistics_[a-z_]+?)(_\*|\{[^}]*\})?$")
SETTING = re.compile(r"([a-z]+(?:\.[a-z_]+)+)(?:\.\*)?(?:: .*)?$")
FUTURE = "contract.md"


def documents():
    yield from sorted((ROOT / "docs").rglob("*.md"))
    yield from sorted(ROOT.glob("*.md"))


def variants(name):
    """src/{a,b}/x.cpp is two names."""
    match = re.search(r"\{([^}]*)\}", name)
    if not match:
        return [name]
    return [v for part in match[1].split(",") for v in variants(name[: match.start()] + part + name[match.end():])]


def is_there(name, bare_names):
    if "/" not in name:
        return any(pathlib.PurePath(there).match(name) for there in bare_names) if "*" in name else name in bare_names
    return any(True for _ in ROOT.glob(name.rstrip("/"))) if "*" in name else (ROOT / name).exists()


def anchors(text):
    """The anchors that the headings get, as the usual renderers make them."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def settings():
    """The keys of config/logistics-engine.yaml and their sections: "grpc", "grpc.port"."""
    keys, path = set(), []
    for line in (ROOT / "config/logistics-engine.yaml").read_text(encoding="utf-8").splitlines():
        match = re.match(r"( *)([a-z_]+):", line)
        if match:
            path = path[: len(match[1]) // 2] + [match[2]]
            keys.add(".".join(path))
    return keys


def sources():
    return "".join(p.read_text(encoding="utf-8") for p in (ROOT / "src").rglob("*") if p.suffix in (".cpp", ".hpp"))


def unknown_name(span, code, keys):
    """What is wrong with a metric or a setting; None when nothing is, or when it is neither."""
    metric = METRIC.fullmatch(span)
    if metric and f'"{metric[1]}{"_" if metric[2] == "_*" else chr(34)}' not in code:
        return f"no source knows {span}"
    setting = SETTING.fullmatch(span)
    # Routing keys look the same; the code has them as text.
    if setting and setting[1].split(".")[0] in keys and setting[1] not in keys and f'"{setting[1]}"' not in code:
        return f"config/logistics-engine.yaml does not know {setting[1]}"
    return None


def breaches(document, text, bare_names, code="", keys=frozenset()):
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        for span in SPAN.findall(line):
            unknown = None if document.name == FUTURE else unknown_name(span, code, keys)
            if unknown:
                found.append((number, unknown))
            name = span.split()[0] if span.strip() else ""
            name = re.sub(r":\d+$", "", name)
            if not PATH.fullmatch(name) and not (BARE.fullmatch(name) and name == span):
                continue
            found += [(number, f"{v} is not there") for v in variants(name) if not is_there(v, bare_names)]
        for target in LINK.findall(line):
            if "://" in target:
                continue
            file, _, anchor = target.partition("#")
            place = (document.parent / file).resolve() if file else document
            if file and not place.exists():
                found.append((number, f"the link to {target} leads nowhere"))
            elif anchor and anchor not in anchors(text if place == document else place.read_text(encoding="utf-8")):
                found.append((number, f"{target}: there is no such heading"))
    return found


def bare_names():
    files = (p for top in TOPS for p in (ROOT / top).rglob("*") if p.is_file())
    return {p.name for p in files} | {p.name for p in ROOT.iterdir()}


class Tree(unittest.TestCase):
    def test_what_documents_name_is_there(self):
        names, code, keys, found = bare_names(), sources(), settings(), []
        for document in documents():
            text = document.read_text(encoding="utf-8")
            path = document.relative_to(ROOT).as_posix()
            found += [f"{path}:{line}: {what}" for line, what in breaches(document, text, names, code, keys)]
        self.assertEqual(found, [], "\n" + "\n".join(found))


class Rules(unittest.TestCase):
    """The test itself: each kind of breach is seen."""

    def found(self, text):
        code, keys = 'Counter("logistics_calls_total")', {"grpc", "grpc.port"}
        return [what for _, what in breaches(ROOT / "docs/x.md", text, {"main.cpp"}, code, keys)]

    def test_what_is_not_there_is_found(self):
        files = ("src/nowhere.cpp", "nowhere.cpp", "scripts/nowhere --keep", "src/{app,nowhere}/", "src/*.rs")
        names = ("logistics_calls", "logistics_cells_*", "grpc.prt", "grpc.prt: 1")
        links = ("[x](nowhere.md)", "[x](../README.md#nowhere)", "[x](#nowhere)")
        for text in [f"`{name}`" for name in files + names] + list(links):
            self.assertEqual(len(self.found(text)), 1, text)

    def test_what_is_there_is_fine(self):
        text = "## An `a_b` heading\n`src/main.cpp` `main.cpp` `scripts/demo --keep` `src/*.cpp` `src/<x>.cpp`"
        text += " `src/{app,rpc}/` `logistics_calls_total{code}` `logistics_calls_*` `grpc.port: 1` `example.org`"
        self.assertEqual(self.found(text + " [x](#an-a_b-heading) [x](https://example.org) [x](../README.md)"), [])


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=1))

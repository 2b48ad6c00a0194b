"""The one door to modules and traces: the library, the project's roots and dependencies, and nothing outside them."""

from __future__ import annotations

import gzip
import os
import posixpath
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Final

from rackc.compiler.loading import Answer, BrokenOffError, Found, Refusal, Several
from rackc.dsl.diagnostics import Code, Diagnostic
from rackc.dsl.source import Source
from rackc.dsl.words import KINDS
from rackc.reading import UnreadableError, open_plain, text_of
from rackc.roots import SUFFIX, Folder, Library, Place, Root, Snapshot, below
from rackc.workspace import View, open_workspace

#: A trace line or file beyond these is refused rather than read into memory.
MAX_LINE: Final = 4_000_000
MAX_TRACE_BYTES: Final = 4_000_000_000
_GZIP: Final = b"\x1f\x8b"
#: What a module of the library defines: its files are formatted, so that definitions begin lines.
_DEFINED: Final = re.compile(rf"^(?:{'|'.join((*KINDS, 'enum'))}) (\w+)", re.MULTILINE)
_DOTTED: Final = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")


class FileLoader:
    """Modules and traces of one design; `workspace` is the project that it belongs to, as it was opened."""

    def __init__(self, folder: Path, design: Path | None = None) -> None:
        """Read for a design in `folder`; `design` is its file, if it is one."""
        self.workspace = open_workspace(folder)
        self._folder = Path(os.path.realpath(folder))
        self._answers: dict[tuple[int, str], Answer] = {}
        self._sources: dict[Place, Source | Refusal] = {}
        self._offers: dict[str, tuple[str, ...]] | None = None
        self._places: dict[str, Place] = {"": self._design_place(design)}

    @property
    def findings(self) -> tuple[Diagnostic, ...]:
        """What is wrong with the project that the design belongs to."""
        return self.workspace.findings

    @property
    def sources(self) -> tuple[Source, ...]:
        """The files that these findings speak of."""
        return self.workspace.sources

    @property
    def severities(self) -> Mapping[str, str]:
        """How severe the project says that findings are, by code: error, warning, note or off."""
        project = self.workspace.project
        return project.severities if project is not None else {}

    # ---------------------------------------------------------------- modules

    def module(self, name: str, importer: str) -> Answer:
        """Return what a name such as `nvidia.gb200` leads to, as seen from a module."""
        view = self._view(importer)
        key = (id(view), name)
        if key not in self._answers:
            self._answers[key] = self._module(name, view)
        return self._answers[key]

    def _module(self, name: str, view: View) -> Answer:
        step, _, rest = name.partition(".")
        meant = [(self.workspace.library, name), (view.own, name)]
        if rest and step in view.named:
            named = view.named[step]
            if named is None:
                return Refusal("")
            meant.append((named[0], named[1].replace("/", ".") + rest))
        places: dict[Place, str] = {}
        refused: list[Refusal] = []
        for root, dotted in meant:
            found = self._locate(root, dotted.replace(".", "/") + SUFFIX, view)
            if isinstance(found, Place):
                places.setdefault(found, root.words)
            elif found is not None:
                refused.append(found)
        if not places:
            # What an unreadable rack.toml declares is not known: that was reported, and is enough.
            return Refusal("") if self.workspace.broken else refused[0] if refused else self._undeclared(step, view)
        answers = [(self._source(place), words) for place, words in places.items()]
        wrong = next((source for source, _ in answers if isinstance(source, Refusal)), None)
        if wrong is not None:
            return wrong
        if len(places) > 1:
            return Several(tuple((source, words) for source, words in answers if isinstance(source, Source)))
        return self._found(next(iter(places)))

    def _undeclared(self, step: str, view: View) -> Refusal | None:
        """Return the refusal where a dependency names what only the project has."""
        if not isinstance(view.own, Snapshot) or step not in self.workspace.views[""].named:
            return None
        return Refusal(f"{view.own.words} does not declare `{step}`", "add it under [dependencies] of its own rack.toml",
                       Code.UNKNOWN_MODULE)  # fmt: skip

    def file(self, path: str, importer: str) -> Answer:
        """Return what a path from the file of a module leads to."""
        place, view = self._places[importer], self._view(importer)
        full = below(posixpath.dirname(place.path), path, place.root.words)
        if isinstance(full, Refusal):
            return full
        target = self._beyond(place.root, full, view) if full.startswith("..") else self._locate(place.root, full, view)
        return self._found(target) if isinstance(target, Place) else target

    def modules(self, importer: str) -> tuple[str, ...]:
        """Return the names of the library's modules, and of those that the project or dependency has."""
        view = self._view(importer)
        roots: list[tuple[Root, str, str]] = [(self.workspace.library, "", ""), (view.own, "", "")]
        roots += [
            (meant[0], meant[1], f"{step}.") for step, meant in view.named.items() if meant and meant[0] != view.own
        ]
        names = (
            prefix + path.removeprefix(inside).removesuffix(SUFFIX).replace("/", ".")
            for root, inside, prefix in roots for path in root.paths() if path.startswith(inside)
        )  # fmt: skip
        return tuple(sorted({name for name in names if _DOTTED.fullmatch(name)}))

    def offering(self, name: str) -> tuple[str, ...]:
        """Return the library's modules that define `name`: a look at the beginnings of lines, nothing is compiled."""
        if self._offers is None:
            offers: dict[str, list[str]] = {}
            for path in self.workspace.library.paths():
                module = path.removesuffix(SUFFIX).replace("/", ".")
                for defined in _DEFINED.findall(text_of(self.workspace.library.read(path))):
                    offers.setdefault(defined, []).append(module)
            self._offers = {defined: tuple(sorted(modules)) for defined, modules in offers.items()}
        return self._offers.get(name, ())

    def package(self, step: str, importer: str) -> str:
        """Return words for what names that begin with `step` lead into, empty where there is nothing such."""
        view = self._view(importer)
        if self.workspace.library.holds(step):
            return "the library"
        if step in view.named:
            meant = view.named[step]
            return meant[0].words if meant is not None else f"`{step}`"
        return view.own.words if view.own.holds(step) else ""

    # ---------------------------------------------------------------- places

    def _design_place(self, design: Path | None) -> Place:
        """Return where the design stands; relative paths in a text start at the folder itself."""
        name = design.name if design is not None else "<text>"
        own = self._settle(Path(os.path.realpath(self._folder / name)), self.workspace.views[""])
        if isinstance(own, Place):
            return own
        return Place(self.workspace.top, (self._folder / name).relative_to(self.workspace.top.folder).as_posix())

    def _view(self, importer: str) -> View:
        return self.workspace.views[self._places[importer].root.name]

    def _locate(self, root: Root, path: str, view: View) -> Place | Refusal | None:
        found = root.locate(path)
        if not isinstance(found, Path):
            return Place(root, found) if isinstance(found, str) else found
        settled = self._settle(found, view)
        return settled if settled is not None else Refusal(
            f"`{path}` in {root.words} is a link that leads out of what may be read", self._declared(view))  # fmt: skip

    def _beyond(self, root: Root, path: str, view: View) -> Place | Refusal | None:
        """Return what a path that leads out of a root comes to: another declared root, or nothing that may be read."""
        outside = Refusal(f"`{path}` lies outside {root.words}", self._declared(view))
        if not isinstance(root, Folder):
            return outside
        settled = self._settle(Path(os.path.normpath(root.folder / path)), view)
        return self._locate(settled.root, settled.path, view) if isinstance(settled, Place) else settled or outside

    def _settle(self, real: Path, view: View) -> Place | Refusal | None:
        """Return the place of a path on this machine in the innermost root that holds it, None where none does."""
        if not isinstance(view.own, Folder):
            return None
        around = [(folder, root) for folder, root in self.workspace.folders() if real.is_relative_to(folder)]
        if not around:
            return None
        folder, root = max(around, key=lambda pair: len(pair[0].parts))
        path = real.relative_to(folder).as_posix()
        if isinstance(root, Folder):
            return Place(root, path)
        if root is None:
            return Refusal("")
        held = root.locate(path)
        return Place(root, held) if isinstance(held, str) else held

    def _declared(self, view: View) -> str:
        if not isinstance(view.own, Folder):
            return "what a dependency needs must be in it, or in a dependency that it declares"
        roots = [root.words for _, root in self.workspace.folders() if root is not None]
        return f"move it into {' or '.join(dict.fromkeys(roots))}, or declare its folder under [roots] in rack.toml"

    # ---------------------------------------------------------------- reading

    def _found(self, place: Place) -> Found | Refusal:
        source = self._source(place)
        if isinstance(source, Refusal):
            return source
        name = "" if place == self._places[""] else self._name(place)
        self._places.setdefault(name, place)
        return Found(name, source)

    def _source(self, place: Place) -> Source | Refusal:
        if place not in self._sources:
            try:
                text = text_of(place.root.read(place.path))
                shipped = isinstance(place.root, Library)
                self._sources[place] = Source(place.root.show(place.path), text, shipped=shipped)
            except (UnreadableError, OSError) as error:
                self._sources[place] = Refusal(f"`{place.path}` in {place.root.words} cannot be read: {error}")
        return self._sources[place]

    def _name(self, place: Place) -> str:
        """Return the one name of a module: its package path, or a path where that would mean another file too."""
        root, path = place.root, place.path
        dotted = path.removesuffix(SUFFIX).replace("/", ".")
        whole = _DOTTED.fullmatch(dotted) is not None and "/".join(dotted.split(".")) + SUFFIX == path
        if isinstance(root, Library):
            return dotted
        if root.name:
            return f"{root.name}.{dotted}" if whole else f"{root.name}/{path}"
        return dotted if whole and not self._elsewhere(dotted.split(".")[0]) else f"./{path}"

    def _elsewhere(self, step: str) -> bool:
        return step in self.workspace.views[""].named or self.workspace.library.holds(step)

    # ---------------------------------------------------------------- traces

    def trace(self, path: str) -> Iterable[bytes] | str:
        """Return a trace line by line, unpacked where it is gzip; or a sentence that says why not.

        It stands in the design's folder or in the project's, or below.
        """
        top = self.workspace.top
        if path.startswith(("/", "~")):
            return f"write its path from {top.words}"
        found: dict[Path, None] = {}
        outside = False
        for base in dict.fromkeys((self._folder, top.folder)):
            try:
                real = (base / path).resolve()
            except (OSError, ValueError, RuntimeError):  # RuntimeError: a loop of links
                continue
            if not real.is_relative_to(top.folder):
                outside = True
            elif os.path.lexists(real):
                found[real] = None
        if len(found) > 1:
            return f"it is in two places: {' and '.join(str(p.relative_to(top.folder)) for p in found)} of {top.words}"
        if not found:
            return f"it lies outside {top.words}" if outside else f"there is no such file in {top.words}"
        try:
            open_plain(next(iter(found))).close()
        except UnreadableError as error:
            return str(error)
        return _Lines(next(iter(found)))


class _Lines:
    """A trace's lines; raises BrokenOffError where the file breaks off or is too large."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __iter__(self) -> Iterator[bytes]:
        total = 0
        try:
            with open_plain(self._path) as plain, _unpacked(plain) as file:
                while line := file.readline(MAX_LINE):
                    total += len(line)
                    if total > MAX_TRACE_BYTES:
                        raise BrokenOffError(f"the trace has more than {MAX_TRACE_BYTES:,} bytes")
                    if len(line) == MAX_LINE and not line.endswith(b"\n"):
                        raise BrokenOffError(f"it has more than {MAX_LINE:,} bytes")
                    yield line
        except UnreadableError as error:
            raise BrokenOffError(str(error)) from None
        except EOFError:
            raise BrokenOffError("the gzip data break off here") from None
        except (OSError, zlib.error):
            raise BrokenOffError("the file breaks off or is damaged here") from None


def _unpacked(plain: IO[bytes]) -> IO[bytes] | gzip.GzipFile:
    """Return the bytes of a trace, unpacked where they begin as gzip does (RFC 1952, 2.3.1), whatever its name."""
    packed = plain.read(len(_GZIP)) == _GZIP
    plain.seek(0)
    return gzip.GzipFile(fileobj=plain) if packed else plain

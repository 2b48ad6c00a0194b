"""A diagnostic is data: a stable code, one terse message, spans and a way out. It is rendered in render/ alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache
from typing import Final

from rackc.dsl.source import Span


class Severity(StrEnum):
    """How grave a finding is: with an error the design cannot be built."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Code(StrEnum):
    """Stable codes, never reused. E: the design is at fault; W: look again; N: worth knowing. A page for each is in explain/."""

    # text
    CHARACTER = "E0101"
    SYNTAX = "E0102"
    UNCLOSED = "E0103"
    STRING = "E0104"
    TOO_LARGE = "E0105"
    ALLOW = "E0106"
    ALLOW_UNUSED = "W0151"
    # names and modules
    UNKNOWN_NAME = "E0201"
    UNKNOWN_PART = "E0202"
    UNKNOWN_MODULE = "E0203"
    DUPLICATE = "E0204"
    CYCLE = "E0205"
    MISPLACED = "E0206"
    NO_DESIGN = "E0207"
    ARGUMENT = "E0208"
    UNREADABLE = "E0209"
    SHADOW = "E0210"
    PACKAGE = "E0211"
    CHOICE = "E0212"
    # values
    UNIT_MISMATCH = "E0301"
    INDEX = "E0302"
    TYPE = "E0303"
    COUNT = "E0304"
    LIMIT = "E0305"
    MISSING_FIGURE = "E0306"
    MISSPELT = "W0351"
    # ports and links
    PORT_TAKEN = "E0401"
    PROTOCOL = "E0402"
    UNEQUAL = "E0403"
    LANES = "E0404"
    CONNECTOR = "E0405"
    SELF_LINK = "E0406"
    REACH = "E0407"
    CARRIER = "E0408"
    DOMAIN = "E0409"
    NO_PATTERN = "E0410"
    DIRECTION = "E0411"
    VOLTAGE = "E0412"
    LANES_TOTAL = "E0413"
    SPLIT = "E0414"
    UNCONNECTED = "E0415"
    MODE = "E0416"
    CXL_RATE = "E0417"
    FIXED_RATE = "E0418"
    LOSS = "E0419"
    RETIMERS = "E0420"
    CAGE = "E0421"
    FIBRE = "E0422"
    FIBRES_MIXED = "E0423"
    DOMAIN_LINKS = "E0430"
    DOMAIN_RACKS = "E0431"
    TRAINS_DOWN = "W0451"
    MEDIUM_UNKNOWN = "W0452"
    FUSION = "W0453"
    IRREGULAR = "W0454"
    NO_LENGTH = "W0455"
    STRETCHED = "W0456"
    VERSION = "W0457"
    WIDTH = "W0458"
    BEND = "W0459"
    LABELS = "W0460"
    FILL = "W0461"
    SEPARATION = "W0462"
    GEARBOX = "W0463"
    FILL_NEAR = "N0480"
    FUSION_LINK = "W0480"
    # space, mass, power, cooling
    OVERLAP = "E0501"
    OUTSIDE = "E0502"
    PITCH = "E0503"
    MASS = "E0504"
    UNPLACED = "E0505"
    SUPPORT = "E0506"
    FLOOR = "E0507"
    UNITS = "E0508"
    TOO_LARGE_FOR_RACK = "E0509"
    MASS_MARGIN = "W0551"
    POWER = "E0601"
    BUSBAR = "E0602"
    N_PLUS_ONE = "E0603"
    PARALLEL = "E0604"
    CIRCUIT = "E0605"
    PLUG = "E0606"
    NO_COOLANT = "E0607"
    FLOW = "E0608"
    COUPLING = "E0609"
    INLET = "E0610"
    CDU_HEAT = "E0611"
    BRANCHES = "E0612"
    POWER_MARGIN = "W0651"
    POWER_BUDGET = "W0652"
    BUSBAR_MARGIN = "W0653"
    UNPOWERED = "W0654"
    OUTPUT = "W0655"
    PROVISIONED = "W0656"
    TRANSIENT = "W0657"
    CIRCUIT_MARGIN = "W0658"
    HEAD = "W0659"
    AIRFLOW = "W0660"
    BUSBAR_UNKNOWN = "N0680"
    FLOW_UNKNOWN = "N0681"
    FEET = "N0682"
    RATING_UNKNOWN = "N0690"
    # memory
    EXPANSION_ONLY = "E0701"
    NO_CXL = "E0702"
    POOL = "E0703"
    DEMAND = "E0704"
    LATENCY = "E0705"
    BANDWIDTH = "E0706"
    TRACE = "E0707"
    CARD = "E0710"
    NO_SOLUTION = "E0708"
    NOT_FOUND = "E0709"
    INTERLEAVE = "E0711"
    TARGET = "E0712"
    GRANULARITY = "E0713"
    REGION = "E0714"
    DECODERS = "E0715"
    LOGICAL_DEVICES = "E0716"
    HOSTS = "E0717"
    SWITCH_LEVELS = "E0718"
    ROUTING = "E0719"
    EDGE_PORTS = "E0720"
    SHARES = "E0721"
    ACTIVE = "E0722"
    FASTER = "E0723"
    TIER = "E0724"
    TIER_RATE = "E0725"
    PATH = "E0726"
    OVERSUBSCRIBED = "E0727"
    TRACE_LACKS = "E0730"
    SERVICE = "E0731"
    CURVE = "E0732"
    PROVISION = "E0733"
    DEADLINE = "E0734"
    EXTENT = "E0735"
    PROMISE = "E0790"
    HOST_DOWN = "E0791"
    BOUND = "E0792"
    GROUPS = "E0793"
    NO_SHARING = "E0794"
    COHERENCE = "E0795"
    ONE_DEVICE = "E0796"
    POOL_SHAPE = "E0797"
    BEHIND_SWITCH = "E0798"
    TWO_READINGS = "W0751"
    RELET = "W0752"
    REGION_WAYS = "W0753"
    UNEVEN = "W0754"
    LOGICAL_SHARES = "W0755"
    FAR = "W0756"
    SINGLE_POINT = "W0757"
    TIER_NEAR = "W0758"
    GROWS = "W0759"
    UPPER_BOUND = "W0760"
    POOL_LOSES = "W0765"
    UNEVEN_REGION = "W0774"
    TARGET_UNKNOWN = "N0780"
    PARTLY_FAR = "N0781"
    SHELF = "N0782"
    SPILLS = "N0783"
    NO_SESSIONS = "N0784"
    COPIES = "N0785"
    FEWER_LINKS = "N0796"
    LOCK_FALSE = "W0773"
    # rules
    REQUIREMENT = "E0801"
    EXPECTATION = "E0802"
    NO_GOAL = "E0803"
    NO_COMBINATION = "E0804"
    PREFERENCE = "W0851"
    WEAK = "N0861"
    LOCK = "E0901"
    LOCK_UNREADABLE = "W0951"


@dataclass(frozen=True, slots=True)
class Label:
    """A span and what to say about it."""

    span: Span
    text: str = ""


@dataclass(frozen=True, slots=True)
class Fix:
    """An edit that is certain to be meant: replace the text of `span` by `text`."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. `also` are the other culprits; `hints` say what to do; `notes` say what is so.

    `graded` is the severity that settings give it, None for that of its code; `allowed` the reason for which the
    design allows it, empty for a finding that stands.
    """

    code: Code
    message: str
    at: Label
    also: tuple[Label, ...] = ()
    hints: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())
    fix: Fix | None = None
    graded: Severity | None = None
    allowed: str = ""

    @property
    def severity(self) -> Severity:
        """The word printed before the code."""
        return self.graded or default_severity(self.code)

    @property
    def is_error(self) -> bool:
        """Whether the design cannot be built while this stands."""
        return self.severity is Severity.ERROR


_SEVERITIES: Final = {"E": Severity.ERROR, "W": Severity.WARNING, "N": Severity.NOTE}


def default_severity(code: Code) -> Severity:
    """Return the severity that a code's letter says."""
    return _SEVERITIES[code.value[0]]


#: A name at least this much alike, and the only one, is what was meant.
_CERTAIN: Final = 0.8
#: Comparing a word with more names than this takes longer than a reader waits.
_MANY: Final = 500


def _likely(word: str, names: Sequence[str]) -> Sequence[str]:
    """Return the names to compare a word with: where there are very many, those that begin alike."""
    return names if len(names) <= _MANY else [name for name in names if name[:1].lower() == word[:1].lower()]


@lru_cache(maxsize=1_024)
def _near(word: str, names: tuple[str, ...], cutoff: float) -> tuple[str, ...]:
    """Return the two nearest names; kept, since a fault in a loop comes with every turn."""
    return tuple(get_close_matches(word, names, n=2, cutoff=cutoff))


def closest(word: str, among: Iterable[str]) -> tuple[str, ...]:
    """Return the hint `did you mean ...?` for a misspelt word, or the list where it is short, or nothing."""
    names = sorted(set(among))
    near = list(_near(word, tuple(_likely(word, names)), 0.6)) or [n for n in names if n.lower() == word.lower()]
    if near:
        return (f"did you mean {' or '.join(f'`{n}`' for n in near)}?",)
    if 0 < len(names) <= 8:
        return (f"known here: {', '.join(names)}",)
    return ()


def unknown(code: Code, what: str, name: str, among: Iterable[str], span: Span) -> Diagnostic:
    """Return the diagnostic for a name that means nothing here; with a fix where one name alone is close to it."""
    names = sorted(set(among))
    return Diagnostic(code, f"no {what} is called `{name}`", Label(span, "not known"), hints=closest(name, names),
                      fix=respelt(name, names, span))  # fmt: skip


def respelt(name: str, among: Iterable[str], span: Span) -> Fix | None:
    """Return the fix that puts the one close name in; None where several are close, or the span holds more."""
    near = _near(name, tuple(_likely(name, sorted(set(among)))), _CERTAIN)
    if len(near) != 1 or span.end - span.start != len(name.encode("utf-8", "surrogatepass")):
        return None
    return Fix(span, near[0])


def starting(span: Span, name: str) -> Span:
    """Return the part of a span that the name at its start takes."""
    return Span(span.source, span.start, span.start + len(name.encode("utf-8", "surrogatepass")))


def twice(name: str, second: Span, first: Span) -> Diagnostic:
    """Return the finding for a name that is given twice."""
    return Diagnostic(Code.DUPLICATE, f"`{name}` is given twice", Label(second, "second"), (Label(first, "first"),),
                      ("keep one of them",))  # fmt: skip

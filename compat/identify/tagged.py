"""The search for tags in one layer: which data to try, in which order, and how to name it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import combinations

from Crypto.Util.Padding import pad

from compat.identify.ciphers import BLOCK, Deciphered, chain_plaintext
from compat.identify.clear import covered
from compat.identify.findings import Encryption, Span, Statement, Tag, quote, uncovered
from compat.identify.keys import mac_keys
from compat.identify.layers import Layer
from compat.identify.tags import LEAST, USUAL_HASHES, Data, Places, Rule, TagFound, TagSearch, rules

_MOST_RESULTS = 400_000
"""The most tags that are computed, twice: this takes less than a second."""
_CHAINS = ("AES-CBC", "AES-ECB", "AES-CFB")


@lru_cache(maxsize=1)
def _all_rules(confkey: str, authkey: str) -> list[Rule]:
    return rules(mac_keys(confkey, authkey))


class TagHunt:
    """Finds the tags of one layer. Its encryption has been searched before."""

    def __init__(self, layer: Layer, confkey: str, authkey: str, forms: Sequence[bytes]):
        self._layer, self._forms = layer, forms
        self._rules = _all_rules(confkey, authkey)
        self._found: dict[tuple[int, int], TagFound] = {}
        self._plain: list[tuple[int, bytes]] = []

    def search(
        self, found: Sequence[Deciphered], statements: Sequence[Statement], cuts: Sequence[int]
    ) -> Iterator[Tag]:
        """Yield the tags, as statements."""
        data = self._layer.data
        chains = {(each.mode, each.key, each.start % BLOCK): each for each in found}
        self._plain = [
            chain_plaintext(data, each) for each in chains.values() if each.mode in _CHAINS
        ]
        search = TagSearch(Places([data, *(plain for _, plain in self._plain)]), _MOST_RESULTS)
        edges = sorted(self._edges(statements, cuts))
        texts = list(self._texts(statements))
        self._take(search.search([*texts, *self._ranges(edges)], self._rules))
        if self._is_unexplained(statements):
            grid = sorted({*edges, *range(0, len(data), BLOCK), *range(len(data), 0, -BLOCK)})
            usual = [rule for rule in self._rules if rule.algorithm in USUAL_HASHES]
            self._take(search.search(self._ranges(grid), usual))
        proven = list(dict.fromkeys(each.rule for each in self._found.values()))
        if proven:
            more = TagSearch(search.places, _MOST_RESULTS)
            self._take(more.search([*texts, *self._ranges(range(len(data) + 1))], proven))
        return (self._describe(each) for _, each in sorted(self._found.items()))

    def _take(self, found: Iterable[TagFound]) -> None:
        for each in found:
            place = each.place
            known = [
                other
                for other in self._found.values()
                if other.place.layer == place.layer
                and place.offset < other.end
                and other.place.offset < each.end
            ]
            if all(other.size < each.size for other in known):
                for other in known:
                    del self._found[other.place.layer, other.place.offset]
                self._found[place.layer, place.offset] = each

    # Which data ------------------------------------------------------------------------------

    def _texts(self, statements: Sequence[Statement]) -> Iterator[Data]:
        """Yield the empty text, the typed line, the plain texts, padded or not, and their parts."""
        found = [each for each in statements if isinstance(each, Encryption)]
        texts = [text for each in found for text in (each.text, each.text.rstrip(b"\n"))]
        whole = b"".join(each.text for each in found)
        known = list(dict.fromkeys(filter(None, [*self._forms, *texts, whole])))
        padded = dict.fromkeys(each.plaintext for each in found if each.plaintext not in known)
        yield Data(b"", "nothing at all")
        yield from (Data(text, f"the plain text {quote(text)}") for text in known)
        for text in padded:
            yield Data(text, f"the plain text with its padding, {len(text)} bytes")
        for text in known:
            for filled in (pad(text, BLOCK), text + bytes(-len(text) % BLOCK)):
                if filled not in padded and filled not in known:
                    yield Data(filled, f"the plain text filled up to {len(filled)} bytes")
        for text in known:
            yield from _pieces(text)

    def _edges(self, statements: Sequence[Statement], cuts: Sequence[int]) -> set[int]:
        """Return the offsets where the data of a tag may begin or end."""
        size = len(self._layer.data)
        edges = {0, size, *(cut for cut in cuts if cut <= size)}
        for span in covered(statements):
            edges |= {span.start, span.end}
        for form in self._forms:
            if (at := self._layer.data.find(form)) >= 0 and len(form) >= LEAST // 2:
                edges |= {at, at + len(form)}
        if not statements:
            for tag in (16, 20, 32, 40, 64):
                edges |= {edge for edge in (tag, size - tag) if 0 <= edge <= size}
        return edges

    def _ranges(self, edges: Iterable[int]) -> Iterator[Data]:
        for start, end in combinations(edges, 2):
            yield Data(self._layer.data[start:end], str(Span(start, end, self._layer.name)))

    def _is_unexplained(self, statements: Sequence[Statement]) -> bool:
        spans = [*covered(statements), *(self._span(each) for each in self._found.values())]
        gaps = uncovered(len(self._layer.data), spans, self._layer.name)
        return any(gap.end - gap.start >= LEAST for gap in gaps)

    # Words -----------------------------------------------------------------------------------

    def _span(self, found: TagFound) -> Span:
        """Return the bytes of the layer that are the tag, encrypted or not."""
        place = found.place
        base = self._plain[place.layer - 1][0] if place.layer else 0
        return Span(base + place.offset, base + found.end, self._layer.name)

    def _describe(self, found: TagFound) -> Tag:
        encrypted = bool(found.place.layer)
        return Tag(
            self._span(found), found.rule.words, found.data.words, found.how, encrypted=encrypted
        )


def _pieces(text: bytes) -> Iterator[Data]:
    """Yield the parts before and after a character that may separate a text from its tag."""
    for at, byte in enumerate(text):
        if byte in b"\n|:,; ":
            for piece in (text[:at], text[: at + 1], text[at + 1 :]):
                if piece and piece != text:
                    yield Data(piece, f"the plain text {quote(piece)}")

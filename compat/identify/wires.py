"""The search in one layer, without a dialect: encryption, then tags, then what is not encrypted.

Each step uses the results of the steps before. A tag may cover the plain text, or be inside it. The
data of a tag often begin or end where the encryption begins or ends, so these places are tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from compat.identify import ciphers, streams
from compat.identify.ciphers import BLOCK, Deciphered
from compat.identify.clear import covered, find_equal_blocks, find_lengths, find_text
from compat.identify.findings import Encryption, Span, Statement, Tag, uncovered
from compat.identify.keys import CandidateKey, aes_keys
from compat.identify.layers import Layer
from compat.identify.tagged import TagHunt
from compat.identify.texts import describe_padding, has_typed, split_messages


@dataclass(frozen=True)
class Secrets:
    """The two secrets, and what was typed. The `repr` shows none of them."""

    confkey: str
    authkey: str
    typed: str | None = None

    def __repr__(self) -> str:
        """Return nothing secret."""
        return "Secrets(…)"

    @cached_property
    def forms(self) -> list[bytes]:
        """The typed line, with its newline and without; empty if it is not known."""
        return ciphers.typed_forms(self.typed)

    @cached_property
    def aes_keys(self) -> list[CandidateKey]:
        """Every key that may encrypt."""
        return aes_keys(self.confkey, self.authkey)


def search_layer(
    layer: Layer, secrets: Secrets, cuts: Sequence[int] = (), coats: Sequence[Span] = ()
) -> Iterator[Statement]:
    """Yield all that can be proven about one layer.

    Messages are known to begin at `cuts`. `coats` are parts that look like hexadecimal digits or
    base64.
    """
    chains = ciphers.find_chains(layer.data, secrets.aes_keys, secrets.forms)
    # A mode with a tag encrypts all of the data: where there are chains, there is no such mode.
    if not chains and (sealed := streams.find_sealed(layer.data, secrets.aes_keys)):
        yield from _describe_sealed(layer, *sealed, secrets)
        return
    found = find_encrypted(layer.data, chains, secrets)
    encryptions = [each for one in found for each in describe_encryption(layer, one, secrets)]
    hunt = TagHunt(layer, secrets.confkey, secrets.authkey, secrets.forms)
    tags = list(hunt.search(found, encryptions, cuts))
    statements: list[Statement] = [*tags, *(_with_tags_before(each, tags) for each in encryptions)]
    statements += _find_more(layer, found, statements, secrets)
    statements += find_text(layer, secrets.forms, coats, statements)
    statements += find_lengths(layer, statements)
    yield from sorted(statements, key=lambda each: each.spans[0].start)
    yield from find_equal_blocks(layer.data, layer.name)


# Encryption ----------------------------------------------------------------------------------


def find_encrypted(data: bytes, chains: Sequence[Deciphered], secrets: Secrets) -> list[Deciphered]:
    """Return the parts that decrypt to something that cannot be chance, in order."""
    keys, forms, found = secrets.aes_keys, secrets.forms, [*chains]
    if all(each.mode == "AES-CFB" for each in found):
        found += streams.find_streams(data, keys, forms)
        found = streams.merge_equal_modes(found)
    if not found and (single := ciphers.find_typed_block(data, keys, forms)):
        found = [single]
    found = _without_overlaps([_extend(data, each, forms) for each in found])
    spans = [Span(each.start, each.end) for each in found]
    detached = _find_detached(data, found, uncovered(len(data), spans), forms)
    return _without_overlaps([*found, *detached])


def _find_more(
    layer: Layer, found: Sequence[Deciphered], statements: Sequence[Statement], secrets: Secrets
) -> list[Encryption]:
    """Return the encrypted blocks between the tags. Before, the tags were not known."""
    gaps = uncovered(len(layer.data), covered(statements), layer.name)
    blocks = _without_overlaps(list(_find_detached(layer.data, found, gaps, secrets.forms)))
    return [each for block in blocks for each in describe_encryption(layer, block, secrets)]


def _without_overlaps(found: Sequence[Deciphered]) -> list[Deciphered]:
    kept: list[Deciphered] = []
    for each in sorted(found, key=lambda each: each.start - each.end):  # the longest part first
        if all(each.end <= other.start or other.end <= each.start for other in kept):
            kept.append(each)
    return sorted(kept, key=lambda each: each.start)


def _extend(data: bytes, found: Deciphered, forms: Sequence[bytes]) -> Deciphered:
    """Add the block before, if it is encrypted too and its IV is in another place."""
    if found.mode != "AES-CBC" or found.iv != found.start - BLOCK:
        return found
    first = ciphers.find_first_block(data, found.iv, found.key, forms)
    if not first:
        return found
    plain = first.plaintext + found.plaintext
    return Deciphered(
        first.start, found.end, found.mode, found.key, plain, first.iv, first.iv_words
    )


def _find_detached(
    data: bytes, found: Sequence[Deciphered], gaps: Sequence[Span], forms: Sequence[bytes]
) -> Iterator[Deciphered]:
    """Yield CBC blocks whose IV is not directly before them. Their key is already proven."""
    keys = {each.key for each in found if each.mode == "AES-CBC"}
    for gap in gaps:
        places = {*range(gap.start, gap.end - BLOCK + 1, BLOCK)}
        places |= {*range(gap.end - BLOCK, gap.start - 1, -BLOCK)}
        for key in keys:
            for place in sorted(places):
                if block := ciphers.find_first_block(data, place, key, forms):
                    yield block


# Words ---------------------------------------------------------------------------------------

_IV_OR_BLOCK = "the IV of the first block, or the encrypted block before it"


def describe_encryption(layer: Layer, found: Deciphered, secrets: Secrets) -> Iterator[Encryption]:
    """Yield a statement for each message in a run of decrypted blocks."""
    for start, end in split_messages(found.plaintext):
        plain = found.plaintext[start:end]
        text, padding = describe_padding(plain, secrets.forms)
        iv, iv_span = _describe_iv(layer, found, found.start + start)
        yield Encryption(
            Span(found.start + start, found.start + end, layer.name),
            _describe_mode(found),
            found.key.name,
            iv,
            plain,
            text,
            padding,
            has_typed(text, secrets.forms) if secrets.forms else None,
            iv_span,
        )


def _with_tags_before(found: Encryption, tags: Sequence[Tag]) -> Encryption:
    """Add the blocks before a text that decrypt to its tag."""
    for tag in tags:
        begins_block = (found.span.start - tag.span.start) % BLOCK == 0
        if tag.encrypted and found.iv_span and tag.span.end == found.span.start and begins_block:
            start, of = tag.span.start, tag.span.of
            iv_span = Span(start - BLOCK, start, of)
            iv = f"{iv_span} are {_IV_OR_BLOCK}"
            return replace(found, span=Span(start, found.span.end, of), iv=iv, iv_span=iv_span)
    return found


def _describe_mode(found: Deciphered) -> str:
    if found.end - found.start > BLOCK:
        return found.mode
    return {
        "AES-ECB": "AES-ECB (or AES-CBC with an IV of zero bytes: with one block, both are equal)",
        "AES-CFB": "AES-CTR, AES-CFB or AES-OFB (so few bytes are equal in all three)",
    }.get(found.mode, found.mode)


def _describe_iv(layer: Layer, found: Deciphered, start: int) -> tuple[str, Span | None]:
    if found.iv is None:
        return found.iv_words, None
    if start != found.start:
        return "they continue the encryption of the blocks before them", None
    if "nonce" in found.iv_words:
        return found.iv_words, Span(found.iv, found.start, layer.name)
    span = Span(found.iv, found.iv + BLOCK, layer.name)
    if span.end == start:
        return f"{span} are {_IV_OR_BLOCK}", span
    return f"{span} are the IV of the first block", span


def _describe_sealed(
    layer: Layer, found: Deciphered, tag: int, secrets: Secrets
) -> Iterator[Statement]:
    nonce = Span(found.iv or 0, (found.iv or 0) + BLOCK, layer.name)
    text = found.plaintext
    yield Encryption(
        Span(found.start, found.end, layer.name),
        found.mode,
        found.key.name,
        found.iv_words,
        text,
        text,
        "",
        has_typed(text, secrets.forms) if secrets.forms else None,
        nonce,
    )
    yield Tag(
        Span(tag, tag + BLOCK, layer.name),
        f"the one that {found.mode} makes",
        "the nonce and the encrypted bytes",
    )

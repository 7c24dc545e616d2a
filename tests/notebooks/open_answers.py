"""Answers to the exercises of notebook 4: right in other ways than the solution, and wrong.

A wrong answer comes with words of what the check must say.
"""

from __future__ import annotations

from tests.notebooks.third_answers import ALL, Slip

RIGHT = {
    "m4": {
        "with-numbers": """\
def predict(header, body, chunk):
    number = int.from_bytes(pad(chunk, 16), "big")
    for frame in header, body:
        number ^= int.from_bytes(frame[16:32], "big")
    return number.to_bytes(16, "big")
""",
        "byte-by-byte": """\
def predict(header, body, chunk):
    chunk += bytes([16 - len(chunk)]) * (16 - len(chunk))
    return bytes(c ^ a ^ b for c, a, b in zip(chunk, header[16:32], body[16:32]))
""",
        "from-the-splice": """\
def predict(header, body, chunk):
    spliced = attacks.splice(header, body)
    before_xor = attacks.xor(pad(chunk, 16), body[protocol.LENGTH])
    return attacks.xor(before_xor, spliced[protocol.LENGTH])
""",
    },
    "m5": {
        "a-tuple": "order = 1, 6, 4, 5",
        "looked-up": 'order = [pieces.index(p) for p in ("never ", "trust ", "alice", "\\n")]',
        "grown": "order = []\nfor n in (1, 6, 4):\n    order.append(n)\norder += [5]",
    },
    "m6": {
        "formatted": 'def padded(line):\n    return f"{line[:-1]:44}\\n"\n',
        "counted": """\
def padded(line):
    text = line.rstrip("\\n")
    return text + (44 - len(text)) * " " + "\\n"
""",
        "three-chunks-are-enough": """\
def padded(line):
    return line.strip("\\n").ljust(33) + "\\n"
""",
        "longer-than-needed": """\
def padded(line):
    while len(line) < 60:
        line = line.replace("\\n", " \\n")
    return line
""",
    },
    "m7": {
        "every-line-is-marked": """\
def finish(lines):
    return [*(f"more: {line}" for line in lines), "end\\n"]


def is_complete(text):
    return text.endswith("end\\n") and text.split("\\n")[-2] == "end"
""",
        "how-many-characters": """\
def finish(lines):
    return [str(len("".join(lines))) + "\\n"] + list(lines)


def is_complete(text):
    first, newline, rest = text.partition("\\n")
    return newline == "\\n" and len(rest) == int(first)
""",
        "a-countdown": """\
def finish(lines):
    sent = [f"{left} left: {line}" for left, line in zip(range(len(lines), 0, -1), lines)]
    return sent + ["0 left\\n"]


def is_complete(text):
    return text == "0 left\\n" or text.endswith("\\n0 left\\n")
""",
        "an-escape": """\
def finish(lines):
    return ["." + line if line.startswith(".") else line for line in lines] + [".\\n"]


def is_complete(text):
    return text.splitlines()[-1:] == ["."] and text[-1] == "\\n"
""",
    },
    "m8": {
        "a-number": "letters = 19",
        "a-search": """\
letters = 0
while 26**letters / 2 < 4e15 * 1000 * 365.25 * 24 * 3600:
    letters += 1
""",
        "of-bits": "letters = -(-(math.log2(4e15 * 3.15576e10) + 1) // math.log2(26))",
    },
    "m9": {
        "a-search-downwards": """\
smallest = 5000
while modern_cost(smallest - 1) <= 1.1 * (smallest - 1):
    smallest -= 1
""",
        "all-larger-ones": """\
cheap = [modern_cost(n) / n <= 1.1 for n in range(1, 4000)]
smallest = next(n for n in range(1, 2000) if all(cheap[n - 1 :]))
""",
        "a-number": "smallest = 1106",
    },
}
"""For each exercise, answers in at least three other styles than the solution."""

WRONG = {
    "m4": {
        "only-the-header": Slip(
            "attacks.xor(body[16:32], header[16:32])", "header[16:32]", "two blocks must cancel"
        ),
        "only-the-body": Slip(
            "attacks.xor(body[16:32], header[16:32])", "body[16:32]", "two blocks must cancel"
        ),
        "the-ivs": Slip(
            "attacks.xor(body[16:32], header[16:32])",
            "attacks.xor(body[0:16], header[0:16])",
            "yours takes the IV",
        ),
        "the-chunk-itself": Slip(
            "attacks.xor(padded, attacks.xor(body[16:32], header[16:32]))",
            "padded",
            "the chunk alone is not enough",
        ),
        "the-tags": Slip(
            "attacks.xor(body[16:32], header[16:32])",
            "attacks.xor(body[32:48], header[32:48])",
            "right for a frame with itself only",
        ),
        "zeros": Slip("bytes([missing]) * missing", "bytes(missing)", "PKCS#7, not with zeros"),
        "no-padding": Slip(
            ALL,
            """\
def predict(header, body, chunk):
    return bytes(c ^ a ^ b for c, a, b in zip(chunk, header[16:32], body[16:32]))
""",
            "a block has 16 bytes, and yours 15: pad the chunk",
        ),
        "unequal-lengths": Slip("attacks.xor(padded,", "attacks.xor(chunk,", "have 16 bytes"),
        "as-hexadecimal": Slip(
            "return attacks.xor(padded, attacks.xor(body[16:32], header[16:32]))",
            "return attacks.xor(padded, attacks.xor(body[16:32], header[16:32])).hex()",
            "must return bytes",
        ),
        "the-packages-own": Slip(
            ALL,
            "predict = attacks.predict_splice",
            "calls predict_splice of attacks.py, which is ours",
        ),
        "the-checks-own": Slip(
            ALL,
            """\
from notebooks.checks import modern_open

def predict(header, body, chunk):
    return modern_open._truth(header, body)
""",
            "calls _truth of modern_open.py, which is ours",
        ),
    },
    "m5": {
        "no-newline": Slip(ALL, "order = [1, 6, 4]", "ends with one newline"),
        "in-the-order-of-the-wire": Slip(ALL, "order = [1, 4, 5, 6]", "three frames give"),
        "begins-with-trust": Slip(ALL, "order = [6, 4, 5]", "must begin with 'never '"),
        "one-more-line": Slip(ALL, "order = [1, 6, 4, 2]", "ends with one newline"),
        "counted-from-one": Slip(ALL, "order = [2, 7, 5, 6]", "use the numbers 0 to 6"),
        "the-texts": Slip(ALL, 'order = ["never ", "trust ", "alice"]', "use the numbers"),
        "one-text": Slip(ALL, 'order = "1645"', "a list of numbers"),
        "not-yet": Slip(ALL, "order = []", "contains no numbers yet"),
        "twice": Slip(ALL, "order = [1, 6, 4, 5, 5]", "nothing comes after it"),
    },
    "m6": {
        "two-newlines": Slip(
            ALL,
            'def padded(line):\n    return line.rstrip("\\n").ljust(43) + "\\n\\n"\n',
            "one newline",
        ),
        "tabs": Slip(
            ALL,
            'def padded(line):\n    return line.rstrip("\\n").ljust(44, "\\t") + "\\n"\n',
            "add only spaces",
        ),
        "behind-the-newline": Slip(
            ALL, "def padded(line):\n    return line.ljust(45)\n", "one newline, at its end"
        ),
        "in-front": Slip(".ljust(44)", ".rjust(44)", "only behind it"),
        "an-empty-line-stays": Slip(
            "    return line",
            '    return line if line == "\\n" else line',
            "fill up to the longest",
        ),
        "too-short": Slip(".ljust(44)", ".ljust(29)", "still differ"),
        "whole-chunks": Slip(
            ALL,
            """\
def padded(line):
    text = line.removesuffix("\\n")
    return text + " " * (14 - len(text) % 15) + "\\n"
""",
            "still differ",
        ),
        "cut-off": Slip(".ljust(44)", ".ljust(44)[:43]", "keep the text"),
        "no-line": Slip(' + "\\n"', "", "one newline, at its end"),
        "the-spaces-in-front-go": Slip('line.removesuffix("\\n")', "line.strip()", "keep the text"),
        "no-answer": Slip("return line", "line", "returns nothing yet"),
    },
    "m7": {
        "a-word": Slip(
            ALL,
            """\
def finish(lines):
    return [*lines, "bye\\n"]

def is_complete(text):
    return text.endswith("bye\\n")
""",
            "['bye\\n', 'bye\\n'], mallory cuts after 1 frames",
        ),
        "the-number-comes-last": Slip(
            ALL,
            """\
def finish(lines):
    return [*lines, f"(end of {len(lines)})\\n"]

def is_complete(text):
    *lines, last = text.splitlines(keepends=True) or [""]
    return last == f"(end of {len(lines)})\\n"
""",
            "types your goodbye, and goes on",
        ),
        "a-long-secret-word": Slip(
            ALL,
            """\
def finish(lines):
    return [*lines, "this is the end of what i had to say\\n"]

def is_complete(text):
    return text.endswith("this is the end of what i had to say\\n")
""",
            "types your goodbye, and goes on",
        ),
        "believes-everything": Slip(
            ALL,
            "def finish(lines):\n    return lines\n\n\ndef is_complete(text):\n    return True\n",
            "takes '' for all of it",
        ),
        "any-whole-line": Slip(
            ALL,
            "def finish(lines):\n    return list(lines)\n\n\n"
            'def is_complete(text):\n    return text.endswith("\\n")\n',
            "refuses a whole chat: alice says []",
        ),
        "somewhere-in-it": Slip(
            ALL,
            """\
def finish(lines):
    return ["this chat ends with: end\\n", *lines, "end\\n"]

def is_complete(text):
    return "end\\n" in text
""",
            "mallory cuts after",
        ),
        "loses-the-last-line": Slip("*lines]", "*lines[:-1]]", "finish loses"),
        "a-text": Slip(
            ALL,
            'def finish(lines):\n    return "".join(lines) + "end\\n"\n\n\n'
            "def is_complete(text):\n    return True\n",
            "finish must return list",
        ),
        "no-newline": Slip("lines follow)\\n", "lines follow)", "each with its newline"),
        "refuses-everything": Slip(
            'return text.endswith("\\n") and', "return False and", "refuses a whole chat"
        ),
    },
    "m8": {
        "one-card": Slip(ALL, "letters = 15", "too few: 15 letters last"),
        "one-more": Slip(ALL, "letters = 20", "one letter fewer is enough"),
        "one-too-few": Slip(ALL, "letters = 18", "too few: 18 letters last 1.2e+02 years"),
        "not-rounded": Slip("math.ceil(", "(", "a whole number of letters"),
        "bits": Slip(ALL, "letters = 88", "one letter fewer is enough"),
        "rounded-down": Slip("math.ceil", "math.floor", "too few"),
        "nothing": Slip(ALL, "letters = ...", "letters has no number yet"),
    },
    "m9": {
        "the-first-cheap-one": Slip(
            ALL,
            "smallest = next(n for n in range(1, 5000) if modern_cost(n) <= 1.1 * n)",
            "a larger chunk costs too much again",
        ),
        "without-the-padding": Slip(ALL, "smallest = 960", "this size still costs more"),
        "off-by-one": Slip(" + 1", "", "this size still costs more"),
        "a-round-number": Slip(ALL, "smallest = 2000", "bytes are enough, too"),
        "half-as-much-again": Slip("1.1 *", "1.5 *", "this size still costs more"),
        "not-whole": Slip(ALL, "smallest = 1105.5", "a whole number of bytes"),
        "nothing": Slip(ALL, "smallest = ...", "smallest has no number yet"),
    },
}
"""For each exercise at least five answers that look right and are not."""

# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Evaluates the LaTeX of `symc grad` in NumPy.

`strict` reads a product from left to right, as \\odot and factors side by side bind alike; otherwise what stands side by
side binds more tightly. Formulas should have one value either way. Side by side stand a scalar and what it scales, and the
factors of a matrix product. What is not the notation of the printer is a SyntaxError.
"""
import re

import numpy as np

TOKEN = re.compile(r"\s*(\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|[A-Za-z]|.)", re.S)
GREEK = """alpha beta gamma delta epsilon zeta eta theta iota kappa mu nu xi pi rho sigma tau phi chi psi omega Gamma Delta
Theta Xi Sigma Phi Psi Omega Lambda lambda""".split()
FUNCTIONS = {"\\" + f: f for f in "exp log sin cos tan sinh cosh tanh max min det sum".split()}
RELATIONS = {"<": np.less, ">": np.greater, "\\le": np.less_equal, "\\ge": np.greater_equal, "=": np.equal,
             "\\ne": np.not_equal}
ENDS = {None, ")", "}", "\\right", "+", "-", ",", "\\odot", "\\times", ";", "&", "\\\\", *RELATIONS}


def joined(name):
    return "".join(TOKEN.findall(name))


def define(lines, scope, names, strict=False):
    """Adds to `names` what the lines define; lines that \\quad indents are seen in the function above them alone."""
    while lines:
        (head, value), own = lines[0].split(" = ", 1), []
        while len(lines) > len(own) + 1 and lines[len(own) + 1].startswith("\\quad "):
            own.append(lines[len(own) + 1].removeprefix("\\quad "))
        lines = lines[len(own) + 1:]
        name, parenthesis, several = head.partition("\\left(")
        several = [joined(n) for n in several.removesuffix("\\right)").split(", ") if n]
        if not name:
            names |= zip(several, Latex(scope, names, strict).evaluate(value), strict=True)
        elif parenthesis:
            names[joined(name)] = function(several, own, value, scope, names, strict)
        else:
            names[joined(name)] = Latex(scope, names, strict).evaluate(value)


def function(parameters, own, value, scope, names, strict):
    def call(*arguments):
        inner = names | dict(zip(parameters, arguments, strict=True))
        define(own, scope, inner, strict)
        return Latex(scope, inner, strict).evaluate(value)
    return call


class Latex:
    """`scope` has functions by their names in graph files; `names` the values by what LaTeX calls them."""

    def __init__(self, scope, names, strict=False):
        self.scope, self.names, self.strict = scope, names, strict

    def evaluate(self, text):
        self.tokens, self.at = [t for t in TOKEN.findall(text) if t.strip()], 0
        value = self.sum()
        if self.peek() is not None:
            raise SyntaxError(f"{self.tokens[self.at:][:8]} is left")
        return value

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def next(self, wanted=None):
        token = self.peek()
        if token is None or (wanted and token != wanted):
            raise SyntaxError(f"{wanted or 'a token'} expected, not {self.tokens[self.at:][:8]}")
        self.at += 1
        return token

    def accept(self, token):
        found = self.peek() == token
        self.at += found
        return found

    def sum(self):
        value = -self.product() if self.accept("-") else self.product()
        while self.peek() in ("+", "-"):
            value = value + self.product() if self.next() == "+" else value - self.product()
        return value

    def product(self):
        value = self.side_by_side()
        while self.accept("\\odot"):
            value = value * (self.power() if self.strict else self.side_by_side())
            while self.strict and self.peek() not in ENDS:
                value = self.times(value, self.power())
        return value

    def side_by_side(self):
        value = self.power()
        while self.peek() not in ENDS:
            value = self.times(value, self.power())
        return value

    @staticmethod
    def times(a, b):
        return a * b if np.ndim(a) == 0 or np.ndim(b) == 0 else a @ b

    def power(self):
        value = self.atom()
        if self.accept("^"):
            self.next("{")
            if self.accept("\\top"):
                value = value.T
            else:
                if self.accept("\\circ") == (np.ndim(value) == 0):
                    raise SyntaxError("a power that is of the other kind")
                value = value ** float(self.next())
            self.next("}")
            if self.peek() == "^":
                raise SyntaxError("double superscript")
        return value

    def group(self):
        self.next("{")
        value = self.sum()
        self.next("}")
        return value

    def between(self, left, right):
        self.next("\\left")
        self.next(left)
        values = [] if self.peek() == "\\right" else [self.sum()]
        while self.accept(","):
            values.append(self.sum())
        relation = RELATIONS.get(self.peek())
        if relation and left == "[":
            self.next()
            values = [relation(values[0], self.sum()) * 1.0]
        self.next("\\right")
        self.next(right)
        return values

    def braced(self):
        """The text of a group, as it is."""
        self.next("{")
        depth, text = 1, ""
        while True:
            token = self.next()
            depth += (token == "{") - (token == "}")
            if depth == 0:
                return text
            text += token + (" " if token == "," else "")

    def atom(self):
        token = self.peek()
        if token == "\\left":
            kind = self.tokens[self.at + 1]
            if kind in ("(", "["):
                values = self.between(kind, {"(": ")", "[": "]"}[kind])
                if kind == "[" and len(values) != 1:
                    raise SyntaxError("a list")
                return values[0] if len(values) == 1 else tuple(values)
            if kind == "|":
                return np.abs(self.between("|", "|")[0])
            if kind == "\\lfloor":
                return np.floor(self.between("\\lfloor", "\\rfloor")[0])
            raise SyntaxError(kind)
        self.next()
        if token == "\\frac":
            above = self.group()
            return above / self.group()
        if token == "\\begin":
            return self.cases()
        if token == "\\sqrt":
            return np.sqrt(self.group())
        if token == "\\infty":
            return np.inf
        if token[0].isdigit():
            if self.peek() and self.peek()[0].isdigit():
                raise SyntaxError("two numbers side by side")
            if not self.accept("\\cdot"):
                return float(token)
            for expected in ("10", "^", "{"):
                self.next(expected)
            exponent = ("-" if self.accept("-") else "") + self.next()
            self.next("}")
            return float(f"{token}e{exponent}")
        if token == "\\mathbf":
            digit = self.braced()
            self.next("_")
            self.next("{")
            sizes = [self.side_by_side()]
            while self.accept("\\times"):
                sizes.append(self.side_by_side())
            self.next("}")
            return np.full([int(s) for s in sizes], float(digit))
        if token in FUNCTIONS:
            return self.call(FUNCTIONS[token])
        if token == "\\sigma" and self.peek() == "\\left" and "\\sigma" not in self.names:
            return self.call("sigmoid")
        if token == "\\operatorname":
            return self.call(self.braced().replace("\\_", "_"))
        return self.named(token)

    def cases(self):
        """Behind \\begin: {cases} x & if condition, y & otherwise."""
        values, words = [], [self.braced()]
        for end in ("\\\\", "\\end"):
            values.append(self.sum())
            self.next("&")
            self.next("\\text")
            words.append(self.braced())
            if words[-1] == "if":
                condition = self.sum()
                if self.peek() in RELATIONS:
                    condition = RELATIONS[self.next()](condition, self.sum())
            self.next(end)
        if [*words, self.braced()] != ["cases", "if", "otherwise", "cases"]:
            raise SyntaxError(f"cases of {words}")
        return values[0] if condition else values[1]

    def named(self, token):
        if token == "\\mathrm":
            name = f"\\mathrm{{{self.braced()}}}"
        elif token.isalpha() or token[1:] in GREEK:
            name = token
        else:
            raise SyntaxError(f"{token} is no name")
        if self.peek() == "_":
            self.next()
            name += f"_{{{self.braced()}}}"
        return self.names[name]

    def attribute(self):
        kind = self.next()
        text = self.braced()
        if kind == "\\text":
            return text.replace("\\_", "_")
        if kind != "\\mathrm":
            raise SyntaxError(kind)
        if text in ("True", "False", "None"):
            return {"True": True, "False": False, "None": None}[text]
        if not text.startswith("("):
            return float(text) if re.search(r"[.e]|inf|nan", text) else int(text)
        values = []
        for item in filter(None, map(str.strip, text[1:-1].split(","))):
            values.append(None if item == "None" else int(Latex(self.scope, self.names).evaluate(item)))
        return tuple(values)

    def call(self, function):
        by_place, by_name = [], {}
        if self.accept("_"):
            self.next("{")
            while not self.accept("}"):
                if self.tokens[self.at] == "\\mathrm" and "=" in self.tokens[self.at:self.at + 40]:
                    start = self.at
                    self.next()
                    key = self.braced().replace("\\_", "_")
                    if self.accept("="):
                        by_name[key] = self.attribute()
                        self.accept(",")
                        continue
                    self.at = start
                by_place.append(self.attribute())
                self.accept(",")
        arguments = self.between("(", ")")
        if function == "item":
            return arguments[0][by_place[0]]
        if function == "where":
            arguments[0] = np.asarray(arguments[0]) != 0
        return self.scope[function](*arguments, *by_place, **by_name)

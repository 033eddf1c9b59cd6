# SPDX-License-Identifier: MIT
#
# terms.py: sums of products of names, such as 120 + 7 chunks + 3 chunks pages: {(): 120, ("chunks",): 7, ...}. All
# coefficients and all names stand for numbers that are not negative.

import re

IN_ALL = "_in_all"


def constant(number):
    return {(): number} if number else {}


def name(word):
    return {(word,): 1}


def add(left, right):
    found = dict(left)
    for product, times in right.items():
        found[product] = found.get(product, 0) + times
    return found


def multiply(left, right):
    found = {}
    for one, times in left.items():
        for other, more in right.items():
            product = tuple(sorted(one + other))
            found[product] = found.get(product, 0) + times * more
    return found


def repeat(once, rounds):
    """What a loop of so many rounds costs. NAME_in_all in a round counts rounds of an inner loop, which are together at
    most NAME: loops do not make it more, and the one whose rounds NAME counts makes it NAME."""
    of_all = {product: times for product, times in once.items() if any(word.endswith(IN_ALL) for word in product)}
    found = multiply({product: times for product, times in once.items() if product not in of_all}, rounds)
    counted = {word + IN_ALL: word for product in rounds for word in product}
    for product, times in of_all.items():
        product = tuple(sorted(counted.get(word, word) for word in product))
        found[product] = found.get(product, 0) + times
    return found


def last_round(last, once, rounds):
    """What the last, partial round of such a loop costs more: rounds of an inner loop in all are counted already."""
    counted = {word + IN_ALL for product in rounds for word in product}
    found = {}
    for product, times in last.items():
        more = max(0, times - once.get(product, 0)) if counted.intersection(product) else times
        product = tuple(sorted(word.removesuffix(IN_ALL) if word in counted else word for word in product))
        found[product] = found.get(product, 0) + more
    return found


def less(terms, others):
    """What a sum has more than another one, nowhere less than nothing."""
    return {product: times - others.get(product, 0) for product, times in terms.items() if times > others.get(product, 0)}


def in_all(terms):
    """The sum with NAME for NAME_in_all."""
    found = {}
    for product, times in terms.items():
        product = tuple(sorted(word.removesuffix(IN_ALL) for word in product))
        found[product] = found.get(product, 0) + times
    return found


def most(left, right):
    """A sum that is at least as large as both, whatever the names stand for; None is less than everything."""
    if left is None or right is None:
        return right if left is None else left
    return {product: max(left.get(product, 0), right.get(product, 0)) for product in {**left, **right}}


def parse(text):
    """N, NAME, N * NAME, sums of those; None: the text is none."""
    total = {}
    for part in text.split("+"):
        product = constant(1)
        for word in part.split("*"):
            word = word.strip()
            if re.fullmatch(r"\d+", word):
                product = multiply(product, constant(int(word)))
            elif re.fullmatch(r"[a-z]\w*", word):
                product = multiply(product, name(word))
            else:
                return None
        total = add(total, product)
    return total


def put_in(terms, values):
    """The sum with numbers for some of the names."""
    total = {}
    for product, times in terms.items():
        rest = tuple(word for word in product if word not in values)
        for word in product:
            times *= values.get(word, 1)
        if times:
            total[rest] = total.get(rest, 0) + times
    return total


def show(terms):
    if terms is None:
        return "-"
    parts = []
    for product, times in sorted(terms.items(), key=lambda item: (len(item[0]), item[0])):
        if times:
            parts.append(" * ".join([f"{times:,}"] * (times != 1 or not product) + list(product)))
    return " + ".join(parts) or "0"

# SPDX-License-Identifier: MIT
#
# paths.py: the longest path through each function of an image, in instructions.
#
# A function's longest path is that of a graph in which each instruction costs one, and a call what its callee costs. A
# loop costs its bound times its longest way round, and then the longest way from its head to where it is left. If each
# round has a store or a call that is in the loop's body for sure (compilers do neither before the condition holds), a last
# way that has it too is one of the rounds. Where two paths grow with different names, the sum that
# is at least as large as both counts.
#
# Paths that do not return, because they end in a trap or in a loop that has no end, do not count.

import re

import terms
from image import Refused

# Instructions that no compiler moves in front of the condition under which they are executed.
BODY = re.compile(r"(str[bhd]?|stm\w*|bl)(\.[nw])?$")


class Rules:
    """public: the public function that is called. heaps: what heap, as only_in.tsv calls it. values: numbers for
    names of bounds. callbacks: what the user's are called. absent: of these, and of the tables of functions, those that
    are not there: paths through them do not count."""

    def __init__(self, public, callbacks, values=(), absent=(), heaps="all"):
        self.heaps = heaps
        self.public, self.callbacks, self.values, self.absent = public, set(callbacks), dict(values), set(absent)


class Paths:
    def __init__(self, image, sources, rules):
        self.image, self.sources, self.rules = image, sources, rules
        self.known, self.open, self.left_out = {}, [], sources.left_out(rules.public, rules.heaps)
        self.used, self.missing = set(), set()  # source loops with bounds, and what is said of those without

    def longest(self, entry):
        """The longest path of the function at an address that returns; None: it does not return."""
        if entry in self.known:
            return self.known[entry]
        if entry in self.open:
            names = [self.image.names.get(address, hex(address)) for address in [*self.open, entry]]
            raise Refused("recursion: " + " > ".join(names))
        self.open.append(entry)
        graph = Graph(self, entry)
        found = graph.longest()
        self.open.pop()
        self.known[entry] = found
        return found

    def callback(self, instruction):
        """What a call through a pointer costs: a name for one of the user's."""
        name, rules = self.sources.callback(instruction.address), self.rules
        if name in rules.callbacks:
            return None if name in rules.absent else terms.put_in(terms.name(name), rules.values)
        tables, best = self.image.tables_at(instruction), None
        if not any(tables.values()):
            raise Refused(f"a call through a pointer, {name}, that is no callback and in no table: "
                          + self.sources.place(instruction.address))
        for table, addresses in tables.items():
            for address in addresses if table not in rules.absent else []:
                best = terms.most(best, self.longest(address))
        return best


class Graph:
    """The control flow of one function."""

    def __init__(self, paths, entry):
        self.paths, self.entry = paths, entry
        self.cost, self.next, self.exits = {}, {}, {}  # exits: what the way out costs besides
        todo = [entry]
        while todo:
            address = todo.pop()
            if address in self.cost:
                continue
            self.add(paths.image.at(address))
            todo += self.next[address]
        self.drop_what_does_not_return()

    def add(self, instruction):
        """Its cost, None if no path through it returns, and where it leads."""
        address, paths = instruction.address, self.paths
        cost, after = terms.constant(1), list(instruction.next)
        if any(function in paths.left_out for function, _, _ in paths.sources.frames.get(address, [])):
            cost = None
        if instruction.calls is not None and cost is not None:
            cost = self.plus(cost, paths.longest(instruction.calls))
        if instruction.callback and cost is not None:
            cost = self.plus(cost, paths.callback(instruction))
        if instruction.tail is not None and instruction.tail == self.entry:
            after.append(self.entry)
        elif instruction.tail is not None:
            below = paths.longest(instruction.tail)
            if below is not None:
                self.exits[address] = below
        if instruction.returns:
            self.exits[address] = {}
        # A transfer in an IT block that does not return, or is not there, is passed over by the paths that count.
        if cost is None and instruction.name.startswith(("bl", "blx")) and len(after) == 1 and \
                instruction.name not in ("bl", "blx"):
            cost = terms.constant(1)
        if cost is None:
            self.exits.pop(address, None)
            after = []
        self.cost[address], self.next[address] = cost, after

    @staticmethod
    def plus(cost, more):
        return None if cost is None or more is None else terms.add(cost, more)

    def drop_what_does_not_return(self):
        before = {}
        for address, after in self.next.items():
            for target in after:
                before.setdefault(target, []).append(address)
        live, todo = set(), [address for address in self.exits if self.cost[address] is not None]
        while todo:
            address = todo.pop()
            if address not in live and self.cost[address] is not None:
                live.add(address)
                todo += before.get(address, [])
        self.next = {address: [target for target in self.next[address] if target in live] for address in live}
        self.exits = {address: more for address, more in self.exits.items() if address in live}

    def longest(self):
        if self.entry not in self.next:
            return None
        found = self.distances(set(self.next), self.next, self.entry)
        best = None
        for address, more in self.exits.items():
            if address in found:
                best = terms.most(best, terms.add(found[address], more))
        return best

    def distances(self, nodes, edges, entry, around=()):
        """The longest paths from entry up to and with each of the nodes that it leads to. around: what source loops those
        around may be."""
        found, arriving = {}, {entry: {}}
        for group in components(nodes, edges, entry):
            heads = sorted(address for address in group if address in arriving)
            if len(group) == 1 and heads[0] not in edges[heads[0]]:
                found[heads[0]] = terms.add(arriving[heads[0]], self.cost[heads[0]])
            else:
                self.add_loop(found, arriving, group, edges, heads, around)
            for address in group & found.keys():
                for target in edges[address]:
                    if target not in group and target in nodes:
                        arriving[target] = terms.most(arriving.get(target), found[address])
        return found

    def add_loop(self, found, arriving, group, edges, heads, around):
        """A loop with one way in. Of several, which compilers make by threading jumps, one is taken for its head; paths
        that come in by another one reach that head first, or leave the loop."""
        def inside(head):
            return {address: [target for target in edges[address] if target in group and target != head]
                    for address in group}

        def cycles(head):
            return max(len(part) for other in heads for part in components(group, inside(head), other))

        head = min(heads, key=cycles) if len(heads) > 1 else heads[0]
        inner, arriving_head = inside(head), arriving[head]
        loops = self.loops(group, inner, head, around)
        around = (*around, loops)
        for other in heads:
            if other != head:
                for address, distance in self.distances(group, inner, other, around).items():
                    distance = terms.add(arriving[other], distance)
                    found[address] = terms.most(found.get(address), distance)
                    if head in edges[address]:
                        arriving_head = terms.most(arriving_head, distance)
        back = {(address, head) for address in group if head in edges[address]}
        back, inner = self.back_edges(group, inner, back, loops, around)
        round_trip, last = None, {}
        for start in {target for _, target in back}:
            for address, distance in self.distances(group, inner, start, around).items():
                last[address] = terms.most(last.get(address), distance)
                if any(source == address for source, _ in back):
                    round_trip = terms.most(round_trip, distance)
        bound, short = self.bound(group, loops), self.without_body(group, inner, back, loops, around)
        rounds = terms.add(arriving_head, terms.repeat(round_trip, bound))
        for address, distance in last.items():
            distance = terms.last_round(distance, round_trip, bound)
            if short is not None:
                left = terms.last_round(short[address], round_trip, bound) if address in short else None
                distance = terms.most(left, terms.less(distance, round_trip))
            found[address] = terms.most(found.get(address), terms.add(rounds, distance))

    def without_body(self, group, inner, back, loops, around):
        """The longest ways from a loop's heads that leave its body out: an instruction that each round has, once. None if
        none is known."""
        starts, sources = {target for _, target in back}, {source for source, _ in back}
        for address in sorted(group) if len(loops) == 1 else []:
            if not BODY.match(self.paths.image.at(address).name) or not self.paths.sources.is_in_body(address, loops[0]):
                continue
            rest = group - {address}
            edges = {node: [target for target in inner[node] if target != address] for node in rest}
            reached = set().union(*(set().union(*components(rest, edges, start)) for start in starts - {address}))
            if not sources & reached:
                found = {}
                for start in starts - {address}:
                    for node, distance in self.distances(rest, edges, start, around).items():
                        found[node] = terms.most(found.get(node), distance)
                return found
        return None

    def loops(self, group, inner, head, around):
        """The source loops that a loop may be: those in which at least half of its own instructions stand, without what
        those around are; where one of these may be several, it is at least the outermost. If there are none, the loop is
        a part of the one right around it."""
        nested = set().union(*(part for part in components(group, inner, head)
                               if len(part) > 1 or any(address in inner[address] for address in part)))
        found = self.paths.sources.loops(group - nested or group)
        outer = [loops[-1] for loops in around if loops]
        return [loop for loop in found if loop not in outer] or (around[-1] if around else [])

    def back_edges(self, group, edges, back, loops, around):
        """The edges that begin a round of a source loop, and the others inside: what the compiler made two loops of, one
        in the other, has the rounds of one together."""
        todo = len(loops) == 1
        while todo:
            todo = False
            for part in components(group, edges, next(iter(back))[1]):
                if len(part) > 1 or any(address in edges[address] for address in part):
                    heads = {target for address in group - part for target in edges[address] if target in part}
                    if len(heads) != 1:
                        continue
                    head = next(iter(heads))
                    again = {(address, head) for address in part if head in edges[address]}
                    without = {address: [target for target in targets if (address, target) not in again]
                               for address, targets in edges.items()}
                    if self.loops(part, without, head, around) == loops:
                        back, edges, todo = back | again, without, True
        return back, edges

    def bound(self, group, loops):
        """The bound of a source loop; of several, one that is at least as large as each."""
        bound = None
        if not loops or any(loop.bound is None for loop in loops):
            place = self.paths.sources.place(min(group))
            self.paths.missing.add(f"a loop without a bound: {place}" + "".join(
                f", the loop at {loop.place()}" for loop in loops if not loop.bound))
            return {}
        self.paths.used.update(loops)
        for loop in loops:
            bound = terms.most(bound, loop.bound)
        return terms.put_in(bound, self.paths.rules.values)


def components(nodes, edges, entry):
    """The strongly connected components that entry leads to, those first that lead to the others (Tarjan)."""
    index, low, stack, on_stack, found = {}, {}, [], set(), []
    work = [(entry, iter(edges[entry]))]
    index[entry] = low[entry] = 0
    stack.append(entry)
    on_stack.add(entry)
    while work:
        node, targets = work[-1]
        for target in targets:
            if target not in nodes:
                continue
            if target not in index:
                index[target] = low[target] = len(index)
                stack.append(target)
                on_stack.add(target)
                work.append((target, iter(edges[target])))
                break
            if target in on_stack:
                low[node] = min(low[node], index[target])
        else:
            work.pop()
            if work:
                low[work[-1][0]] = min(low[work[-1][0]], low[node])
            if low[node] == index[node]:
                group = set()
                while node not in group:
                    group.add(stack[-1])
                    on_stack.discard(stack.pop())
                found.append(group)
    return list(reversed(found))

# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""random_programs.py FIRST COUNT: prints COUNT programs of the kernel level, made from the seeds FIRST, FIRST + 1, ..., for --split-input-file."""

import random
import sys

SIZES = [3, 8, 64, 100]


def tensor(size):
    return f"tensor<{size}xf32>"


class Entry:
    """The body of an entry: values are pairs of a name and a size."""

    def __init__(self, rng, states, inputs):
        self.rng, self.states = rng, states
        self.lines, self.values, self.arenas, self.count = [], [], [], 0
        for name, size in {**states, **inputs}.items():
            value = self.define([size])[0]
            self.lines.append(f"  {value} = descent.read @{name} : {tensor(size)}")

    def define(self, sizes):
        names = [f"%v{self.count + i}" for i in range(len(sizes))]
        self.count += len(sizes)
        self.values += zip(names, sizes)
        return names

    def access(self, have, want):
        if have == want and self.rng.random() < 0.75:
            return "#descent.access<(d0) -> (d0)>"
        if have >= want:
            return f"#descent.access<(d0) -> (d0 + {have - want})>"
        return f"#descent.access<(d0) -> (d0 mod {have})>"

    def kernel(self):
        operands = self.rng.sample(self.values, min(len(self.values), self.rng.randint(1, 6)))
        size = self.rng.choice([size for _, size in operands] + SIZES)
        results = self.define([size] * self.rng.randint(1, 2))
        arguments = [f"%a{i}" for i in range(len(operands))]
        sum, negated = f"%s{self.count}", f"%t{self.count}"
        yielded = [sum, negated][: len(results)]
        self.lines += [
            f"  {', '.join(results)} = descent.kernel [{size}] reduce [] by [] map() [] {{ descent.yield }}",
            f"    finish({', '.join(name for name, _ in operands)} : {', '.join(tensor(s) for _, s in operands)})"
            f" [{', '.join(self.access(s, size) for _, s in operands)}] {{",
            f"    ^bb0({', '.join(argument + ': f32' for argument in arguments)}):",
            f"      {sum} = descent.add {', '.join(arguments)} : f32",
            f"      {negated} = descent.neg {sum} : f32",
            f"      descent.yield {', '.join(yielded)} : {', '.join(['f32'] * len(yielded))}",
            f"    }} : {', '.join([tensor(size)] * len(results))}",
        ]

    def pack(self):
        states = self.values[: len(self.states)]
        choices = [states, self.rng.sample(states, self.rng.randint(1, len(states))), self.rng.choices(self.values, k=3)]
        pieces = self.rng.choice(choices)
        length = sum((size + 63) // 64 * 64 for _, size in pieces)
        self.arenas.append((length, [size for _, size in pieces]))
        arena = self.define([length])[0]
        self.lines.append(f"  {arena} = descent.pack {', '.join(name for name, _ in pieces)} :"
                          f" ({', '.join(tensor(size) for _, size in pieces)}) -> {tensor(length)}")

    def unpack(self):
        if not self.arenas:
            return
        length, sizes = self.rng.choice(self.arenas)
        arena = self.rng.choice([name for name, size in self.values if size == length])
        pieces = self.define(sizes)
        self.lines.append(f"  {', '.join(pieces)} = descent.unpack {arena} :"
                          f" ({tensor(length)}) -> ({', '.join(tensor(size) for size in sizes)})")

    def constant(self):
        size = self.rng.choice(SIZES)
        value = self.define([size])[0]
        self.lines.append(f"  {value} = descent.constant dense<{self.rng.choice(['0.0', '1.5'])}> : {tensor(size)}")

    def scan(self):
        """A loop over slices of values, whose body is a few kernels; any of its values may be carried or stacked."""
        rng, count = self.rng, self.rng.randint(1, 5)
        divisible = [(name, size) for name, size in self.values if size % count == 0]
        inits, captures = rng.choices(self.values, k=rng.randint(0, 3)), rng.choices(self.values, k=rng.randint(0, 2))
        sequences = rng.choices(divisible, k=rng.randint(0, 2)) if divisible else []
        rows = []
        for name, size in sequences:
            row, = self.define([size // count])
            self.values.pop()
            rows.append((row, size // count))
            self.lines.append(f"  {row} = descent.reshape {name} : {tensor(size)} to tensor<{count}x{size // count}xf32>")
        body = Entry(rng, {}, {})
        body.count = self.count
        arguments = [size for _, size in inits] + [size for _, size in rows] + [size for _, size in captures]
        body.define(arguments)
        head = list(body.values)
        if not body.values:
            body.constant()
        for _ in range(rng.randint(0, 5)):
            rng.choices([body.kernel, body.constant], [6, 1])[0]()
        nexts = []
        for _, size in inits:
            # Often not an argument, so that it is computed.
            same = [name for name, have in body.values if have == size]
            nexts.append((rng.choice(same[-2:] if rng.random() < 0.7 else same), size))
        stacked = rng.choices(body.values, k=rng.randint(0 if inits else 1, 3))
        self.count = body.count
        finals = self.define([size for _, size in inits])
        stacks = [f"%v{self.count + i}" for i in range(len(stacked))]
        self.count += len(stacks)

        def typed(values, rows=False):
            return ", ".join(name for name, _ in values) + (" : " if values else "") + ", ".join(
                f"tensor<{count}x{size}xf32>" if rows else tensor(size) for _, size in values)

        returned = nexts + stacked
        self.lines += [
            f"  {', '.join(finals + stacks)} = descent.scan count {count}{rng.choice(['', ' reversed'])}"
            f" carry({typed(inits)}) over({typed(rows, True)}) with({typed(captures)}) {{",
            f"  ^bb0({', '.join(f'{name}: {tensor(size)}' for name, size in head)}):" if head else "  ^bb0:",
            *body.lines,
            f"  descent.return {typed(returned)}",
            "  }" + (" : " + ", ".join(tensor(size) for _, size in inits) if inits else "")
            + (" stack " + ", ".join(f"tensor<{count}x{size}xf32>" for _, size in stacked) if stacked else ""),
        ]
        for name, (_, size) in zip(stacks, stacked):
            flat = self.define([count * size])[0]
            self.lines.append(f"  {flat} = descent.reshape {name} : tensor<{count}x{size}xf32> to {tensor(count * size)}")

    def finish(self):
        for name, size in self.states.items():
            if self.rng.random() < 0.75:
                value = self.rng.choice([value for value, have in self.values if have == size])
                self.lines.append(f"  descent.write @{name}, {value} : {tensor(size)}")
        for i in range(self.rng.randint(0, 2)):
            value, size = self.rng.choice(self.values)
            self.lines.append(f'  descent.output "o{i}", {value} : {tensor(size)}')


def program(seed):
    rng = random.Random(seed)
    states = {f"s{i}": rng.choice(SIZES) for i in range(rng.randint(1, 6))}
    inputs = {f"i{i}": rng.choice(SIZES) for i in range(2)}
    lines = [f"// seed {seed}"]
    lines += [f"descent.state @{name} : {tensor(size)} parameter <constant, 0.0 : f32, 0.0 : f32>" for name, size in states.items()]
    lines += [f"descent.input @{name} : {tensor(size)}" for name, size in inputs.items()]
    for number in range(rng.randint(1, 2)):
        entry = Entry(rng, states, inputs)
        for _ in range(rng.randint(1, 14)):
            rng.choices([entry.kernel, entry.pack, entry.unpack, entry.constant, entry.scan], [13, 4, 2, 1, 3])[0]()
        entry.finish()
        lines += [f"descent.entry @e{number} {{", *entry.lines, "}"]
    return "\n".join(lines) + "\n"


first, count = int(sys.argv[1]), int(sys.argv[2])
print("// -----\n\n".join(program(seed) for seed in range(first, first + count)))

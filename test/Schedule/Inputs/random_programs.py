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
            rng.choices([entry.kernel, entry.pack, entry.unpack, entry.constant], [13, 4, 2, 1])[0]()
        entry.finish()
        lines += [f"descent.entry @e{number} {{", *entry.lines, "}"]
    return "\n".join(lines) + "\n"


first, count = int(sys.argv[1]), int(sys.argv[2])
print("// -----\n\n".join(program(seed) for seed in range(first, first + count)))

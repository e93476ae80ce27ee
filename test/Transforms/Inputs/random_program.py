"""Writes a random entry of the descent dialect: a chain of operations on a growing set of values, with a loss, gradients and outputs.

Usage: random_program.py SEED [OPERATIONS] > program.mlir

Numbers stay small, so that sums in another order agree to rounding, and away from the kinks of what is differentiated as far as chance allows.
"""

import random
import sys


class Program:
    def __init__(self, seed, length):
        self.random = random.Random(seed)
        self.declarations, self.lines = [], []
        self.values = []  # (name, shape), all f32
        self.inputs = []
        self.count = 0
        for _ in range(3):
            self.add_input(self.shape())
        for _ in range(length):
            self.random.choice(self.RULES)(self)
        self.finish()

    # Text

    def type(self, shape, element="f32"):
        return "tensor<" + "".join(f"{n}x" for n in shape) + element + ">"

    def emit(self, text, shape):
        name = f"%v{self.count}"
        self.count += 1
        self.lines.append(f"{name} = descent.{text}")
        self.values.append((name, list(shape)))
        return name

    def add_input(self, shape):
        symbol = f"x{len(self.inputs)}"
        self.declarations.append(f"descent.input @{symbol} : {self.type(shape)}")
        name = self.emit(f"read @{symbol} : {self.type(shape)}", shape)
        self.inputs.append((name, list(shape)))
        return name

    # Choices

    def shape(self, most=60):
        while True:
            shape = [self.random.choice([1, 2, 3, 4, 5, 6]) for _ in range(self.random.randint(0, 4))]
            size = 1
            for n in shape:
                size *= n
            if size <= most:
                return shape

    def pick(self):
        return self.random.choice(self.values[-8:])

    def partner(self, shape):
        """Another value of this shape; an input made for it if there is none."""
        names = [name for name, other in self.values if other == shape]
        return self.random.choice(names) if len(names) > 1 else self.add_input(shape)

    def some_dims(self, rank, least=1):
        return sorted(self.random.sample(range(rank), self.random.randint(least, rank)))

    # Rules

    def unary(self):
        name, shape = self.pick()
        op = self.random.choice(["neg", "sin", "cos", "tanh", "sigmoid", "abs", "leaky_relu"])
        self.emit(f"{op} {name}{', 0.25' if op == 'leaky_relu' else ''} : {self.type(shape)}", shape)

    def binary(self):
        name, shape = self.pick()
        op = self.random.choice(["add", "sub", "mul", "maximum", "minimum", "add"])
        self.emit(f"{op} {name}, {self.partner(shape)} : {self.type(shape)}", shape)

    def select(self):
        name, shape = self.pick()
        other = self.partner(shape)
        condition = f"%c{self.count}"
        self.lines.append(f"{condition} = descent.compare lt {name}, {other} : {self.type(shape)}")
        self.emit(f"select {condition}, {name}, {other} : {self.type(shape)}", shape)

    def reshape(self):
        name, shape = self.pick()
        size = 1
        for n in shape:
            size *= n
        result, rest = [], size
        while rest > 1:
            factor = self.random.choice([n for n in range(2, rest + 1) if rest % n == 0])
            result.append(factor)
            rest //= factor
        self.random.shuffle(result)
        if self.random.random() < 0.3:
            result.insert(self.random.randint(0, len(result)), 1)
        self.emit(f"reshape {name} : {self.type(shape)} to {self.type(result)}", result)

    def transpose(self):
        name, shape = self.pick()
        order = list(range(len(shape)))
        self.random.shuffle(order)
        result = [shape[i] for i in order]
        self.emit(f"transpose {name} {order} : {self.type(shape)} to {self.type(result)}", result)

    def broadcast(self):
        name, shape = self.pick()
        result, dims = [], []
        for n in shape:
            if self.random.random() < 0.3 and len(result) < 5:
                result.append(self.random.choice([1, 2, 3]))
            dims.append(len(result))
            result.append(n)
        if self.random.random() < 0.3:
            result.append(2)
        if self.size(result) <= 200:
            self.emit(f"broadcast {name} {dims} : {self.type(shape)} to {self.type(result)}", result)

    def size(self, shape):
        size = 1
        for n in shape:
            size *= n
        return size

    def slice(self):
        name, shape = self.pick()
        offsets, strides, result = [], [], []
        for n in shape:
            offset = self.random.randrange(n)
            stride = self.random.choice([1, 1, 2, 3])
            offsets.append(offset)
            strides.append(stride)
            result.append(self.random.randint(1, (n - 1 - offset) // stride + 1))
        self.emit(f"slice {name} offsets {offsets} strides {strides} : {self.type(shape)} to {self.type(result)}", result)

    def pad(self):
        name, shape = self.pick()
        low = [self.random.choice([0, 0, 1, 2]) for _ in shape]
        high = [self.random.choice([0, 0, 1]) for _ in shape]
        result = [n + a + b for n, a, b in zip(shape, low, high)]
        if self.size(result) <= 200:
            self.emit(f"pad {name} low {low} high {high} zero : {self.type(shape)} to {self.type(result)}", result)

    def reverse(self):
        name, shape = self.pick()
        if shape:
            self.emit(f"reverse {name} {self.some_dims(len(shape))} : {self.type(shape)}", shape)

    def indices(self, shape):
        """Numbers from an input, or computed from a value; some are negative, and some too large."""
        index, kind = f"%n{self.count}", self.type(shape, "i32")
        self.count += 1
        if self.random.random() < 0.5:
            self.declarations.append(f"descent.input @n{self.count} : {kind} range [-1, 5]")
            self.lines.append(f"{index} = descent.read @n{self.count} : {kind}")
        else:
            value = self.partner(shape)
            self.lines.append(f"{index} = descent.cast {value} : {self.type(shape)} to {kind}")
        return index

    def gather(self):
        name, shape = self.pick()
        if shape:
            axis = self.random.randrange(len(shape))
            result = list(shape)
            result[axis] = self.random.randint(1, 5)
            if self.size(result) <= 200:
                kind = self.type(result, "i32")
                self.emit(f"gather {name} at {self.indices(result)} axis {axis} : ({self.type(shape)}, {kind}) -> {self.type(result)}", result)

    def scatter_add(self):
        name, shape = self.pick()
        if shape:
            axis = self.random.randrange(len(shape))
            result = list(shape)
            result[axis] = self.random.randint(1, 5)
            if self.size(result) <= 200:
                kind = self.type(shape, "i32")
                self.emit(f"scatter_add {name} at {self.indices(shape)} axis {axis} extent {result[axis]} : ({self.type(shape)}, {kind}) -> {self.type(result)}", result)

    def windows(self):
        """Sums or maxima over sliding windows, padded with zeros or the lowest value."""
        name, shape = self.pick()
        if not shape or self.size(shape) > 60:
            return
        dims = self.some_dims(len(shape))[:2]
        pool = self.random.choice(["reduce_sum", "reduce_max", "max_with_index"])
        if self.random.random() < 0.5:
            low = [int(i in dims) for i in range(len(shape))]
            padded = [n + 1 if i in dims else n for i, n in enumerate(shape)]
            mode = "zero" if pool == "reduce_sum" else "lowest"
            name = self.emit(f"pad {name} low {low} high {[0] * len(shape)} {mode} : {self.type(shape)} to {self.type(padded)}", padded)
            self.values.pop()  # infinities are for maxima only
            shape = padded
        kernel, strides, dilations = [], [], []
        result = list(shape)
        for d in dims:
            size = self.random.randint(1, min(3, shape[d]))
            # A window must hold more than padding, or it is infinite.
            dilation = self.random.choice([1, 2]) if size > 1 and (size - 1) * 2 < shape[d] else 1
            stride = self.random.choice([1, 2])
            if pool != "reduce_sum":
                size, dilation = min(2, shape[d]), 1
            kernel.append(size)
            strides.append(stride)
            dilations.append(dilation)
            result[d] = (shape[d] - dilation * (size - 1) - 1) // stride + 1
        wide, narrow = shape + kernel, result + kernel
        wide_name = self.emit(f"broadcast {name} {list(range(len(shape)))} : {self.type(shape)} to {self.type(wide)}", wide)
        self.values.pop()
        window = self.emit(f"window {wide_name} {dims} strides {strides} dilations {dilations} : {self.type(wide)} to {self.type(narrow)}", narrow)
        self.values.pop()
        last = list(range(len(shape), len(wide)))
        if pool == "max_with_index":
            value, index = f"%m{self.count}", f"%i{self.count}"
            self.lines.append(f"{value}, {index} = descent.max_with_index {window} {last} : {self.type(narrow)} to {self.type(result)}, {self.type(result, 'i32')}")
            self.values.append((value, result))
            self.count += 1
        else:
            self.emit(f"{pool} {window} {last} : {self.type(narrow)} to {self.type(result)}", result)

    def reduce(self):
        name, shape = self.pick()
        if shape:
            dims = self.some_dims(len(shape))
            result = [n for i, n in enumerate(shape) if i not in dims]
            op = self.random.choice(["reduce_sum", "reduce_sum", "reduce_max", "reduce_prod"])
            self.emit(f"{op} {name} {dims} : {self.type(shape)} to {self.type(result)}", result)

    def contract(self):
        name, shape = self.pick()
        if self.size(shape) > 60:
            return
        labels = list(range(len(shape)))
        kept = [label for label in labels if self.random.random() < 0.5]
        rhs_labels = [label for label in labels if label not in kept]
        rhs_labels += [label for label in kept if self.random.random() < 0.3]
        extents = dict(enumerate(shape))
        result_labels = list(kept)
        if self.random.random() < 0.7:
            extents[9] = self.random.randint(1, 4)
            rhs_labels.append(9)
            result_labels.append(9)
        self.random.shuffle(rhs_labels)
        self.random.shuffle(result_labels)
        rhs_shape = [extents[label] for label in rhs_labels]
        result = [extents[label] for label in result_labels]
        if self.size(result) > 200:
            return
        rhs = self.partner(rhs_shape)
        self.emit(f"contract {name} {labels}, {rhs} {rhs_labels} to {result_labels} : ({self.type(shape)}, {self.type(rhs_shape)}) -> {self.type(result)}", result)

    def concat(self):
        name, shape = self.pick()
        if shape:
            axis = self.random.randrange(len(shape))
            result = [n * 2 if i == axis else n for i, n in enumerate(shape)]
            if self.size(result) <= 200:
                kind = self.type(shape)
                self.emit(f"concat {name}, {self.partner(shape)} axis {axis} : ({kind}, {kind}) -> {self.type(result)}", result)

    def softmax(self):
        name, shape = self.pick()
        if shape:
            self.emit(f"softmax {name} axis {self.random.randrange(len(shape))} : {self.type(shape)}", shape)

    def output(self):
        name, shape = self.pick()
        self.lines.append(f'descent.output "o{self.count}", {name} : {self.type(shape)}')
        self.count += 1

    RULES = [unary, unary, binary, binary, select, reshape, transpose, broadcast, slice, reverse, pad, windows, reduce, contract, concat,
             gather, scatter_add, softmax, output]

    # The end

    def finish(self):
        terms = []
        for name, shape in self.values[-3:]:
            # Bounded, so that a long chain of products does not drown everything else.
            name = self.emit(f"tanh {name} : {self.type(shape)}", shape)
            if shape:
                name = self.emit(f"reduce_sum {name} {list(range(len(shape)))} : {self.type(shape)} to tensor<f32>", [])
            terms.append(name)
        self.lines.append(f"%loss = descent.add {', '.join(terms)} : tensor<f32>")
        names = ", ".join(name for name, _ in self.inputs)
        types = ", ".join(self.type(shape) for _, shape in self.inputs)
        self.lines.append(f"%g:{len(self.inputs)} = descent.gradient %loss wrt {names} : tensor<f32> wrt {types} to {types}")
        self.lines.append('descent.output "loss", %loss : tensor<f32>')
        for i, (_, shape) in enumerate(self.inputs):
            self.lines.append(f'descent.output "g{i}", %g#{i} : {self.type(shape)}')

    def __str__(self):
        body = "".join(f"  {line}\n" for line in self.lines)
        return "\n".join(self.declarations) + "\ndescent.entry @train {\n" + body + "}\n"


if __name__ == "__main__":
    print(Program(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 12), end="")

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Checking fields against inputs once, then gathering rows without further
// checks.
#include "data/Batches.h"
#include "core/Error.h"
#include "core/Numbers.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace descent::runtime {
namespace {

Shape withoutOnes(Shape shape) {
  std::erase(shape, 1);
  return shape;
}

bool fits(const Shape &sample, const Shape &wanted) {
  if (elementsOf(sample) != elementsOf(wanted))
    return false;
  Shape a = withoutOnes(sample), b = withoutOnes(wanted);
  return a == b || a.size() <= 1 || b.size() <= 1;
}

/// What an input takes a byte for: a fraction of 255, correctly rounded, or the
/// integer.
std::vector<std::byte> bytesAs(DType dtype) {
  uint64_t size = sizeOf(dtype);
  std::vector<std::byte> table(256 * size);
  for (uint64_t i = 0; i < 256; ++i)
    storeNumber(table.data() + i * size, dtype,
                isFloat(dtype) ? double(i) / 255 : double(i));
  return table;
}

/// Writes the element of `table` that stands for each byte.
template <size_t size>
void lookUp(std::byte *to, std::span<const std::byte> bytes,
            std::span<const std::byte> table) {
  for (std::byte byte : bytes) {
    std::memcpy(to, &table[size * size_t(byte)], size);
    to += size;
  }
}

const char *storageName(Field::Storage storage) {
  return storage == Field::Storage::U8    ? "u8"
         : storage == Field::Storage::F32 ? "f32"
                                          : "i32";
}

} // namespace

Batches::Batches(const Dataset &dataset, const Program &program,
                 const Entry &entry, LastBatch last, const std::string &advice)
    : dataset(dataset), batchSize(entry.batch) {
  if (dataset.size == 0)
    fail(Status::Invalid, "'", dataset.description, "' has no samples");
  if (uint64_t rest = dataset.size % batchSize;
      rest != 0 && entry.wholeBatches && last == LastBatch::Padded)
    fail(Status::Invalid, "the entry '", entry.name,
         "' needs whole batches of ", batchSize,
         " samples, because its layers mix them, and the ", dataset.size,
         " of '", dataset.description, "' leave ", rest, " over: ", advice,
         "give it a number of samples that ", batchSize,
         " divides, or compile the model with another --batch");
  for (unsigned index : entry.inputs) {
    const Tensor &input = program.inputs[index];
    auto field = std::find_if(dataset.fields.begin(), dataset.fields.end(),
                              [&](const Field &candidate) {
                                return candidate.name == entry.plainName(input);
                              });
    if (field == dataset.fields.end()) {
      std::string names;
      for (const Field &candidate : dataset.fields)
        names += (names.empty() ? "'" : ", '") + candidate.name + "'";
      fail(Status::Invalid, "the model's input '", input.name,
           "' has no field in '", dataset.description, "', which has ", names);
    }
    if (!input.batchAxis)
      fail(Status::Invalid, "the model's input '", input.name,
           "' has no batch axis, so samples cannot fill it");
    Shape wanted = input.shape;
    wanted.erase(wanted.begin() + *input.batchAxis);
    if (!fits(field->shape, wanted))
      fail(Status::Invalid, "field '", field->name, "' of '", field->source,
           "' has samples of shape ", print(field->shape),
           ", the model's input needs ", print(wanted));
    bool sameType =
        field->storage == Field::Storage::U8 ||
        (field->storage == Field::Storage::F32) == isFloat(input.dtype);
    if (!sameType)
      fail(Status::Invalid, "field '", field->name, "' of '", field->source,
           "' is ", storageName(field->storage), ", the model's input is ",
           name(input.dtype));
    Binding binding{&*field, &input, 1, 1, {}};
    if (field->storage == Field::Storage::U8)
      binding.table = bytesAs(input.dtype);
    for (unsigned axis = 0; axis < input.shape.size(); ++axis)
      if (axis != *input.batchAxis)
        (axis < *input.batchAxis ? binding.outer : binding.inner) *=
            uint64_t(input.shape[axis]);
    check(binding);
    bindings.push_back(binding);
  }
}

void Batches::refuse(const Binding &binding, uint64_t element,
                     const std::string &what) const {
  const Field &field = *binding.field;
  fail(Status::Invalid, "field '", field.name, "' at index ",
       element / elementsOf(field.shape), " of '", field.source, "' is ", what);
}

void Batches::checkFloats(const Binding &binding) const {
  const Field &field = *binding.field;
  DType dtype = binding.input->dtype;
  uint64_t elements = elementsOf(field.shape) * dataset.size;
  for (uint64_t i = 0; i < elements; ++i) {
    float value;
    std::memcpy(&value, field.data.data() + 4 * i, 4);
    if (!std::isfinite(value))
      refuse(binding, i, concat(value, ", expected finite numbers"));
    if (sizeOf(dtype) < 4 && !canHold(dtype, value))
      refuse(binding, i,
             concat(value, ", which is infinite as ", name(dtype),
                    ", the type of the model's input '", binding.input->name,
                    "': scale the data, or give the input a larger type"));
  }
}

void Batches::check(const Binding &binding) const {
  const Field &field = *binding.field;
  if (field.storage == Field::Storage::F32)
    return checkFloats(binding);
  bool isUnsigned = binding.input->dtype == DType::U32;
  if (!binding.input->range && !isUnsigned)
    return;
  auto [low, high] = binding.input->range.value_or(
      std::pair<int64_t, int64_t>(0, int64_t(INT32_MAX) + 1));
  uint64_t elements = elementsOf(field.shape) * dataset.size;
  for (uint64_t i = 0; i < elements; ++i) {
    int32_t value = 0;
    if (field.storage == Field::Storage::U8)
      value = int32_t(field.data[i]);
    else
      std::memcpy(&value, field.data.data() + 4 * i, 4);
    if (value < low || value >= high)
      refuse(binding, i,
             concat(value, ", the model takes ", low, " to ", high - 1));
  }
}

void Batches::copySample(const Binding &binding, std::span<std::byte> target,
                         uint64_t slot, uint64_t row) const {
  const Field &field = *binding.field;
  DType dtype = binding.input->dtype;
  uint64_t size = sizeOf(dtype);
  const std::byte *from = field.data.data() + row * field.sampleBytes();
  for (uint64_t outer = 0; outer < binding.outer; ++outer) {
    std::byte *to =
        target.data() + size * (outer * batchSize + slot) * binding.inner;
    if (field.storage == Field::Storage::U8) {
      std::span bytes(from, binding.inner);
      if (size == 2)
        lookUp<2>(to, bytes, binding.table);
      else if (size == 4)
        lookUp<4>(to, bytes, binding.table);
      else
        lookUp<8>(to, bytes, binding.table);
      from += binding.inner;
    } else if (dtype == DType::F32 || !isFloat(dtype)) {
      std::memcpy(to, from, 4 * binding.inner);
      from += 4 * binding.inner;
    } else {
      for (uint64_t i = 0; i < binding.inner; ++i, from += 4)
        storeNumber(to + size * i, dtype, loadNumber(from, DType::F32));
    }
  }
}

void Batches::fill(Run &run, std::span<const uint32_t> rows) const {
  for (size_t i = 0; i < bindings.size(); ++i)
    for (uint64_t slot = 0; slot < batchSize; ++slot)
      copySample(bindings[i], run.inputs[i], slot,
                 slot < rows.size() ? rows[slot] : rows[0]);
  run.control.valid = int32_t(rows.size());
}

} // namespace descent::runtime

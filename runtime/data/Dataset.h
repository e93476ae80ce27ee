// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A data set in memory, where it comes from, and how its fields meet a bundle's
// inputs.
#ifndef DESCENT_RUNTIME_DATA_DATASET_H
#define DESCENT_RUNTIME_DATA_DATASET_H

#include "core/Program.h"

namespace descent::runtime {

/// One field of every sample, sample after sample. U8 becomes value / 255 for
/// inputs of floats and the integer for inputs of integers; F32 are taken by
/// inputs of floats only, and rounded where they have fewer digits, and I32 by
/// those of integers.
struct Field {
  enum class Storage { U8, F32, I32 };
  std::string name;
  Storage storage = Storage::U8;
  Shape shape; ///< of one sample
  std::vector<std::byte> data;
  std::string source; ///< the file, for messages

  uint64_t sampleBytes() const {
    return elementsOf(shape) * (storage == Storage::U8 ? 1 : 4);
  }
};

struct Dataset {
  std::string description;
  uint64_t size = 0; ///< samples
  std::vector<Field> fields;
};

enum class Part { Train, Test };

/// A data specification, KIND[:PATH][?key=value&...].
struct DataSpec {
  std::string text, kind, path;
  std::map<std::string, std::string> options;

  /// Errors: Usage for a specification that is not of that form.
  static DataSpec parse(const std::string &text);
  /// The option as an integer from low to high, or fallback when it is not
  /// given. Error: Usage.
  uint64_t number(const std::string &key, uint64_t fallback, uint64_t low,
                  uint64_t high) const;
  /// Error: Usage, when an option is given that is not among known.
  void allowOnly(const std::vector<std::string> &known) const;
};

/// Opens what the specification names. Part chooses between the training pair
/// and the test pair of kinds that have both. Errors: Usage for an unknown kind
/// or option, Invalid for bad files.
Dataset openDataset(const std::string &spec, Part part);

/// The kinds, for help texts: "idx:DIR, glyphs".
std::string datasetKinds();

/// Four MNIST-style files in a folder, .gz or not: fields image and label.
Dataset openIdx(const DataSpec &spec, Part part);
/// Handwritten-like digits drawn by the program: fields image [28, 28] and
/// label. Options count and seed.
Dataset drawGlyphs(const DataSpec &spec, Part part);

} // namespace descent::runtime

#endif // DESCENT_RUNTIME_DATA_DATASET_H

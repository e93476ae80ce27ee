// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The hand-made bundle, changed and packed again, for tests of what a reader
// must refuse.
#ifndef DESCENT_TEST_RUNTIME_TESTBUNDLE_H
#define DESCENT_TEST_RUNTIME_TESTBUNDLE_H

#include "core/Error.h"
#include "core/Program.h"

#include <functional>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace descent::runtime {

using Bytes = std::vector<std::byte>;

/// The files of an archive in the order in which they are packed.
using Parts = std::vector<std::pair<std::string, std::string>>;

/// The bytes of the bundle that make_bundle.py wrote.
Bytes testBundle();
Parts unpack(const Bytes &bundle);
Bytes pack(const Parts &parts);

/// The bundle after change has seen the manifest and the schedule of train;
/// hashes are made right again.
Bytes changedBundle(const std::function<void(nlohmann::json &manifest,
                                             nlohmann::json &train)> &change);

/// Expects an Error of this status whose message contains part.
template <typename Body>
void expectError(Status status, const std::string &part, const Body &body) {
  try {
    body();
    ADD_FAILURE() << "no error, expected one with '" << part << "'";
  } catch (const Error &error) {
    EXPECT_EQ(int(error.status()), int(status)) << error.what();
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
        << error.what();
  }
}

/// A folder that is removed with everything in it.
class TemporaryFolder {
public:
  TemporaryFolder();
  ~TemporaryFolder();
  std::string file(const std::string &name, const std::string &content) const;
  const std::string path;
};

} // namespace descent::runtime

#endif // DESCENT_TEST_RUNTIME_TESTBUNDLE_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The registry is consistent, and the language's reference page repeats it.

#include "ModelTest.h"
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

using namespace descent::model;

namespace {

TEST(Registry, IsConsistent) {
  std::set<std::string_view> names;
  for (const OpSpec &op : registry()) {
    EXPECT_TRUE(names.insert(op.name).second) << op.name;
    EXPECT_EQ(lookup(op.name), &op);
    EXPECT_FALSE(op.doc.empty()) << op.name;
    EXPECT_FALSE(op.reference.empty()) << op.name;
    EXPECT_TRUE(op.infer) << op.name;
    EXPECT_EQ(op.operands.empty(), op.category == Category::Optimizer)
        << op.name;
    std::set<std::string_view> attributes;
    for (const AttrSpec &spec : op.attributes) {
      EXPECT_FALSE(spec.doc.empty()) << op.name << "." << spec.name;
      EXPECT_EQ(spec.kind == AttrKind::Enum, !spec.enumerators.empty())
          << op.name << "." << spec.name;
      // A default may be taken from an attribute that was completed before.
      if (!spec.defaultFrom.empty()) {
        EXPECT_TRUE(attributes.contains(spec.defaultFrom))
            << op.name << "." << spec.name;
      }
      EXPECT_TRUE(attributes.insert(spec.name).second)
          << op.name << "." << spec.name;
    }
    // The keys of a layer must not be mistaken for ops.
    for (const char *modifier : {"of", "as", "name", "args"})
      EXPECT_NE(op.name, modifier);
  }
  EXPECT_EQ(lookup("no such op"), nullptr);
}

TEST(Registry, PrintsItselfAsJson) {
  nlohmann::json json = nlohmann::json::parse(registryAsJson());
  ASSERT_EQ(json.size(), registry().size());
  for (const nlohmann::json &op : json) {
    const OpSpec *spec = lookup(op["name"].get<std::string>());
    ASSERT_TRUE(spec);
    EXPECT_EQ(op["attributes"].size(), spec->attributes.size());
    if (spec->name == "max_pool2d") {
      EXPECT_EQ(op["category"], "layer");
      EXPECT_EQ(op["attributes"][0]["required"], true);
      EXPECT_EQ(op["attributes"][1]["default_from"], "kernel");
      EXPECT_EQ(op["attributes"][2]["default"], nlohmann::json::array({0, 0}));
    }
  }
}

TEST(Registry, IsRepeatedByTheReference) {
  std::ifstream file(std::string(DESCENT_SOURCE_DIR) + "/docs/language.md");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_NE(text.str().find(registryAsMarkdown()), std::string::npos)
      << "docs/language.md should contain this table:\n"
      << registryAsMarkdown();
}

} // namespace

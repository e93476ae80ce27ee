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
    // A definition is expanded, and so are the ops that take functions or
    // derive values, and initializers, which give no value; every other op says
    // what it gives.
    bool isExpanded = op.definition || op.name == "scan" || op.name == "grad" ||
                      op.category == Category::Initializer;
    EXPECT_EQ(op.infer == nullptr, isExpanded) << op.name;
    if (op.category == Category::Optimizer ||
        op.category == Category::Initializer) {
      EXPECT_TRUE(op.operands.empty()) << op.name;
    }
    if (op.variadic) {
      EXPECT_FALSE(op.operands.empty()) << op.name;
    }
    for (const OperandSpec &operand : op.operands)
      EXPECT_FALSE(operand.doc.empty()) << op.name << "." << operand.name;
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
    // What else stands in a network must not be mistaken for ops.
    for (const char *key :
         {"of", "as", "name", "args", "value", "param", "state", "update",
          "instance", "if", "then", "else", "repeat", "for", "require"})
      EXPECT_NE(op.name, key);
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
    EXPECT_EQ(op["primitive"], spec->isPrimitive());
    if (spec->name == "slice") {
      EXPECT_EQ(op["primitive"], true);
      EXPECT_EQ(op["operands"].size(), 1u);
      EXPECT_EQ(op["attributes"][3]["default"], 1);
    }
    if (spec->name == "max_pool2d") {
      EXPECT_EQ(op["category"], "op");
      EXPECT_EQ(op["primitive"], false);
      EXPECT_EQ(op["attributes"][0]["count"], 2);
      EXPECT_EQ(op["attributes"][0]["required"], true);
      EXPECT_EQ(op["attributes"][1]["default_from"], "kernel");
      EXPECT_EQ(op["attributes"][2]["default"], nlohmann::json::array({0, 0}));
    }
  }
}

TEST(Registry, PrintsATableACategory) {
  std::string text = registryAsMarkdown();
  size_t last = 0;
  for (const char *title :
       {"### Ops", "### Layers", "### Losses", "### Metrics",
        "### Initializers", "### Optimizers"}) {
    size_t at = text.find(std::string(title) + "\n\n| name |", last);
    EXPECT_NE(at, std::string::npos) << title;
    last = at;
  }
  // A bar in a description is no end of its cell.
  EXPECT_NE(text.find("\\|x\\|; the derivative at 0 is 0."), std::string::npos);
}

TEST(Registry, KnowsItsDTypes) {
  for (const char *name : {"f32", "f64", "f16", "bf16", "i32", "u32", "bool"}) {
    std::optional<DType> dtype = parseDType(name);
    ASSERT_TRUE(dtype) << name;
    EXPECT_EQ(toString(*dtype), name);
    EXPECT_EQ(isFloat(*dtype),
              std::string_view(name).find('f') != std::string_view::npos);
    EXPECT_EQ(isInteger(*dtype),
              std::string_view(name).ends_with("32") && !isFloat(*dtype));
  }
  EXPECT_EQ(parseDType("i64"), std::nullopt);
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

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A syntax tree in the JSON spelling. What layers cannot say stands in strings
// of the text spelling.

#ifndef DESCENT_LIB_MODEL_JSONPRINTER_H
#define DESCENT_LIB_MODEL_JSONPRINTER_H

#include "JsonReader.h"
#include <nlohmann/json.hpp>
#include <set>

namespace descent::model {

class JsonPrinter {
public:
  using Json = nlohmann::ordered_json;

  Json run(const Model &model);

private:
  /// The arguments of a call, those without a name and those with one.
  struct Arguments {
    std::vector<Argument> values, named;

    explicit Arguments(const Expr &call) {
      for (const Argument &argument : call.arguments)
        (argument.key.empty() ? values : named).push_back(argument);
    }
    /// Whether an object can hold them: values first, names once.
    bool isPlain(const Expr &call) const {
      std::set<std::string_view> seen;
      for (size_t i = 0; i < call.arguments.size(); ++i) {
        const std::string &key = call.arguments[i].key.text;
        if (key.empty() != (i < values.size()) || key == "args" ||
            (!key.empty() && !seen.insert(key).second))
          return false;
      }
      return true;
    }
  };

  /// The name that a call calls; null if it calls something else.
  static const Expr *calledName(const Expr &call);
  static std::string text(const Expr &expr);

  // JsonNetworkPrinter.cpp
  Json expr(const Expr &expr);
  Json lambda(const Lambda &lambda);
  Json attribute(const Expr &expr, bool isFunction);
  Json parameters(const std::vector<ParameterDecl> &parameters);
  Json network(const std::vector<Stage> &stages);
  Json value(const Stage &stage);
  std::optional<Json> layer(const Stage &stage, std::string &op);
  Json item(const Stage &stage);
  std::optional<Json> attributes(const CallableShape &shape,
                                 const std::vector<Argument> &named);

  // JsonPrinter.cpp
  Json result(const Expr &expr, std::initializer_list<Category> categories);
  Json losses(const std::vector<Expr> &list);
  Json optimizer(const OptimizerDecl &optimizer);
  Json optimizers(const std::vector<OptimizerDecl> &list);
  void body(Json &object, const std::vector<Stage> &stages);
  Json definition(const Definition &definition);
  Json entry(const EntryDecl &entry);

  CallableTable callables;
};

} // namespace descent::model

#endif // DESCENT_LIB_MODEL_JSONPRINTER_H

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// descent-run inspect: what a bundle holds, with or without a Vulkan device.
#include "Common.h"
#include "core/Error.h"

#include <algorithm>

namespace descent::runtime {
namespace {

struct Options {
  CommonOptions common;
  std::string bundle;
};

Event describeTensor(const Tensor &tensor) {
  Event fields = {{"name", tensor.name},
                  {"dtype", name(tensor.dtype)},
                  {"shape", tensor.shape}};
  if (tensor.range)
    fields["range"] = {tensor.range->first, tensor.range->second};
  return fields;
}

std::string printTensor(const Tensor &tensor) {
  return concat(tensor.name, " : ", name(tensor.dtype), print(tensor.shape),
                tensor.range ? concat(" in [", tensor.range->first, ", ",
                                      tensor.range->second, ")")
                             : "");
}

void showModel(Log &log, const Program &program, Event &fields) {
  fields = {
      {"model", program.modelName},   {"model_sha256", program.modelHash},
      {"producer", program.producer}, {"batch", program.batch},
      {"inputs", Event::array()},     {"parameters", countParameters(program)},
      {"state", Event::array()},      {"entries", Event::object()}};
  log.line(concat("model ", program.modelName, ", batch ", program.batch, ", ",
                  countParameters(program), " parameters, written by ",
                  program.producer));
  for (const Tensor &input : program.inputs) {
    fields["inputs"].push_back(describeTensor(input));
    log.line("  input " + printTensor(input));
  }
  for (const State &state : program.states) {
    Event described = describeTensor(state.tensor);
    described["role"] = name(state.role);
    fields["state"].push_back(described);
    log.line(concat("  ", name(state.role), " ", printTensor(state.tensor)));
  }
  for (auto &[name, entry] : program.entries) {
    Event described = {{"inputs", Event::array()}, {"outputs", Event::array()}};
    std::string inputs, outputs;
    for (unsigned input : entry.inputs) {
      described["inputs"].push_back(program.inputs[input].name);
      inputs += " " + program.inputs[input].name;
    }
    for (const Tensor &output : entry.outputs) {
      described["outputs"].push_back(describeTensor(output));
      outputs += " " + output.name;
    }
    fields["entries"][name] = described;
    log.line("  entry " + name + ":" + inputs + " ->" + outputs);
  }
}

Event showVariant(Log &log, const Variant &variant,
                  const std::vector<DeviceInfo> &devices) {
  Event fields = {{"name", variant.name},
                  {"peak_bytes", variant.peakBytes},
                  {"slabs", Event::array()},
                  {"statistics", Event::object()},
                  {"devices", Event::array()}};
  log.line(
      concat("variant ", variant.name, ": ", readableBytes(variant.peakBytes)));
  const Requirements &needs = variant.requirements;
  std::string features;
  for (const std::string &feature : needs.features)
    features += " " + feature;
  log.line(concat("  needs Vulkan ", needs.vulkan[0], ".", needs.vulkan[1],
                  needs.driver.empty() ? "" : ", driver " + needs.driver, ", ",
                  needs.maxWorkgroupInvocations, " invocations, ",
                  needs.maxStorageBindings, " storage bindings of ",
                  readableBytes(needs.maxStorageRange),
                  features.empty() ? "" : "," + features));
  for (const Slab &slab : variant.slabs) {
    fields["slabs"].push_back(
        {{"size", slab.size},
         {"kind", slab.keepsState ? "state" : "transient"}});
    log.line(concat("  slab ", readableBytes(slab.size),
                    slab.keepsState ? " state" : " transient"));
  }
  for (auto &[entry, statistics] : variant.statistics) {
    fields["statistics"][entry] = {{"kernels", statistics.kernels},
                                   {"launches", statistics.launches},
                                   {"flop", statistics.flop},
                                   {"bytes", statistics.bytes}};
    log.line(concat("  ", entry, ": ", statistics.kernels, " kernels, ",
                    statistics.launches, " launches, ",
                    fixed(double(statistics.flop) / 1e9, 3), " GFLOP, ",
                    readableBytes(statistics.bytes), " moved"));
  }
  for (const DeviceInfo &device : devices) {
    std::vector<std::string> reasons = refusals(variant, device);
    fields["devices"].push_back({{"name", device.name()},
                                 {"usable", reasons.empty()},
                                 {"refusals", reasons}});
    log.line("  " + std::string(reasons.empty() ? "runs" : "does not run") +
             " on " + device.name());
    for (const std::string &reason : reasons)
      log.line("    it " + reason);
  }
  return fields;
}

int inspect(const Options &options) {
  std::shared_ptr<const Program> program = openBundle(options.bundle);
  std::unique_ptr<Instance> instance;
  std::string absence;
  try {
    instance = std::make_unique<Instance>();
  } catch (const Error &error) {
    absence = error.what();
  }
  Log log(options.common.json);
  Event fields;
  showModel(log, *program, fields);
  fields["variants"] = Event::array();
  for (const Variant &variant : program->variants)
    fields["variants"].push_back(showVariant(
        log, variant,
        instance ? instance->devices() : std::vector<DeviceInfo>()));
  if (!instance)
    log.line("no device to compare with: " + absence);
  log.event("inspect", fields);
  log.check();
  return 0;
}

} // namespace

void addInspect(CLI::App &app, Action &action) {
  auto options = std::make_shared<Options>();
  CLI::App *command = app.add_subcommand(
      "inspect", "show what a bundle holds and which devices can run it");
  command->add_option("BUNDLE", options->bundle, "what descentc wrote")
      ->required();
  addCommon(*command, options->common, false);
  command->callback(
      [=, &action] { action = [=] { return inspect(*options); }; });
}

} // namespace descent::runtime

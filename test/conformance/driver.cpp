// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs entries of bundles on one Vulkan device for the conformance suite, which
// writes requests on stdin and reads answers on stdout.
//
// A request is a line of JSON and then the bytes of its tensors in the order in
// which it names them:
//   { "bundle": path, "seed": n, "states": [names], "runs": [
//     { "entry": name, "inputs": [names], "step": n, "valid": n,
//       "lr_scale": x, "reset": bool, "read": [names of states] } ] }
// States that are not given start by their initializers; "reset" takes all of
// them back to where they started before the run. Answers are a line
// { "ok": true, "device", "variant", "validation_messages" } and then, for each
// run, the bytes of every output of the entry in the bundle's order and of
// every state in "read"; or { "ok": false, "status": exit code, "error":
// message }.

#include "core/Error.h"
#include "train/Weights.h"
#include "vulkan/VulkanExecutor.h"

#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <spirv-tools/libspirv.hpp>

using namespace descent::runtime;
using nlohmann::json;

static std::string validate(std::span<const uint32_t> code) {
  std::string complaint;
  spvtools::SpirvTools tools(SPV_ENV_VULKAN_1_1);
  tools.SetMessageConsumer([&](spv_message_level_t, const char *,
                               const spv_position_t &, const char *message) {
    complaint += std::string(complaint.empty() ? "" : "; ") + message;
  });
  return tools.Validate(code.data(), code.size()) ? "" : complaint;
}

/// The bytes that follow the current request.
static void readPayload(std::span<std::byte> bytes) {
  std::cin.read(reinterpret_cast<char *>(bytes.data()), bytes.size());
  if (!std::cin)
    fail(Status::Usage, "the request ends before its tensors do");
}

static unsigned findState(const Program &program, const std::string &name) {
  std::optional<unsigned> index = program.findState(name);
  if (!index)
    fail(Status::Usage, "the bundle has no state '", name, "'");
  return *index;
}

namespace {
/// A run as the request has it, with the tensors of its inputs.
struct Request {
  json run;
  std::vector<std::pair<unsigned, std::vector<std::byte>>> inputs;
};

struct Answer {
  json header;
  std::vector<std::byte> payload;

  void append(std::span<const std::byte> bytes) {
    payload.insert(payload.end(), bytes.begin(), bytes.end());
  }
};
} // namespace

static void perform(Executor &executor, const Request &request, uint64_t seed,
                    Answer &answer) {
  const Program &program = executor.program();
  Run &run = executor.acquire(request.run.at("entry"));
  run.control.step = request.run.value("step", 0);
  run.control.seed = seed;
  run.control.valid = request.run.value("valid", int32_t(program.batch));
  run.control.lrScale = request.run.value("lr_scale", 1.0f);
  for (auto &[input, bytes] : request.inputs)
    for (size_t i = 0; i < run.entry->inputs.size(); ++i)
      if (run.entry->inputs[i] == input)
        std::copy(bytes.begin(), bytes.end(), run.inputs[i].begin());
  executor.submit(run);
  executor.wait(run);
  for (std::span<const std::byte> output : run.outputs)
    answer.append(output);
  for (const json &name : request.run.value("read", json::array())) {
    unsigned state = findState(program, name);
    std::vector<std::byte> bytes(program.states[state].tensor.bytes());
    executor.readStates({{state, bytes}});
    answer.append(bytes);
  }
}

static Answer answer(const json &header, std::shared_ptr<Instance> instance) {
  unsigned before = Instance::validationMessages();
  std::shared_ptr<const Program> program = openBundle(header.at("bundle"));
  uint64_t seed = header.value("seed", 0);
  StateBytes states =
      initialStates(*program, seed,
                    {Role::Parameter, Role::Buffer, Role::Optimizer,
                     Role::Metric, Role::Status});
  for (const json &name : header.value("states", json::array()))
    readPayload(states.at(findState(*program, name)));
  std::vector<Request> requests;
  std::vector<std::string> entries;
  for (const json &run : header.at("runs")) {
    Request &request = requests.emplace_back(Request{run, {}});
    entries.push_back(run.at("entry"));
    for (const json &name : run.value("inputs", json::array())) {
      std::optional<unsigned> input = program->findInput(name);
      if (!input)
        fail(Status::Usage, "the bundle has no input '", name, "'");
      std::vector<std::byte> bytes(program->inputs[*input].bytes());
      readPayload(bytes);
      request.inputs.emplace_back(*input, std::move(bytes));
    }
  }

  ExecutorOptions options;
  options.validator = validate;
  std::unique_ptr<Executor> executor =
      createVulkanExecutor(instance, program, options);
  executor->prepare(entries);
  upload(*executor, states);
  Answer result;
  for (const Request &request : requests) {
    if (request.run.value("reset", false))
      upload(*executor, states);
    perform(*executor, request, seed, result);
  }
  result.header = {
      {"ok", true},
      {"device", executor->deviceName()},
      {"variant", executor->variant().name},
      {"validation_messages", Instance::validationMessages() - before}};
  return result;
}

int main() {
  std::shared_ptr<Instance> instance;
  for (std::string line; std::getline(std::cin, line);) {
    Answer result;
    try {
      if (!instance)
        instance = std::make_shared<Instance>();
      result = answer(json::parse(line), instance);
    } catch (const Error &error) {
      result = {{{"ok", false},
                 {"status", int(error.status())},
                 {"error", error.what()}},
                {}};
    } catch (const std::exception &error) {
      result = {{{"ok", false}, {"status", 1}, {"error", error.what()}}, {}};
    }
    // An error may quote bytes that are no text.
    std::cout << result.header.dump(-1, ' ', false,
                                    json::error_handler_t::replace)
              << '\n';
    std::cout.write(reinterpret_cast<const char *>(result.payload.data()),
                    result.payload.size());
    std::cout.flush();
  }
}

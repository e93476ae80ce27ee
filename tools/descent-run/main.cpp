// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// descent-run: trains, evaluates and inspects bundles. Options, signals and
// exit codes; the work is in the other files.
#include "Common.h"
#include "core/Error.h"

#include <csignal>
#include <fcntl.h>
#include <iostream>

using namespace descent::runtime;

namespace {

constexpr const char *footer =
    "'descent-run BUNDLE ...' means 'descent-run train BUNDLE ...'.\n"
    "Exit codes: 0 done, 1 failure (output that cannot be written, be it "
    "stdout, included), 2 usage,\n"
    "3 invalid bundle, weights or data, 4 no usable device, 5 device lost or "
    "out of memory,\n"
    "6 diverged, 130 interrupted (after saving).\n"
    "Files: compiled kernels in $XDG_CACHE_HOME/descent or ~/.cache/descent, "
    "see --no-cache.";

/// Whether the first argument is a bundle rather than a subcommand or an
/// option.
bool meansTrain(const CLI::App &app, const std::string &first) {
  if (first.empty() || first[0] == '-')
    return false;
  for (const CLI::App *command :
       app.get_subcommands([](const CLI::App *) { return true; }))
    if (command->get_name() == first)
      return false;
  return first.find('.') != std::string::npos ||
         first.find('/') != std::string::npos;
}

/// A closed pipe or a full disk is an error of the write that meets it, not the
/// end of the process: there may be a checkpoint to finish.
void meetWriteErrors() {
  for (int signal : {SIGPIPE, SIGXFSZ})
    std::signal(signal, SIG_IGN);
  // Where a standard stream is closed the next file would be opened in its
  // place, and take what is meant for the stream. Like this, writes to it fail.
  for (int fd : {0, 1, 2})
    if (::fcntl(fd, F_GETFD) < 0)
      ::open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

int report(const Error &error) {
  std::fprintf(stderr, "descent-run: error: %s\n", error.what());
  return int(error.status());
}

int perform(const Action &action) {
  try {
    return action();
  } catch (const Error &error) {
    return report(error);
  } catch (const std::bad_alloc &) {
    return report(Error(Status::DeviceLost, "out of host memory"));
  } catch (const std::exception &error) {
    return report(Error(Status::Failure, error.what()));
  }
}

} // namespace

int main(int argc, char **argv) {
  meetWriteErrors();
  CLI::App app(
      "Trains and runs the bundles that descentc writes, on any Vulkan device.",
      "descent-run");
  app.set_version_flag("--version", "descent-run " DESCENT_VERSION);
  app.require_subcommand(1);
  app.footer(footer);
  Action action;
  for (auto add : {addTrain, addEval, addPredict, addInit, addBench, addInspect,
                   addDevices})
    add(app, action);

  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && meansTrain(app, arguments.front()))
    arguments.insert(arguments.begin(), "train");
  std::reverse(arguments.begin(),
               arguments.end()); // the order in which CLI11 takes a vector
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError &error) {
    if (app.exit(error) != 0)
      return int(Status::Usage);
    return std::cout.flush()
               ? 0
               : report(Error(Status::Failure, "cannot write to stdout"));
  }
  int code = perform(action);
  if (Instance::validationMessages() > 0 && code == 0) {
    std::fprintf(stderr,
                 "descent-run: error: %u messages of the validation layer\n",
                 Instance::validationMessages());
    return int(Status::Failure);
  }
  return code;
}

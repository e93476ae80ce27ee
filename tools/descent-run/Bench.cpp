// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// descent-run bench: step times on made-up data, and device time by launch.
#include "train/Bench.h"
#include "Common.h"
#include "core/Error.h"

#include <algorithm>

namespace descent::runtime {
namespace {

struct Options {
  CommonOptions common;
  std::string bundle, entry = "train";
  unsigned steps = 20;
  uint64_t seed = 0;
  bool profile = false;
};

struct Row {
  std::string label;
  double microseconds = 0, flop = 0, bytes = 0;
  unsigned launches = 0;
};

/// Launches of one label together, the dearest first.
std::vector<Row> byLabel(const Schedule &schedule,
                         const std::vector<double> &microseconds) {
  std::vector<Row> rows;
  for (size_t i = 0; i < schedule.records.size(); ++i) {
    const Launch &launch = schedule.records[i].launch;
    auto row = std::find_if(rows.begin(), rows.end(), [&](const Row &row) {
      return row.label == launch.label;
    });
    if (row == rows.end()) {
      rows.push_back({launch.label});
      row = rows.end() - 1;
    }
    row->microseconds += microseconds[i];
    uint64_t runs = schedule.records[i].runs;
    row->flop += double(launch.flop * runs);
    row->bytes += double(launch.bytes * runs);
    row->launches += unsigned(runs);
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Row &a, const Row &b) {
    return a.microseconds > b.microseconds;
  });
  return rows;
}

void reportProfile(Log &log, Executor &executor, const Options &options) {
  const Schedule &schedule = executor.variant().schedules.at(options.entry);
  std::vector<double> microseconds =
      executor.profile(options.entry, options.steps);
  for (size_t i = 0; i < schedule.records.size(); ++i) {
    const Launch &launch = schedule.records[i].launch;
    log.event("launch", {{"kernel", concat("k", launch.kernel)},
                         {"label", launch.label},
                         {"us", microseconds[i]},
                         {"runs", schedule.records[i].runs},
                         {"flop", launch.flop},
                         {"bytes", launch.bytes}});
  }
  std::vector<Row> rows = byLabel(schedule, microseconds);
  double total = 0;
  for (const Row &row : rows)
    total += row.microseconds;
  log.line("");
  log.line("      us      %  launches    GFLOP/s     GB/s  label");
  for (const Row &row : rows) {
    double seconds = std::max(row.microseconds, 1e-3) * 1e-6;
    char text[128];
    std::snprintf(text, sizeof text, "%8.1f  %5.1f  %8u  %9.2f  %7.2f  ",
                  row.microseconds,
                  100 * row.microseconds / std::max(total, 1e-3), row.launches,
                  row.flop / seconds / 1e9, row.bytes / seconds / 1e9);
    log.line(text + row.label);
    log.event("profile", {{"label", row.label},
                          {"us", row.microseconds},
                          {"launches", row.launches},
                          {"flop", row.flop},
                          {"bytes", row.bytes}});
  }
  log.line(fixed(total, 1) +
           " us in all launches, each kept apart by a barrier");
}

int runBench(const Options &options) {
  std::shared_ptr<const Program> program = openBundle(options.bundle);
  if (!program->findEntry(options.entry))
    fail(Status::Usage, "the bundle has no entry '", options.entry, "'");
  StateBytes states =
      initialStates(*program, options.seed,
                    {Role::Parameter, Role::Buffer, Role::Optimizer,
                     Role::Metric, Role::Status});
  Log log(options.common.json);
  std::unique_ptr<Executor> executor = load(program, options.common);
  upload(*executor, states);
  BenchResult result =
      bench(*executor, options.entry, options.steps, options.seed);

  Event fields = {{"entry", options.entry},
                  {"ms_per_step", result.medianMs},
                  {"ms_min", result.minMs},
                  {"ms_overlapped", result.overlappedMs},
                  {"first_step_ms", result.firstStepMs},
                  {"steps", options.steps}};
  fields.update(describe(*executor, options.entry));
  log.event("bench", fields);
  log.line(concat(program->modelName, " ", options.entry, ", batch ",
                  program->entries.at(options.entry).batch, ", on ",
                  executor->deviceName(), " (variant ",
                  executor->variant().name, ")"));
  log.line(concat(fixed(result.medianMs, 3), " ms a step (median of ",
                  options.steps, "; fastest ", fixed(result.minMs, 3),
                  "; first ", fixed(result.firstStepMs, 1),
                  " with its pipelines; ", fixed(result.overlappedMs, 3),
                  " when runs overlap)"));
  if (fields.contains("gflop_per_step"))
    log.line(concat(
        fixed(fields["gflop_per_step"].get<double>() / result.medianMs * 1e3,
              2),
        " GFLOP/s, ", fields["launches"].get<uint64_t>(), " launches, ",
        readableBytes(executor->variant().peakBytes), " of memory"));
  if (options.profile)
    reportProfile(log, *executor, options);
  log.check();
  return 0;
}

} // namespace

void addBench(CLI::App &app, Action &action) {
  auto options = std::make_shared<Options>();
  CLI::App *command =
      app.add_subcommand("bench", "time an entry on made-up data");
  command->add_option("BUNDLE", options->bundle, "what descentc wrote")
      ->required();
  command->add_option("--entry", options->entry,
                      "train, eval, predict or another entry (default train)");
  command
      ->add_option("--steps", options->steps,
                   "timed steps after three to warm up (default 20)")
      ->check(CLI::Range(1, 1000000));
  command
      ->add_option("--seed", options->seed,
                   "seed of weights and data (default 0)")
      ->check(CLI::NonNegativeNumber);
  command->add_flag("--profile", options->profile,
                    "device time by label, from timestamps; with --json also "
                    "of every launch");
  addCommon(*command, options->common, true);
  command->callback(
      [=, &action] { action = [=] { return runBench(*options); }; });
}

} // namespace descent::runtime

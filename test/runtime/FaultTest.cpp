// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every Vulkan call that can fail fails once, by FaultLayer.cpp: the error is
// the documented one, nothing is left alive, and what was on disk stays whole.
#include "TestBundle.h"
#include "core/File.h"
#include "data/Batches.h"
#include "descent/runtime/descent.h"
#include "train/Trainer.h"
#include "train/Weights.h"
#include "vulkan/VulkanExecutor.h"

#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>

namespace descent::runtime {
namespace {

/// The layer, which the loader and this test share.
class Layer {
public:
  static Layer &get() {
    static Layer layer;
    return layer;
  }
  void (*arm)(const char *function, long call, int result);
  int (*fired)();
  long (*alive)();

private:
  Layer() {
    std::filesystem::path file =
        std::filesystem::read_symlink("/proc/self/exe").parent_path() /
        "libdescent-fault-layer.so";
    ::setenv("VK_ADD_LAYER_PATH", file.parent_path().c_str(), 1);
    ::setenv("VK_INSTANCE_LAYERS", "VK_LAYER_DESCENT_fault", 1);
    ::unsetenv("DESCENT_VALIDATION");
    void *library = ::dlopen(file.c_str(), RTLD_NOW);
    if (!library)
      throw std::runtime_error(::dlerror());
    arm = reinterpret_cast<decltype(arm)>(::dlsym(library, "descentFaultArm"));
    fired = reinterpret_cast<decltype(fired)>(
        ::dlsym(library, "descentFaultFired"));
    alive = reinterpret_cast<decltype(alive)>(
        ::dlsym(library, "descentFaultAlive"));
  }
};

class Faults : public testing::Test {
protected:
  Layer &layer = Layer::get();
  std::shared_ptr<const Program> program = readBundle(testBundle());
  Dataset data = openDataset("glyphs?count=64", Part::Train);

  void TearDown() override {
    layer.arm("", 0, 0);
    EXPECT_EQ(layer.alive(), 0);
  }

  std::unique_ptr<Executor> open() {
    return createVulkanExecutor(std::make_shared<Instance>(), program, {});
  }

  /// All that a program does with a device.
  void everything() {
    std::unique_ptr<Executor> executor = open();
    executor->prepare({"train", "metrics"});
    upload(*executor,
           initialStates(*program, 1,
                         {Role::Parameter, Role::Metric, Role::Status}));
    Batches batches(data, *program, program->entries.at("train"));
    const uint32_t rows[] = {1, 2, 3};
    for (int step = 1; step <= 3; ++step) {
      runtime::Run &run = executor->acquire("train");
      batches.fill(run, rows);
      executor->submit(run);
      executor->wait(run);
    }
    executor->profile("metrics", 2);
    download(*executor, weightRoles);
  }
};

TEST_F(Faults, TheLayerIsThere) {
  auto executor = open();
  EXPECT_GT(layer.alive(), 5);
}

/// The n-th call that can fail, for every n.
TEST_F(Faults, WhateverFailsNothingIsLeftAlive) {
  for (auto [result, status] :
       {std::pair(VK_ERROR_OUT_OF_DEVICE_MEMORY, Status::DeviceLost),
        std::pair(VK_ERROR_OUT_OF_HOST_MEMORY, Status::DeviceLost),
        std::pair(VK_ERROR_DEVICE_LOST, Status::DeviceLost),
        std::pair(VK_ERROR_UNKNOWN, Status::Failure)}) {
    long calls = 0;
    for (;; ++calls) {
      layer.arm("any", calls + 1, result);
      try {
        everything();
        EXPECT_FALSE(layer.fired()) << "call " << calls + 1 << " failed, and "
                                    << "nobody noticed";
        break;
      } catch (const Error &error) {
        EXPECT_EQ(int(error.status()), int(status)) << error.what();
      }
      ASSERT_EQ(layer.alive(), 0) << "after call " << calls + 1;
    }
    EXPECT_GT(calls, 50);
  }
}

TEST_F(Faults, MessagesSayWhatAndWhatToDo) {
  struct Case {
    const char *function;
    VkResult result;
    const char *part;
  };
  for (auto [function, result, part] :
       {Case{"vkAllocateMemory", VK_ERROR_OUT_OF_DEVICE_MEMORY,
             "for slab 0 of a plan of"},
        Case{"vkAllocateMemory", VK_ERROR_OUT_OF_DEVICE_MEMORY,
             "compile with a smaller --batch"},
        Case{"vkCreateComputePipelines", VK_ERROR_OUT_OF_HOST_MEMORY,
             "compiling kernels/"},
        Case{"vkCreateDevice", VK_ERROR_DEVICE_LOST, "opening "},
        Case{"vkQueueSubmit", VK_ERROR_DEVICE_LOST, "the device was lost"}}) {
    layer.arm(function, 1, result);
    expectError(Status::DeviceLost, part, [&] { everything(); });
  }
}

TEST_F(Faults, APipelineThatFailedIsMadeTheNextTime) {
  // A layout that fails leaves the pipelines before it without one.
  for (const char *function :
       {"vkCreateComputePipelines", "vkCreatePipelineLayout"}) {
    auto executor = open();
    layer.arm(function, 2, VK_ERROR_OUT_OF_DEVICE_MEMORY);
    EXPECT_THROW(executor->prepare({"train"}), Error) << function;
    EXPECT_NO_THROW(executor->prepare({"train"}));
    executor->submit(executor->acquire("train"));
  }
}

/// A device that is lost in the middle of a run, at whichever submission: the
/// files of the last save are whole, and no half-written one is beside them.
TEST_F(Faults, ALostDeviceKeepsTheLastCheckpoint) {
  TemporaryFolder folder;
  TrainOptions options;
  options.epochs = 4;
  options.saveSeconds = -1; // after every epoch
  options.folder = folder.path;
  unsigned resumable = 0;
  for (long submission : {3, 4, 5, 6, 7, 9, 11, 13, 15, 17}) {
    Log log(true);
    std::string message;
    layer.arm("", 0, 0);
    try {
      auto executor = open();
      Trainer trainer(*executor, data, nullptr, options, log);
      executor->prepare({"train"});
      upload(*executor,
             initialStates(*program, 1,
                           {Role::Parameter, Role::Metric, Role::Status}));
      layer.arm("vkQueueSubmit", submission, VK_ERROR_DEVICE_LOST);
      trainer.run();
    } catch (const Error &error) {
      EXPECT_EQ(error.status(), Status::DeviceLost);
      message = error.what();
    }
    for (const auto &entry : std::filesystem::directory_iterator(folder.path)) {
      std::string name = entry.path().filename();
      EXPECT_TRUE(name == "weights.safetensors" ||
                  name == "checkpoint.safetensors")
          << name;
    }
    if (message.find("--resume goes on from there") == std::string::npos)
      continue;
    ++resumable;
    Checkpoint checkpoint =
        loadCheckpoint(*program, folder.path + "/checkpoint.safetensors");
    EXPECT_NE(message.find(
                  concat("the checkpoint of step ", checkpoint.position.step)),
              std::string::npos)
        << message;
    // The checkpoint is written first: there may be no weights yet.
    std::string weights = folder.path + "/weights.safetensors";
    if (std::filesystem::exists(weights))
      EXPECT_NO_THROW(loadWeights(*program, weights));
  }
  EXPECT_GT(resumable, 3u);
}

TEST_F(Faults, TheCInterfaceAnswersWithTheStatus) {
  auto bytes = testBundle();
  descent_bundle *bundle = nullptr;
  descent_session *session = nullptr;
  descent_run *run = nullptr;
  ASSERT_EQ(descent_bundle_read(bytes.data(), bytes.size(), &bundle),
            DESCENT_OK);
  layer.arm("vkAllocateMemory", 2, VK_ERROR_OUT_OF_DEVICE_MEMORY);
  EXPECT_EQ(descent_session_create(bundle, nullptr, &session),
            DESCENT_DEVICE_LOST);
  EXPECT_EQ(session, nullptr);
  EXPECT_EQ(layer.alive(), 0);
  ASSERT_EQ(descent_session_create(bundle, nullptr, &session), DESCENT_OK);
  ASSERT_EQ(descent_session_begin(session, "predict", &run), DESCENT_OK);
  layer.arm("vkWaitForFences", 1, VK_ERROR_DEVICE_LOST);
  ASSERT_EQ(descent_run_submit(run, nullptr), DESCENT_OK);
  EXPECT_EQ(descent_run_wait(run), DESCENT_DEVICE_LOST);
  const void *output = nullptr;
  size_t size = 0;
  EXPECT_EQ(descent_run_output(run, "class", &output, &size), DESCENT_USAGE);
  EXPECT_EQ(output, nullptr) << "the run was not through";
  TemporaryFolder folder;
  std::string path = folder.file("w.safetensors", "old");
  EXPECT_EQ(descent_session_save_weights(session, path.c_str()),
            DESCENT_DEVICE_LOST);
  EXPECT_EQ(readFile(path).size(), 3u) << "the old file stays";
  descent_session_destroy(session);
  descent_bundle_close(bundle);
}

// ---- The cache of compiled pipelines ----

class Cache : public Faults {
protected:
  TemporaryFolder folder;

  /// Runs a step with the cache; returns the file's bytes.
  Bytes trainOnce(const std::string &path) {
    ExecutorOptions options;
    options.cacheFolder = path;
    auto executor =
        createVulkanExecutor(std::make_shared<Instance>(), program, options);
    executor->prepare({"train"});
    runtime::Run &run = executor->acquire("train");
    executor->submit(run);
    executor->wait(run);
    std::string file = find(path);
    return file.empty() ? Bytes() : readFile(file);
  }
  static std::string find(const std::string &path) {
    std::string found;
    std::error_code missing;
    for (const auto &entry :
         std::filesystem::directory_iterator(path, missing)) {
      EXPECT_EQ(found, "") << "one file";
      found = entry.path();
    }
    return found;
  }
};

TEST_F(Cache, IsWrittenReadAndMadeAnewWhenDamaged) {
  std::string path = folder.path + "/a/b";
  Bytes first = trainOnce(path);
  ASSERT_FALSE(first.empty());
  std::string text(reinterpret_cast<const char *>(first.data()), first.size());
  EXPECT_EQ(text.find("descent pipelines 1\nvendor "), 0u);
  EXPECT_NE(find(path).find("/pipelines-"), std::string::npos);
  auto before = std::filesystem::last_write_time(find(path));
  EXPECT_EQ(trainOnce(path), first);
  EXPECT_EQ(std::filesystem::last_write_time(find(path)), before)
      << "what has not changed is not written";
  // Truncated, flipped, of another driver, empty: as if there were none.
  std::string foreign = text;
  foreign[foreign.find("driver ") + 7] ^= 1;
  std::string flipped = text;
  flipped.back() = char(flipped.back() ^ 1);
  for (const std::string &damaged :
       {text.substr(0, text.size() - 1), text.substr(0, 30), flipped, foreign,
        std::string(), std::string("\n\n")}) {
    folder.file("a/b/" + std::filesystem::path(find(path)).filename().string(),
                damaged);
    EXPECT_EQ(trainOnce(path), first);
  }
}

TEST_F(Cache, NeverFailsARun) {
  std::string file = folder.file("file", "");
  EXPECT_NO_THROW(trainOnce(file + "/x"));
  EXPECT_NO_THROW(trainOnce("/proc/nowhere"));
  layer.arm("vkCreatePipelineCache", 1, VK_ERROR_OUT_OF_HOST_MEMORY);
  EXPECT_NO_THROW(trainOnce(folder.path + "/c"));
  EXPECT_TRUE(layer.fired());
  // The size, then the data, which may have grown meanwhile.
  for (auto [call, result] : {std::pair(1, VK_ERROR_OUT_OF_HOST_MEMORY),
                              std::pair(2, VK_ERROR_OUT_OF_HOST_MEMORY),
                              std::pair(2, VK_INCOMPLETE)}) {
    layer.arm("vkGetPipelineCacheData", call, result);
    EXPECT_TRUE(trainOnce(folder.path + "/d").empty()) << "nothing is kept";
    EXPECT_TRUE(layer.fired());
  }
}

TEST_F(Cache, TheCInterfaceKeepsNoneUnlessToldWhere) {
  auto bytes = testBundle();
  descent_bundle *bundle = nullptr;
  ASSERT_EQ(descent_bundle_read(bytes.data(), bytes.size(), &bundle),
            DESCENT_OK);
  ::setenv("XDG_CACHE_HOME", folder.path.c_str(), 1);
  std::string here = folder.path + "/here";
  descent_session_options options{};
  options.struct_size = sizeof options;
  for (const char *directory :
       {static_cast<const char *>(nullptr), here.c_str()}) {
    options.cache_directory = directory;
    descent_session *session = nullptr;
    ASSERT_EQ(descent_session_create(bundle, &options, &session), DESCENT_OK);
    ASSERT_EQ(descent_session_prepare(session, "train"), DESCENT_OK);
    descent_session_destroy(session);
    EXPECT_EQ(find(here).empty(), directory == nullptr);
    EXPECT_FALSE(std::filesystem::exists(folder.path + "/descent"));
  }
  ::unsetenv("XDG_CACHE_HOME");
  descent_bundle_close(bundle);
}

} // namespace
} // namespace descent::runtime

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The bundle reader: what it reads, and everything that it must refuse.
#include "TestBundle.h"
#include "core/Sha256.h"

#include <algorithm>
#include <cstring>

namespace descent::runtime {
namespace {

using nlohmann::json;

TEST(Bundle, ReadsTheModel) {
  auto program = readBundle(testBundle());
  EXPECT_EQ(program->modelName, "softmax-regression");
  EXPECT_EQ(program->batch, 32u);
  ASSERT_EQ(program->inputs.size(), 2u);
  EXPECT_EQ(print(program->inputs[0].shape), "[32, 1, 28, 28]");
  EXPECT_EQ(program->inputs[1].range->second, 10);
  ASSERT_EQ(program->variants.size(), 1u);
  const Schedule &train = program->variants[0].schedules.at("train");
  ASSERT_EQ(train.records.size(), 3u);
  EXPECT_FALSE(train.records[0].barrierBefore);
  EXPECT_TRUE(train.records[2].barrierBefore);
  EXPECT_EQ(train.records[2].launch.push.size(), 4u);
  EXPECT_EQ(program->entries.at("predict").batch, 32u);
}

TEST(Bundle, PackingAgainKeepsIt) {
  EXPECT_NO_THROW(readBundle(pack(unpack(testBundle()))));
}

TEST(Bundle, RefusesTruncationAtEveryOffset) {
  Bytes whole = testBundle();
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_THROW(readBundle(Bytes(whole.begin(), whole.begin() + long(size))),
                 Error)
        << size;
}

/// What a program says, for comparison.
std::string summary(const Program &program) {
  std::string text = program.modelName + std::to_string(program.states.size());
  for (auto &[name, schedule] : program.variants.at(0).schedules)
    for (const Schedule::Record &record : schedule.records)
      text += concat(name, record.launch.label, record.launch.groups[0],
                     record.launch.bindings[0].offset);
  return text;
}

TEST(Bundle, FlippedBitsAreFoundOrHarmless) {
  Bytes whole = testBundle();
  std::string expected = summary(*readBundle(whole));
  size_t accepted = 0, tried = 0;
  for (size_t at = 0; at < whole.size(); ++at, ++tried) {
    Bytes flipped = whole;
    flipped[at] ^= std::byte(1u << (at % 8));
    try {
      EXPECT_EQ(summary(*readBundle(flipped)), expected) << at;
      ++accepted;
    } catch (const Error &error) {
      EXPECT_EQ(error.status(), Status::Invalid);
    }
  }
  // Only padding and fields that no reader uses (who made the archive, file
  // attributes) may pass.
  EXPECT_LT(accepted, tried / 20);
}

TEST(Bundle, RefusesBadContainers) {
  Parts parts = unpack(testBundle());
  auto refuse = [&](const std::string &part, const Parts &changed) {
    expectError(Status::Invalid, part, [&] { readBundle(pack(changed)); });
  };
  Parts twice = parts;
  twice.push_back(parts.back());
  refuse("twice", twice);
  Parts unlisted = parts;
  unlisted.emplace_back("kernels/extra.spv", "x");
  refuse("not listed", unlisted);
  Parts missing = parts;
  missing.pop_back();
  refuse("no such entry", missing);
  for (const char *name : {"../x", "/x", "a//b", "a\\b", "a/./b", "a/"}) {
    Parts dangerous = parts;
    dangerous.emplace_back(name, "x");
    refuse("entry name", dangerous);
  }
  refuse("manifest.json", Parts(parts.begin() + 1, parts.end()));
  Parts altered = parts;
  altered.back().second += " ";
  refuse("SHA-256", altered);
}

TEST(Bundle, RefusesHeadersThatDisagree) {
  Bytes whole = testBundle();
  // Offsets into the first local header: flags, method, CRC, both sizes, name
  // length, name.
  for (size_t at : {4, 6, 8, 10, 14, 18, 22, 26, 30}) {
    Bytes changed = whole;
    changed[at] ^= std::byte(1);
    EXPECT_THROW(readBundle(changed), Error) << at;
  }
  Bytes longer = whole;
  longer.push_back(std::byte(0));
  expectError(Status::Invalid, "offset", [&] { readBundle(longer); });
}

struct Change {
  const char *expected;
  std::function<void(json &manifest, json &train)> apply;
};

json loopOf(json record, uint64_t count) {
  return {{"loop", {{"count", count}, {"body", json::array({record})}}}};
}

TEST(Bundle, RefusesBadNumbers) {
  auto launch = [](json &train) -> json & {
    return train["records"][0]["launch"];
  };
  const std::vector<Change> changes = {
      {"format 2.0",
       [](json &m, json &) {
         m["format"] = {2, 0};
       }},
      {"this reader knows 1.1",
       [](json &m, json &) {
         m["format"] = {0, 9};
       }},
      {"manifest.json: batch", [](json &m, json &) { m["batch"] = 0; }},
      {"batch", [](json &m, json &) { m["batch"] = -3; }},
      {"integer", [](json &m, json &) { m["batch"] = 1.5; }},
      {"inputs[0].dtype",
       [](json &m, json &) { m["inputs"][0]["dtype"] = "f8"; }},
      {"inputs[0].shape[1]",
       [](json &m, json &) { m["inputs"][0]["shape"][1] = 0; }},
      {"at most",
       [](json &m, json &) {
         m["inputs"][0]["shape"] = {2147483647, 2147483647, 2147483647};
       }},
      {"batch_axis", [](json &m, json &) { m["inputs"][0]["batch_axis"] = 4; }},
      {"range",
       [](json &m, json &) {
         m["inputs"][1]["range"] = {10, 10};
       }},
      {"hexadecimal",
       [](json &m, json &) { m["state"][0]["init"]["low"] = "0.5"; }},
      {"can hold",
       [](json &m, json &) { m["state"][0]["init"]["low"] = "-0x1p+200"; }},
      {"role", [](json &m, json &) { m["state"][0]["role"] = "weight"; }},
      {"no other input or state",
       [](json &m, json &) { m["state"][1]["name"] = "weight"; }},
      {"status.diverged",
       [](json &m, json &) { m["state"][5]["name"] = "status.other"; }},
      {"name of an input",
       [](json &m, json &) { m["entries"]["train"]["inputs"][0] = "img"; }},
      {"output loss",
       [](json &m, json &) {
         m["entries"]["train"]["outputs"][0]["dtype"] = "i32";
       }},
      {"variants", [](json &m, json &) { m["variants"] = json::array(); }},
      {"inside slab",
       [](json &m, json &) {
         m["variants"][0]["places"]["weight"] = {0, 31744, 31360};
       }},
      {"integer from 0 to 1",
       [](json &m, json &) { m["variants"][0]["places"]["weight"][0] = 2; }},
      {"range of 31360 bytes",
       [](json &m, json &) {
         m["variants"][0]["places"]["weight"][2] = 31356;
       }},
      {"multiples of 4",
       [](json &m, json &) { m["variants"][0]["places"]["bias"][1] = 31490; }},
      {"share bytes",
       [](json &m, json &) { m["variants"][0]["places"]["bias"][1] = 0; }},
      {"kind \"state\"",
       [](json &m, json &) {
         m["variants"][0]["slabs"][0]["kind"] = "transient";
       }},
      {"places",
       [](json &m, json &) { m["variants"][0]["places"].erase("bias"); }},
      {"power of two",
       [](json &m, json &) {
         m["variants"][0]["requirements"]["min_offset_alignment"] = 48;
       }},
      {"outputs",
       [](json &m, json &) { m["variants"][0]["outputs"].erase("train"); }},
      {"has no such entry", [](json &m, json &) { m["files"]["x"] = "y"; }},
      {"not listed",
       [](json &m, json &) { m["files"].erase("variants/plain/train.json"); }},
      {"kernel: expected an integer",
       [&](json &, json &t) { launch(t)["kernel"] = 3; }},
      {"groups[0]", [&](json &, json &t) { launch(t)["groups"][0] = 124; }},
      {"groups[1]", [&](json &, json &t) { launch(t)["groups"][1] = 0; }},
      {"array of 6 elements",
       [&](json &, json &t) { launch(t)["bindings"].erase(0); }},
      {"multiple of 256",
       [&](json &, json &t) { launch(t)["bindings"][0] = {1, 260, 64}; }},
      {"inside slab",
       [&](json &, json &t) { launch(t)["bindings"][0][2] = 1 << 20; }},
      {"hexadecimal", [&](json &, json &t) { launch(t)["push"] = "zz000000"; }},
      {"whole 4-byte words",
       [&](json &, json &t) { launch(t)["push"] = "00"; }},
      {"at most 4 bytes",
       [&](json &, json &t) { launch(t)["push"] = "0000000000000000"; }},
      {"local_size",
       [](json &, json &t) { t["kernels"][0]["local_size"] = {65, 1, 1}; }},
      {"not the schedule's",
       [](json &, json &t) { t["kernels"][0]["local_size"] = {32, 1, 1}; }},
      {"read, write or readwrite",
       [](json &, json &t) { t["kernels"][0]["bindings"][0] = "none"; }},
      {"SHA-256 of its bytes",
       [](json &,
          json &t) { t["kernels"][0]["file"] = "variants/plain/eval.json"; }},
      {"entry of the bundle",
       [](json &, json &t) { t["kernels"][0]["file"] = "kernels/none.spv"; }},
      {"a launch, a barrier or a loop",
       [](json &, json &t) { t["records"][0] = {{"jump", json::object()}}; }},
      {"one launch, barrier or loop",
       [](json &, json &t) { t["records"][0]["barrier"] = json::object(); }},
      {"loop.count",
       [](json &, json &t) { t["records"][0] = loopOf(t["records"][0], 0); }},
      {"loop.count",
       [](json &, json &t) {
         t["records"][0] = loopOf(t["records"][0], (1 << 18) + 1);
       }},
      {"at most 262144 launches in a run of an entry",
       [](json &, json &t) {
         t["records"][0] = loopOf(t["records"][0], 1 << 18);
       }},
      {"at least one launch",
       [](json &, json &t) {
         t["records"][0] = loopOf({{"barrier", json::object()}}, 2);
       }},
      {"a launch or a barrier",
       [](json &, json &t) {
         t["records"][0] = loopOf(loopOf(t["records"][0], 2), 2);
       }},
      {"true or false",
       [](json &, json &t) {
         t["records"][0] = loopOf(t["records"][0], 2);
         t["records"][0]["loop"]["reversed"] = 1;
       }},
      {"a launch in a loop",
       [&](json &, json &t) { launch(t)["iteration"] = true; }},
      {"either push or iteration",
       [&](json &, json &t) {
         launch(t)["push"] = "00000000";
         launch(t)["iteration"] = true;
         t["records"][0] = loopOf(t["records"][0], 2);
       }},
      {"at most 0 bytes",
       [&](json &m, json &t) {
         m["variants"][0]["requirements"]["max_push_bytes"] = 0;
         launch(t)["iteration"] = true;
         t["records"][0] = loopOf(t["records"][0], 2);
       }},
      {"4 bytes, not 0",
       [](json &, json &t) { t["records"][4]["launch"].erase("push"); }},
      {"entry", [](json &, json &t) { t["entry"] = "eval"; }},
      {"binding 5", [](json &, json &t) {
         t["kernels"][0]["bindings"].erase(5);
         t["records"][0]["launch"]["bindings"].erase(5);
       }}};
  for (const Change &change : changes)
    expectError(Status::Invalid, change.expected,
                [&] { readBundle(changedBundle(change.apply)); });
}

using Words = std::vector<uint32_t>;

/// Where the instructions with this opcode begin.
std::vector<size_t> findAll(const Words &words, uint32_t opcode) {
  std::vector<size_t> found;
  for (size_t at = 5; at < words.size(); at += words[at] >> 16)
    if ((words[at] & 0xffff) == opcode)
      found.push_back(at);
  return found;
}

/// The bundle after change has seen the manifest and the words of the kernel
/// "update", which pushes 4 bytes; names and hashes are made right again.
Bytes withUpdate(const std::function<void(json &manifest, Words &)> &change) {
  Parts parts = unpack(testBundle());
  auto textOf = [&](const std::string &name) -> std::string & {
    return std::find_if(parts.begin(), parts.end(),
                        [&](auto &part) { return part.first == name; })
        ->second;
  };
  std::string old =
      json::parse(textOf("variants/plain/train.json"))["kernels"][2]["file"];
  std::string &module = textOf(old);
  Words words(module.size() / 4);
  std::memcpy(words.data(), module.data(), module.size());
  json manifest = json::parse(parts[0].second);
  change(manifest, words);
  module.assign(reinterpret_cast<char *>(words.data()), 4 * words.size());
  std::string name =
      "kernels/" + sha256(std::as_bytes(std::span(module))) + ".spv";
  manifest["files"] = json::object();
  for (auto &[file, data] : parts) {
    if (file == old)
      file = name;
    for (size_t at = 0; file.ends_with(".json") &&
                        (at = data.find(old, at)) != std::string::npos;
         at += name.size())
      data.replace(at, old.size(), name);
    if (file != "manifest.json")
      manifest["files"][file] = sha256(std::as_bytes(std::span(data)));
  }
  parts[0].second = manifest.dump();
  return pack(parts);
}

TEST(Bundle, RefusesModulesThatDoMoreThanTheManifestSays) {
  enum : uint32_t { capability = 17, composite = 44, variable = 59 };
  auto insert = [](Words &words, Words instruction) {
    words.insert(words.begin() + 5, instruction.begin(), instruction.end());
  };
  auto declare = [&](uint32_t number) {
    return [=](json &, Words &words) {
      insert(words, {2u << 16 | capability, number});
    };
  };
  /// Gives the variable of one storage class another one.
  auto move = [](Words &words, uint32_t from, uint32_t to) {
    for (size_t at : findAll(words, variable))
      if (words[at + 3] == from) {
        words[at + 3] = to;
        return;
      }
  };
  EXPECT_NO_THROW(readBundle(withUpdate([](json &, Words &) {})));
  EXPECT_NO_THROW(readBundle(withUpdate([&](json &m, Words &words) {
    m["variants"][0]["requirements"]["features"] = {"shaderFloat64"};
    declare(10)(m, words);
  })));
  struct Refusal {
    const char *expected;
    std::function<void(json &, Words &)> apply;
  };
  const std::vector<Refusal> refusals = {
      {"the capability Float64, and the variant's requirements do not list the "
       "feature shaderFloat64",
       declare(10)},
      {"feature subgroupArithmetic", declare(63)},
      {"the capability 5347, which no kernel may have", declare(5347)},
      {"8 bytes, not 4",
       [](json &, Words &words) {
         // The one member of the block of push constants, 4 bytes further.
         for (size_t at : findAll(words, variable))
           if (words[at + 3] == 9)
             for (size_t pointer : findAll(words, 32))
               if (words[pointer + 1] == words[at + 1])
                 for (size_t member : findAll(words, 72))
                   if (words[member + 1] == words[pointer + 3] &&
                       words[member + 3] == 35)
                     words[member + 4] = 4;
       }},
      {"4294967296 bytes, not 4",
       [&](json &, Words &words) { move(words, 12, 9); }},
      {"it has 12 bytes of workgroup memory, the variant's requirements say 0",
       [&](json &, Words &words) { move(words, 1, 4); }},
      {"it has unbounded bytes of workgroup memory",
       [&](json &, Words &words) { move(words, 12, 4); }},
      {"decorated WorkgroupSize is not the schedule's local size [64, 1, 1]",
       [](json &, Words &words) {
         size_t at = findAll(words, composite).back();
         words[at + 4] = words[at + 3];
       }},
      {"decorated WorkgroupSize",
       [](json &, Words &words) {
         size_t at = findAll(words, composite).back();
         words[at] = 6u << 16 | 52; // OpSpecConstantOp
       }},
      {"LocalSizeId",
       [&](json &, Words &words) {
         insert(words, {2u << 16 | 331, 1});
       }},
      {"decoration groups",
       [&](json &, Words &words) {
         insert(words, {2u << 16 | 73, 1});
       }},
      {"defined twice", [&](json &, Words &words) {
         size_t at = findAll(words, composite).back();
         Words again(words.begin() + long(at), words.begin() + long(at) + 6);
         words.insert(words.begin() + long(at), again.begin(), again.end());
       }}};
  for (const Refusal &refusal : refusals) {
    expectError(Status::Invalid, refusal.expected,
                [&] { readBundle(withUpdate(refusal.apply)); });
    expectError(Status::Invalid, "kernels/",
                [&] { readBundle(withUpdate(refusal.apply)); });
  }
}

TEST(Bundle, ReadsLoops) {
  auto program = readBundle(changedBundle([](json &, json &train) {
    json loop = loopOf(train["records"][0], 3), barrier = train["records"][1];
    loop["loop"]["reversed"] = true;
    loop["loop"]["body"][0]["launch"]["iteration"] = true;
    loop["loop"]["body"].push_back(barrier);
    loop["loop"]["body"].push_back(train["records"][2]);
    train["records"] = json::array(
        {train["records"][2], barrier, loop, barrier, train["records"][4]});
  }));
  const Schedule &train = program->variants[0].schedules.at("train");
  EXPECT_EQ(train.records.size(), 4u);
  EXPECT_EQ(train.records[1].runs, 3u);
  EXPECT_EQ(train.records[3].runs, 1u);
  EXPECT_EQ(train.records[1].launch.pushBytes(), 4u);
  std::string order;
  train.forEachLaunch([&](size_t index, uint32_t iteration, bool barrier) {
    order += concat(barrier ? "|" : " ", index, ".", iteration);
  });
  EXPECT_EQ(order, " 0.0|1.2|2.2 1.1|2.1 1.0|2.0|3.0");
}

/// A barrier at the end of a body stands before the next iteration, too.
TEST(Bundle, KeepsBarriersAtTheEndOfLoops) {
  auto program = readBundle(changedBundle([](json &, json &train) {
    json loop = loopOf(train["records"][0], 2);
    loop["loop"]["body"].push_back(train["records"][1]);
    train["records"] = json::array({loop, train["records"][2]});
  }));
  std::string order;
  program->variants[0].schedules.at("train").forEachLaunch(
      [&](size_t index, uint32_t iteration, bool barrier) {
        order += concat(barrier ? "|" : " ", index, ".", iteration);
      });
  EXPECT_EQ(order, "|0.0|0.1|1.0");
}

TEST(Bundle, IgnoresUnknownKeysOfANewerMinor) {
  auto program = readBundle(changedBundle([](json &m, json &) {
    m["format"] = {1, 7};
    m["novelty"] = 1;
    m["variants"][0]["requirements"]["quantum_cores"] = 3;
  }));
  // An unknown requirement cannot be promised, so it stays visible.
  EXPECT_EQ(program->variants[0].requirements.unknown,
            std::vector<std::string>{"quantum_cores"});
}

TEST(Bundle, RefusesBadJson) {
  Parts parts = unpack(testBundle());
  for (auto [text, expected] : std::vector<std::pair<std::string, std::string>>{
           {"{", "not valid JSON"},
           {"[]", "expected an object"},
           {"{\"format\": [1, 0], \"format\": [1, 0]}", "twice"},
           {std::string(100000, '['), "nested deeper"},
           {"\xff", "not valid JSON"}}) {
    parts[0].second = text;
    expectError(Status::Invalid, expected, [&] { readBundle(pack(parts)); });
  }
}

} // namespace
} // namespace descent::runtime

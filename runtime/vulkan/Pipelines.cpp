// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Creating pipelines on all cores, and writing one descriptor set a launch over
// exact ranges of the slabs.
#include "vulkan/Pipelines.h"
#include "core/Error.h"

#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>

namespace descent::runtime {
namespace {

/// Runs job(0) to job(count - 1) on as many threads as there are cores;
/// rethrows the first error.
void inParallel(size_t count, const std::function<void(size_t)> &job) {
  std::atomic<size_t> next = 0;
  std::exception_ptr error;
  std::mutex guard;
  auto work = [&] {
    for (size_t i = next++; i < count; i = next++)
      try {
        job(i);
      } catch (...) {
        std::lock_guard lock(guard);
        if (!error)
          error = std::current_exception();
      }
  };
  std::vector<std::jthread> threads;
  size_t wanted = std::min<size_t>(
      count, std::max(1u, std::thread::hardware_concurrency()));
  try {
    for (size_t i = 1; i < wanted; ++i)
      threads.emplace_back(work);
  } catch (const std::system_error &) {
    // Where no more threads are to be had, those that there are do it all.
  }
  work();
  threads.clear(); // joins them
  if (error)
    std::rethrow_exception(error);
}

} // namespace

Pipelines::Pipelines(Device &device,
                     const std::vector<std::unique_ptr<Buffer>> &slabs,
                     ModuleValidator validator, const std::string &cacheFolder)
    : device(device), slabs(slabs), validator(std::move(validator)),
      cache(device, cacheFolder) {}

Pipelines::Key Pipelines::keyOf(const Schedule &schedule,
                                const Launch &launch) {
  return {schedule.kernels[launch.kernel].file, launch.bindings.size(),
          launch.pushBytes()};
}

const Pipelines::Layout &Pipelines::layoutFor(size_t bindings,
                                              size_t pushBytes) {
  Layout &layout = layouts[{bindings, pushBytes}];
  if (layout.pipeline)
    return layout;
  std::vector<VkDescriptorSetLayoutBinding> slots(bindings);
  for (uint32_t i = 0; i < bindings; ++i)
    slots[i] = {i, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1,
                VK_SHADER_STAGE_COMPUTE_BIT, nullptr};
  VkDescriptorSetLayoutCreateInfo setInfo{
      VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO};
  setInfo.bindingCount = uint32_t(bindings);
  setInfo.pBindings = slots.data();
  VkDescriptorSetLayout set = VK_NULL_HANDLE;
  checkVulkan(device.vk.vkCreateDescriptorSetLayout(device.handle, &setInfo,
                                                    nullptr, &set),
              "creating a descriptor set layout");
  layout.set = {device, set};
  VkPushConstantRange push{VK_SHADER_STAGE_COMPUTE_BIT, 0, uint32_t(pushBytes)};
  VkPipelineLayoutCreateInfo info{
      VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO};
  info.setLayoutCount = 1;
  info.pSetLayouts = &set;
  info.pushConstantRangeCount = pushBytes ? 1 : 0;
  info.pPushConstantRanges = &push;
  VkPipelineLayout pipeline = VK_NULL_HANDLE;
  checkVulkan(device.vk.vkCreatePipelineLayout(device.handle, &info, nullptr,
                                               &pipeline),
              "creating a pipeline layout");
  layout.pipeline = {device, pipeline};
  return layout;
}

Pipeline Pipelines::create(const Kernel &kernel, VkPipelineLayout layout,
                           const std::string &label) const {
  if (validator)
    if (std::string complaint = validator(kernel.code); !complaint.empty())
      fail(Status::Invalid, "'", kernel.file,
           "' is not valid SPIR-V: ", complaint);
  VkShaderModuleCreateInfo moduleInfo{
      VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO};
  moduleInfo.codeSize = kernel.code.size_bytes();
  moduleInfo.pCode = kernel.code.data();
  VkShaderModule loaded = VK_NULL_HANDLE;
  checkVulkan(device.vk.vkCreateShaderModule(device.handle, &moduleInfo,
                                             nullptr, &loaded),
              "loading " + kernel.file);
  ShaderModule module(device, loaded);
  VkComputePipelineCreateInfo info{
      VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO};
  info.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
  info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
  info.stage.module = module;
  info.stage.pName = "main";
  info.layout = layout;
  VkPipeline pipeline = VK_NULL_HANDLE;
  checkVulkan(device.vk.vkCreateComputePipelines(device.handle, cache.handle(),
                                                 1, &info, nullptr, &pipeline),
              "compiling " + kernel.file);
  device.setName(VK_OBJECT_TYPE_PIPELINE, reinterpret_cast<uint64_t>(pipeline),
                 label.empty() ? kernel.file : label);
  return {device, pipeline};
}

void Pipelines::build(const std::vector<const Schedule *> &schedules) {
  struct Job {
    Pipeline *result;
    const Kernel *kernel;
    VkPipelineLayout layout;
    const std::string *label; ///< of the first launch
  };
  std::vector<Job> jobs;
  try {
    for (const Schedule *schedule : schedules)
      for (const Schedule::Record &record : schedule->records) {
        Key key = keyOf(*schedule, record.launch);
        if (pipelines.contains(key))
          continue;
        VkPipelineLayout layout =
            layoutFor(key.bindings, key.pushBytes).pipeline;
        jobs.push_back({&pipelines[key],
                        &schedule->kernels[record.launch.kernel], layout,
                        &record.launch.label});
      }
    if (jobs.empty())
      return;
    inParallel(jobs.size(), [&](size_t i) {
      *jobs[i].result = create(*jobs[i].kernel, jobs[i].layout, *jobs[i].label);
    });
  } catch (...) {
    // A pipeline that could not be made is not known: the next try makes it.
    std::erase_if(pipelines, [](const auto &known) {
      return VkPipeline(known.second) == VK_NULL_HANDLE;
    });
    throw;
  }
  cache.save();
}

VkDescriptorPool Pipelines::createPool(const Schedule &schedule) {
  uint32_t descriptors = 0;
  for (const Schedule::Record &record : schedule.records)
    descriptors += uint32_t(record.launch.bindings.size());
  VkDescriptorPoolSize size{VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                            std::max(1u, descriptors)};
  VkDescriptorPoolCreateInfo info{
      VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO};
  info.maxSets = std::max(1u, uint32_t(schedule.records.size()));
  info.poolSizeCount = 1;
  info.pPoolSizes = &size;
  VkDescriptorPool pool = VK_NULL_HANDLE;
  checkVulkan(
      device.vk.vkCreateDescriptorPool(device.handle, &info, nullptr, &pool),
      "creating a descriptor pool");
  pools.emplace_back(device, pool);
  return pool;
}

std::vector<BoundLaunch> Pipelines::bind(const Schedule &schedule) {
  VkDescriptorPool pool = createPool(schedule);
  std::vector<BoundLaunch> bound;
  for (const Schedule::Record &record : schedule.records) {
    const Launch &launch = record.launch;
    Key key = keyOf(schedule, launch);
    const Layout &layout = layoutFor(key.bindings, key.pushBytes);
    const VkDescriptorSetLayout setLayout = layout.set;
    VkDescriptorSetAllocateInfo info{
        VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO};
    info.descriptorPool = pool;
    info.descriptorSetCount = 1;
    info.pSetLayouts = &setLayout;
    VkDescriptorSet set = VK_NULL_HANDLE;
    checkVulkan(device.vk.vkAllocateDescriptorSets(device.handle, &info, &set),
                "allocating a descriptor set");
    std::vector<VkDescriptorBufferInfo> ranges;
    for (const Place &place : launch.bindings)
      ranges.push_back({slabs[place.slab]->handle, place.offset, place.size});
    VkWriteDescriptorSet write{VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET};
    write.dstSet = set;
    write.descriptorCount = uint32_t(ranges.size());
    write.descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
    write.pBufferInfo = ranges.data();
    // Consecutive bindings of one type are written as if they were one array
    // (Vulkan, vkUpdateDescriptorSets).
    if (!ranges.empty())
      device.vk.vkUpdateDescriptorSets(device.handle, 1, &write, 0, nullptr);
    bound.push_back({&launch, pipelines.at(key), layout.pipeline, set});
  }
  return bound;
}

} // namespace descent::runtime

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One compute pipeline, its buffers, and a timed launch; see VulkanRunner.h.

#include "VulkanRunner.h"
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <vulkan/vulkan.h>

namespace descent::test {

static void check(VkResult result, const char *what) {
  if (result == VK_SUCCESS)
    return;
  std::fprintf(stderr, "%s failed with VkResult %d\n", what, int(result));
  std::exit(1);
}
#define CHECK(call) check(call, #call)

namespace {

/// The instance, the device and its queue: made once, kept until the program
/// ends.
struct Context {
  VkInstance instance = VK_NULL_HANDLE;
  VkPhysicalDevice physical = VK_NULL_HANDLE;
  VkDevice device = VK_NULL_HANDLE;
  VkQueue queue = VK_NULL_HANDLE;
  VkCommandPool commands = VK_NULL_HANDLE;
  uint32_t memoryType = 0;
  std::string name;

  Context() {
    VkApplicationInfo application{VK_STRUCTURE_TYPE_APPLICATION_INFO};
    application.apiVersion = VK_API_VERSION_1_1;
    VkInstanceCreateInfo instanceInfo{VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO};
    instanceInfo.pApplicationInfo = &application;
    if (vkCreateInstance(&instanceInfo, nullptr, &instance) != VK_SUCCESS)
      return;
    uint32_t count = 1;
    vkEnumeratePhysicalDevices(instance, &count, &physical);
    if (count == 0)
      return;
    VkPhysicalDeviceProperties properties;
    vkGetPhysicalDeviceProperties(physical, &properties);
    name = properties.deviceName;

    uint32_t families = 0;
    vkGetPhysicalDeviceQueueFamilyProperties(physical, &families, nullptr);
    std::vector<VkQueueFamilyProperties> family(families);
    vkGetPhysicalDeviceQueueFamilyProperties(physical, &families,
                                             family.data());
    uint32_t compute = 0;
    while (compute + 1 < families &&
           !(family[compute].queueFlags & VK_QUEUE_COMPUTE_BIT))
      ++compute;
    float priority = 1;
    VkDeviceQueueCreateInfo queueInfo{
        VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO};
    queueInfo.queueFamilyIndex = compute;
    queueInfo.queueCount = 1;
    queueInfo.pQueuePriorities = &priority;
    // What kernels of some element types ask for, if the device has it.
    VkPhysicalDevice16BitStorageFeatures storage{
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES};
    VkPhysicalDeviceFeatures2 available{
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2};
    available.pNext = &storage;
    vkGetPhysicalDeviceFeatures2(physical, &available);
    VkPhysicalDevice16BitStorageFeatures enabledStorage{
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES};
    enabledStorage.storageBuffer16BitAccess = storage.storageBuffer16BitAccess;
    VkPhysicalDeviceFeatures2 enabled{
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2};
    enabled.pNext = &enabledStorage;
    enabled.features.shaderFloat64 = available.features.shaderFloat64;
    enabled.features.shaderInt64 = available.features.shaderInt64;
    VkDeviceCreateInfo deviceInfo{VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO};
    deviceInfo.pNext = &enabled;
    deviceInfo.queueCreateInfoCount = 1;
    deviceInfo.pQueueCreateInfos = &queueInfo;
    CHECK(vkCreateDevice(physical, &deviceInfo, nullptr, &device));
    vkGetDeviceQueue(device, compute, 0, &queue);
    VkCommandPoolCreateInfo poolInfo{
        VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO};
    poolInfo.queueFamilyIndex = compute;
    CHECK(vkCreateCommandPool(device, &poolInfo, nullptr, &commands));

    VkPhysicalDeviceMemoryProperties memory;
    vkGetPhysicalDeviceMemoryProperties(physical, &memory);
    constexpr VkMemoryPropertyFlags wanted =
        VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
        VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    while (memoryType + 1 < memory.memoryTypeCount &&
           (memory.memoryTypes[memoryType].propertyFlags & wanted) != wanted)
      ++memoryType;
  }
};

struct Buffer {
  VkBuffer buffer;
  VkDeviceMemory memory;
  uint32_t *words;
};

} // namespace

static Context &context() {
  static Context theContext;
  return theContext;
}

std::string deviceName() { return context().name; }

static Buffer makeBuffer(const std::vector<uint32_t> &content) {
  Context &c = context();
  Buffer result;
  VkBufferCreateInfo info{VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO};
  info.size = content.size() * sizeof(uint32_t);
  info.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT;
  CHECK(vkCreateBuffer(c.device, &info, nullptr, &result.buffer));
  VkMemoryRequirements requirements;
  vkGetBufferMemoryRequirements(c.device, result.buffer, &requirements);
  VkMemoryAllocateInfo allocation{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO};
  allocation.allocationSize = requirements.size;
  allocation.memoryTypeIndex = c.memoryType;
  CHECK(vkAllocateMemory(c.device, &allocation, nullptr, &result.memory));
  CHECK(vkBindBufferMemory(c.device, result.buffer, result.memory, 0));
  CHECK(vkMapMemory(c.device, result.memory, 0, VK_WHOLE_SIZE, 0,
                    reinterpret_cast<void **>(&result.words)));
  std::memcpy(result.words, content.data(), info.size);
  return result;
}

RunTimes runKernel(const CompiledKernel &kernel, Buffers &contents,
                   unsigned repeats) {
  using Clock = std::chrono::steady_clock;
  auto milliseconds = [](Clock::time_point from, Clock::time_point to) {
    return std::chrono::duration<double, std::milli>(to - from).count();
  };
  Context &c = context();
  std::vector<Buffer> buffers;
  for (const std::vector<uint32_t> &content : contents)
    buffers.push_back(makeBuffer(content));
  uint32_t count = buffers.size();

  std::vector<VkDescriptorSetLayoutBinding> bindings;
  for (uint32_t i = 0; i < count; ++i)
    bindings.push_back({i, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1,
                        VK_SHADER_STAGE_COMPUTE_BIT, nullptr});
  VkDescriptorSetLayoutCreateInfo setInfo{
      VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO};
  setInfo.bindingCount = count;
  setInfo.pBindings = bindings.data();
  VkDescriptorSetLayout setLayout;
  CHECK(vkCreateDescriptorSetLayout(c.device, &setInfo, nullptr, &setLayout));
  VkPipelineLayoutCreateInfo layoutInfo{
      VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO};
  layoutInfo.setLayoutCount = 1;
  layoutInfo.pSetLayouts = &setLayout;
  VkPipelineLayout layout;
  CHECK(vkCreatePipelineLayout(c.device, &layoutInfo, nullptr, &layout));

  VkShaderModuleCreateInfo moduleInfo{
      VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO};
  moduleInfo.codeSize = kernel.words.size() * sizeof(uint32_t);
  moduleInfo.pCode = kernel.words.data();
  VkShaderModule module;
  CHECK(vkCreateShaderModule(c.device, &moduleInfo, nullptr, &module));
  VkComputePipelineCreateInfo pipelineInfo{
      VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO};
  pipelineInfo.stage = {VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO};
  pipelineInfo.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
  pipelineInfo.stage.module = module;
  pipelineInfo.stage.pName = "main";
  pipelineInfo.layout = layout;
  VkPipeline pipeline;
  RunTimes times;
  Clock::time_point before = Clock::now();
  CHECK(vkCreateComputePipelines(c.device, VK_NULL_HANDLE, 1, &pipelineInfo,
                                 nullptr, &pipeline));
  times.compileMilliseconds = milliseconds(before, Clock::now());

  VkDescriptorPoolSize poolSize{VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, count};
  VkDescriptorPoolCreateInfo poolInfo{
      VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO};
  poolInfo.maxSets = 1;
  poolInfo.poolSizeCount = 1;
  poolInfo.pPoolSizes = &poolSize;
  VkDescriptorPool pool;
  CHECK(vkCreateDescriptorPool(c.device, &poolInfo, nullptr, &pool));
  VkDescriptorSetAllocateInfo setAllocation{
      VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO};
  setAllocation.descriptorPool = pool;
  setAllocation.descriptorSetCount = 1;
  setAllocation.pSetLayouts = &setLayout;
  VkDescriptorSet set;
  CHECK(vkAllocateDescriptorSets(c.device, &setAllocation, &set));
  for (uint32_t i = 0; i < count; ++i) {
    VkDescriptorBufferInfo range{buffers[i].buffer, 0, VK_WHOLE_SIZE};
    VkWriteDescriptorSet write{VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET};
    write.dstSet = set;
    write.dstBinding = i;
    write.descriptorCount = 1;
    write.descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
    write.pBufferInfo = &range;
    vkUpdateDescriptorSets(c.device, 1, &write, 0, nullptr);
  }

  VkCommandBufferAllocateInfo commandAllocation{
      VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO};
  commandAllocation.commandPool = c.commands;
  commandAllocation.commandBufferCount = 1;
  VkCommandBuffer commands;
  CHECK(vkAllocateCommandBuffers(c.device, &commandAllocation, &commands));
  VkCommandBufferBeginInfo begin{VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
  CHECK(vkBeginCommandBuffer(commands, &begin));
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
  vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, layout, 0,
                          1, &set, 0, nullptr);
  vkCmdDispatch(commands, kernel.groups[0], kernel.groups[1], kernel.groups[2]);
  CHECK(vkEndCommandBuffer(commands));

  auto cpuTime = [] { return 1e3 * double(std::clock()) / CLOCKS_PER_SEC; };
  std::vector<double> runs;
  times.cpuMilliseconds = 1e30;
  // The first of several launches is for the driver to warm up.
  unsigned launches = repeats > 1 ? repeats + 1 : 1;
  for (unsigned i = 0; i < launches; ++i) {
    VkSubmitInfo submit{VK_STRUCTURE_TYPE_SUBMIT_INFO};
    submit.commandBufferCount = 1;
    submit.pCommandBuffers = &commands;
    double cpuBefore = cpuTime();
    before = Clock::now();
    CHECK(vkQueueSubmit(c.queue, 1, &submit, VK_NULL_HANDLE));
    CHECK(vkQueueWaitIdle(c.queue));
    double passed = milliseconds(before, Clock::now());
    if (i == 0 && repeats > 1) {
      times.compileMilliseconds += passed;
      continue;
    }
    runs.push_back(passed);
    times.cpuMilliseconds =
        std::min(times.cpuMilliseconds, cpuTime() - cpuBefore);
  }
  std::sort(runs.begin(), runs.end());
  times.milliseconds = runs[runs.size() / 2];
  times.leastMilliseconds = runs.front();

  for (uint32_t i = 0; i < count; ++i) {
    std::memcpy(contents[i].data(), buffers[i].words,
                contents[i].size() * sizeof(uint32_t));
    vkDestroyBuffer(c.device, buffers[i].buffer, nullptr);
    vkFreeMemory(c.device, buffers[i].memory, nullptr);
  }
  vkFreeCommandBuffers(c.device, c.commands, 1, &commands);
  vkDestroyDescriptorPool(c.device, pool, nullptr);
  vkDestroyPipeline(c.device, pipeline, nullptr);
  vkDestroyShaderModule(c.device, module, nullptr);
  vkDestroyPipelineLayout(c.device, layout, nullptr);
  vkDestroyDescriptorSetLayout(c.device, setLayout, nullptr);
  return times;
}

} // namespace descent::test

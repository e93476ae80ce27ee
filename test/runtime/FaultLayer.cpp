// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A Vulkan layer between a program and its driver that makes one call fail and
// counts what is alive. The program under test is the one that is shipped: the
// loader puts the layer in, with VK_ADD_LAYER_PATH and
// VK_INSTANCE_LAYERS=VK_LAYER_DESCENT_fault.
//
// DESCENT_FAULT="vkQueueSubmit 7 -4" lets the 7th vkQueueSubmit return -4, and
// "any 7 -2" the 7th call that can fail, whichever it is. After
// VK_ERROR_DEVICE_LOST (-4) no work is taken any more. At the end of a process
// that left objects alive it says so on stderr. A test in the same process
// calls the functions at the end.
#include <vulkan/vk_layer.h>

#define VOLK_IMPLEMENTATION
#include <volk.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>

namespace {

std::mutex guard;

struct Fault {
  std::string function; ///< or "any"
  long left = 0;        ///< calls until it happens, 0 when it has
  VkResult result = VK_SUCCESS;
  bool fired = false, lost = false;
} fault;

/// Instances, devices and what is on them, command buffers included.
struct Alive {
  long count = 0;
  ~Alive() {
    if (count != 0)
      std::fprintf(stderr, "fault layer: %ld Vulkan objects were left alive\n",
                   count);
  }
} alive;

using Guard = std::lock_guard<std::mutex>;

void arm(const char *function, long call, int result) {
  Guard lock(guard);
  fault = {function, call, VkResult(result)};
}

void armFromEnvironment() {
  const char *text = std::getenv("DESCENT_FAULT");
  char function[64];
  long call;
  int result;
  if (text && std::sscanf(text, "%63s %ld %d", function, &call, &result) == 3)
    arm(function, call, result);
}

/// Counts a call; whether it has to fail, with fault.result.
bool fails(const char *function) {
  Guard lock(guard);
  if (fault.left == 0 ||
      (fault.function != "any" && fault.function != function) ||
      --fault.left > 0)
    return false;
  fault.fired = true;
  fault.lost = fault.result == VK_ERROR_DEVICE_LOST;
  return true;
}

/// The same for work on the device, which a lost device takes none of.
bool failsWork(const char *function) {
  {
    Guard lock(guard);
    if (fault.lost)
      return true;
  }
  return fails(function);
}

void count(long change) {
  Guard lock(guard);
  alive.count += change;
}

// Handles of one device, and of one instance, begin with the same pointer.
void *key(const void *handle) { return *static_cast<void *const *>(handle); }

struct NextInstance {
  PFN_vkGetInstanceProcAddr get;
  PFN_vkDestroyInstance destroy;
  PFN_vkCreateDevice createDevice;
  PFN_vkEnumeratePhysicalDevices enumerate;
  VkInstance handle;
};
std::map<void *, NextInstance> instances;
struct NextDevice {
  VolkDeviceTable table;
  PFN_vkGetDeviceProcAddr get;
};
std::map<void *, NextDevice> devices;
std::map<VkCommandPool, long> poolSizes;

VolkDeviceTable &next(const void *handle) {
  Guard lock(guard);
  return devices.at(key(handle)).table;
}

/// The element of the loader's chain that belongs to this layer.
template <typename Chain, typename Info>
Chain *findLink(const Info *info, VkStructureType type) {
  auto *chain = static_cast<Chain *>(const_cast<void *>(info->pNext));
  while (chain &&
         !(chain->sType == type && chain->function == VK_LAYER_LINK_INFO))
    chain = static_cast<Chain *>(const_cast<void *>(chain->pNext));
  return chain;
}

VKAPI_ATTR VkResult VKAPI_CALL
createInstance(const VkInstanceCreateInfo *info,
               const VkAllocationCallbacks *allocator, VkInstance *instance) {
  auto *link = findLink<VkLayerInstanceCreateInfo>(
      info, VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO);
  PFN_vkGetInstanceProcAddr get =
      link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  armFromEnvironment();
  if (fails("vkCreateInstance"))
    return fault.result;
  auto create = PFN_vkCreateInstance(get(VK_NULL_HANDLE, "vkCreateInstance"));
  VkResult result = create(info, allocator, instance);
  if (result != VK_SUCCESS)
    return result;
  count(1);
  Guard lock(guard);
  instances[key(*instance)] = {
      get, PFN_vkDestroyInstance(get(*instance, "vkDestroyInstance")),
      PFN_vkCreateDevice(get(*instance, "vkCreateDevice")),
      PFN_vkEnumeratePhysicalDevices(
          get(*instance, "vkEnumeratePhysicalDevices")),
      *instance};
  return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL
destroyInstance(VkInstance instance, const VkAllocationCallbacks *allocator) {
  if (!instance)
    return;
  PFN_vkDestroyInstance destroy = instances.at(key(instance)).destroy;
  instances.erase(key(instance));
  destroy(instance, allocator);
  count(-1);
}

VKAPI_ATTR VkResult VKAPI_CALL enumeratePhysicalDevices(
    VkInstance instance, uint32_t *number, VkPhysicalDevice *physical) {
  if (fails("vkEnumeratePhysicalDevices"))
    return fault.result;
  return instances.at(key(instance)).enumerate(instance, number, physical);
}

VKAPI_ATTR VkResult VKAPI_CALL
createDevice(VkPhysicalDevice physical, const VkDeviceCreateInfo *info,
             const VkAllocationCallbacks *allocator, VkDevice *device) {
  auto *link = findLink<VkLayerDeviceCreateInfo>(
      info, VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO);
  PFN_vkGetDeviceProcAddr get = link->u.pLayerInfo->pfnNextGetDeviceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  if (fails("vkCreateDevice"))
    return fault.result;
  VkResult result = instances.at(key(physical))
                        .createDevice(physical, info, allocator, device);
  if (result != VK_SUCCESS)
    return result;
  count(1);
  Guard lock(guard);
  NextDevice &created = devices[key(*device)];
  created.get = vkGetDeviceProcAddr = get;
  volkLoadDeviceTable(&created.table, *device);
  return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL
destroyDevice(VkDevice device, const VkAllocationCallbacks *allocator) {
  if (!device)
    return;
  PFN_vkDestroyDevice destroy = next(device).vkDestroyDevice;
  devices.erase(key(device));
  destroy(device, allocator);
  count(-1);
}

#define CREATE(FUNCTION, INFO, OBJECT)                                         \
  VKAPI_ATTR VkResult VKAPI_CALL on_##FUNCTION(                                \
      VkDevice device, const INFO *info,                                       \
      const VkAllocationCallbacks *allocator, OBJECT *object) {                \
    if (fails(#FUNCTION))                                                      \
      return fault.result;                                                     \
    VkResult result = next(device).FUNCTION(device, info, allocator, object);  \
    count(result == VK_SUCCESS);                                               \
    return result;                                                             \
  }
#define DESTROY(FUNCTION, OBJECT)                                              \
  VKAPI_ATTR void VKAPI_CALL on_##FUNCTION(                                    \
      VkDevice device, OBJECT object,                                          \
      const VkAllocationCallbacks *allocator) {                                \
    count(object ? -1 : 0);                                                    \
    next(device).FUNCTION(device, object, allocator);                          \
  }
CREATE(vkCreateFence, VkFenceCreateInfo, VkFence)
DESTROY(vkDestroyFence, VkFence)
CREATE(vkCreateBuffer, VkBufferCreateInfo, VkBuffer)
DESTROY(vkDestroyBuffer, VkBuffer)
CREATE(vkAllocateMemory, VkMemoryAllocateInfo, VkDeviceMemory)
DESTROY(vkFreeMemory, VkDeviceMemory)
CREATE(vkCreateCommandPool, VkCommandPoolCreateInfo, VkCommandPool)
CREATE(vkCreateDescriptorSetLayout, VkDescriptorSetLayoutCreateInfo,
       VkDescriptorSetLayout)
DESTROY(vkDestroyDescriptorSetLayout, VkDescriptorSetLayout)
CREATE(vkCreatePipelineLayout, VkPipelineLayoutCreateInfo, VkPipelineLayout)
DESTROY(vkDestroyPipelineLayout, VkPipelineLayout)
CREATE(vkCreateShaderModule, VkShaderModuleCreateInfo, VkShaderModule)
DESTROY(vkDestroyShaderModule, VkShaderModule)
CREATE(vkCreateDescriptorPool, VkDescriptorPoolCreateInfo, VkDescriptorPool)
DESTROY(vkDestroyDescriptorPool, VkDescriptorPool)
CREATE(vkCreateQueryPool, VkQueryPoolCreateInfo, VkQueryPool)
DESTROY(vkDestroyQueryPool, VkQueryPool)
CREATE(vkCreatePipelineCache, VkPipelineCacheCreateInfo, VkPipelineCache)
DESTROY(vkDestroyPipelineCache, VkPipelineCache)
DESTROY(vkDestroyPipeline, VkPipeline)

VKAPI_ATTR VkResult VKAPI_CALL on_vkCreateComputePipelines(
    VkDevice device, VkPipelineCache cache, uint32_t number,
    const VkComputePipelineCreateInfo *infos,
    const VkAllocationCallbacks *allocator, VkPipeline *pipelines) {
  if (fails("vkCreateComputePipelines"))
    return fault.result;
  VkResult result = next(device).vkCreateComputePipelines(
      device, cache, number, infos, allocator, pipelines);
  count(result == VK_SUCCESS ? number : 0);
  return result;
}

VKAPI_ATTR VkResult VKAPI_CALL on_vkAllocateCommandBuffers(
    VkDevice device, const VkCommandBufferAllocateInfo *info,
    VkCommandBuffer *commands) {
  if (fails("vkAllocateCommandBuffers"))
    return fault.result;
  VkResult result =
      next(device).vkAllocateCommandBuffers(device, info, commands);
  if (result == VK_SUCCESS) {
    count(info->commandBufferCount);
    poolSizes[info->commandPool] += info->commandBufferCount;
  }
  return result;
}

VKAPI_ATTR void VKAPI_CALL
on_vkFreeCommandBuffers(VkDevice device, VkCommandPool pool, uint32_t number,
                        const VkCommandBuffer *commands) {
  count(-long(number));
  poolSizes[pool] -= number;
  next(device).vkFreeCommandBuffers(device, pool, number, commands);
}

VKAPI_ATTR void VKAPI_CALL
on_vkDestroyCommandPool(VkDevice device, VkCommandPool pool,
                        const VkAllocationCallbacks *allocator) {
  if (pool)
    count(-1 - poolSizes[pool]);
  poolSizes.erase(pool);
  next(device).vkDestroyCommandPool(device, pool, allocator);
}

/// Calls that fail, or go on to the driver as they are: Call says by which
/// counter, and which function of the driver.
template <typename Call, typename Handle, typename... Arguments>
VKAPI_ATTR VkResult VKAPI_CALL forward(Handle handle, Arguments... arguments) {
  if (Call::hasToFail())
    return fault.result;
  return (next(handle).*Call::function)(handle, arguments...);
}
#define FORWARD(FUNCTION, FAILS)                                               \
  struct FUNCTION##Call {                                                      \
    static bool hasToFail() { return FAILS(#FUNCTION); }                       \
    static constexpr auto function = &VolkDeviceTable::FUNCTION;               \
  };                                                                           \
  constexpr PFN_##FUNCTION on_##FUNCTION = forward<FUNCTION##Call>;
FORWARD(vkGetPipelineCacheData, fails)
FORWARD(vkAllocateDescriptorSets, fails)
FORWARD(vkBindBufferMemory, fails)
FORWARD(vkMapMemory, fails)
FORWARD(vkBeginCommandBuffer, fails)
FORWARD(vkResetFences, fails)
FORWARD(vkQueueSubmit, failsWork)
FORWARD(vkGetQueryPoolResults, failsWork)

VKAPI_ATTR VkResult VKAPI_CALL on_vkEndCommandBuffer(VkCommandBuffer commands) {
  VkResult result = next(commands).vkEndCommandBuffer(commands);
  return fails("vkEndCommandBuffer") ? fault.result : result;
}

// The real device is not lost: what it was given must be through before the
// program goes on to destroy it.

VKAPI_ATTR VkResult VKAPI_CALL on_vkWaitForFences(VkDevice device,
                                                  uint32_t number,
                                                  const VkFence *fences,
                                                  VkBool32 all,
                                                  uint64_t timeout) {
  VkResult result =
      next(device).vkWaitForFences(device, number, fences, all, timeout);
  return failsWork("vkWaitForFences") ? fault.result : result;
}

VKAPI_ATTR VkResult VKAPI_CALL on_vkDeviceWaitIdle(VkDevice device) {
  VkResult result = next(device).vkDeviceWaitIdle(device);
  Guard lock(guard);
  return fault.lost ? fault.result : result;
}

PFN_vkVoidFunction find(const char *name) {
  static const std::map<std::string, PFN_vkVoidFunction> functions = {
      {"vkCreateInstance", PFN_vkVoidFunction(createInstance)},
      {"vkDestroyInstance", PFN_vkVoidFunction(destroyInstance)},
      {"vkEnumeratePhysicalDevices",
       PFN_vkVoidFunction(enumeratePhysicalDevices)},
      {"vkCreateDevice", PFN_vkVoidFunction(createDevice)},
      {"vkDestroyDevice", PFN_vkVoidFunction(destroyDevice)},
#define FUNCTION(NAME) {#NAME, PFN_vkVoidFunction(on_##NAME)}
      FUNCTION(vkCreateFence),
      FUNCTION(vkDestroyFence),
      FUNCTION(vkCreateBuffer),
      FUNCTION(vkDestroyBuffer),
      FUNCTION(vkAllocateMemory),
      FUNCTION(vkFreeMemory),
      FUNCTION(vkCreateCommandPool),
      FUNCTION(vkDestroyCommandPool),
      FUNCTION(vkCreateDescriptorSetLayout),
      FUNCTION(vkDestroyDescriptorSetLayout),
      FUNCTION(vkCreatePipelineLayout),
      FUNCTION(vkDestroyPipelineLayout),
      FUNCTION(vkCreateShaderModule),
      FUNCTION(vkDestroyShaderModule),
      FUNCTION(vkCreateDescriptorPool),
      FUNCTION(vkDestroyDescriptorPool),
      FUNCTION(vkCreateQueryPool),
      FUNCTION(vkDestroyQueryPool),
      FUNCTION(vkCreatePipelineCache),
      FUNCTION(vkDestroyPipelineCache),
      FUNCTION(vkGetPipelineCacheData),
      FUNCTION(vkCreateComputePipelines),
      FUNCTION(vkDestroyPipeline),
      FUNCTION(vkAllocateCommandBuffers),
      FUNCTION(vkFreeCommandBuffers),
      FUNCTION(vkAllocateDescriptorSets),
      FUNCTION(vkBindBufferMemory),
      FUNCTION(vkMapMemory),
      FUNCTION(vkBeginCommandBuffer),
      FUNCTION(vkEndCommandBuffer),
      FUNCTION(vkQueueSubmit),
      FUNCTION(vkWaitForFences),
      FUNCTION(vkDeviceWaitIdle),
      FUNCTION(vkResetFences),
      FUNCTION(vkGetQueryPoolResults)};
#undef FUNCTION
  auto found = functions.find(name);
  return found == functions.end() ? nullptr : found->second;
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL getDeviceProc(VkDevice device,
                                                       const char *name) {
  if (std::strcmp(name, "vkGetDeviceProcAddr") == 0)
    return PFN_vkVoidFunction(getDeviceProc);
  if (PFN_vkVoidFunction function = find(name))
    return function;
  return devices.at(key(device)).get(device, name);
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL getInstanceProc(VkInstance instance,
                                                         const char *name) {
  if (std::strcmp(name, "vkGetInstanceProcAddr") == 0)
    return PFN_vkVoidFunction(getInstanceProc);
  if (std::strcmp(name, "vkGetDeviceProcAddr") == 0)
    return PFN_vkVoidFunction(getDeviceProc);
  if (PFN_vkVoidFunction function = find(name))
    return function;
  return instance ? instances.at(key(instance)).get(instance, name) : nullptr;
}

} // namespace

extern "C" {

VK_LAYER_EXPORT VKAPI_ATTR VkResult VKAPI_CALL
vkNegotiateLoaderLayerInterfaceVersion(VkNegotiateLayerInterface *interface) {
  interface->loaderLayerInterfaceVersion = 2;
  interface->pfnGetInstanceProcAddr = getInstanceProc;
  interface->pfnGetDeviceProcAddr = getDeviceProc;
  interface->pfnGetPhysicalDeviceProcAddr = nullptr;
  return VK_SUCCESS;
}

/// From now on, lets the call-th call of function return result.
VK_LAYER_EXPORT void descentFaultArm(const char *function, long call,
                                     int result) {
  arm(function, call, result);
}
/// Whether that has happened.
VK_LAYER_EXPORT int descentFaultFired() {
  Guard lock(guard);
  return fault.fired;
}
VK_LAYER_EXPORT long descentFaultAlive() {
  Guard lock(guard);
  return alive.count;
}
}

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Opening Vulkan, with the validation layer where asked for, and looking at
// what devices there are.
#include "vulkan/Instance.h"
#include "core/Error.h"
#include "vulkan/Features.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace descent::runtime {
namespace {

constexpr const char *installAdvice =
    "install one with: apt install libvulkan1 mesa-vulkan-drivers (Debian, "
    "Ubuntu; lavapipe, a CPU device, is in it)";
constexpr const char *validationLayer = "VK_LAYER_KHRONOS_validation";

std::atomic<unsigned> messageCount = 0;

VKAPI_ATTR VkBool32 VKAPI_CALL onMessage(
    VkDebugUtilsMessageSeverityFlagBitsEXT, VkDebugUtilsMessageTypeFlagsEXT,
    const VkDebugUtilsMessengerCallbackDataEXT *data, void *) {
  ++messageCount;
  std::fprintf(stderr, "descent: Vulkan validation: %s\n", data->pMessage);
  return VK_FALSE;
}

bool validationWanted() {
  const char *value = std::getenv("DESCENT_VALIDATION");
  return value && *value && std::strcmp(value, "0") != 0;
}

bool hasLayer(const char *wanted) {
  uint32_t count = 0;
  vkEnumerateInstanceLayerProperties(&count, nullptr);
  std::vector<VkLayerProperties> layers(count);
  vkEnumerateInstanceLayerProperties(&count, layers.data());
  for (const VkLayerProperties &layer : layers)
    if (std::strcmp(layer.layerName, wanted) == 0)
      return true;
  return false;
}

bool hasExtension(const char *wanted, const char *layer = nullptr) {
  uint32_t count = 0;
  vkEnumerateInstanceExtensionProperties(layer, &count, nullptr);
  std::vector<VkExtensionProperties> extensions(count);
  vkEnumerateInstanceExtensionProperties(layer, &count, extensions.data());
  for (const VkExtensionProperties &extension : extensions)
    if (std::strcmp(extension.extensionName, wanted) == 0)
      return true;
  return false;
}

VkDebugUtilsMessengerCreateInfoEXT messengerInfo() {
  VkDebugUtilsMessengerCreateInfoEXT info{
      VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT};
  info.messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT |
                         VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT;
  info.messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT |
                     VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT;
  info.pfnUserCallback = onMessage;
  return info;
}

/// The layer reads this switch from the environment only; what stands there
/// already is kept.
void askForSubmitChecking() {
  const char *variable = "VK_LAYER_ENABLES";
  std::string enables =
      "VALIDATION_CHECK_ENABLE_SYNCHRONIZATION_VALIDATION_QUEUE_SUBMIT";
  const char *old = std::getenv(variable);
  if (old && std::strstr(old, enables.c_str()))
    return;
  if (old && *old)
    enables = concat(old, ";", enables);
  ::setenv(variable, enables.c_str(), 1);
}

} // namespace

void checkVulkan(VkResult result, const std::string &what) {
  switch (result) {
  case VK_SUCCESS:
    return;
  case VK_ERROR_DEVICE_LOST:
    fail(Status::DeviceLost, what,
         ": the device was lost (a driver fault, a reset, or a kernel that ran "
         "too long)");
  case VK_ERROR_OUT_OF_DEVICE_MEMORY:
    fail(Status::DeviceLost, what,
         ": out of device memory; compile with a smaller --batch");
  case VK_ERROR_OUT_OF_HOST_MEMORY:
    fail(Status::DeviceLost, what, ": out of host memory");
  default:
    if (result > 0)
      return;
    fail(Status::Failure, what, ": the driver refused it (VkResult ",
         int(result), ")");
  }
}

Instance::Instance(Unopened) {}

Instance::Instance() : Instance(Unopened()) {
  if (volkInitialize() != VK_SUCCESS)
    fail(Status::NoDevice, "there is no Vulkan loader on this machine; ",
         installAdvice);
  if (volkGetInstanceVersion() < VK_API_VERSION_1_1)
    fail(Status::NoDevice, "the Vulkan loader is older than 1.1; ",
         installAdvice);

  VkApplicationInfo application{VK_STRUCTURE_TYPE_APPLICATION_INFO};
  application.pApplicationName = application.pEngineName = "descent";
  application.apiVersion = VK_API_VERSION_1_1;
  VkInstanceCreateInfo info{VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO};
  info.pApplicationInfo = &application;
  std::vector<const char *> layers, extensions;
  if (hasExtension(VK_KHR_PORTABILITY_ENUMERATION_EXTENSION_NAME)) {
    extensions.push_back(VK_KHR_PORTABILITY_ENUMERATION_EXTENSION_NAME);
    info.flags |= VK_INSTANCE_CREATE_ENUMERATE_PORTABILITY_BIT_KHR;
  }
  VkDebugUtilsMessengerCreateInfoEXT messages = messengerInfo();
  VkValidationFeaturesEXT features{VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT};
  const VkValidationFeatureEnableEXT synchronization =
      VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT;
  bool validate = validationWanted();
  bool debugUtils = validate || hasExtension(VK_EXT_DEBUG_UTILS_EXTENSION_NAME);
  if (debugUtils)
    extensions.push_back(VK_EXT_DEBUG_UTILS_EXTENSION_NAME);
  if (validate) {
    if (!hasLayer(validationLayer))
      fail(Status::Failure, "DESCENT_VALIDATION is set, but the validation "
                            "layer is not installed; "
                            "apt install vulkan-validationlayers");
    askForSubmitChecking();
    layers.push_back(validationLayer);
    if (hasExtension(VK_EXT_VALIDATION_FEATURES_EXTENSION_NAME,
                     validationLayer))
      extensions.push_back(VK_EXT_VALIDATION_FEATURES_EXTENSION_NAME);
    features.enabledValidationFeatureCount = 1;
    features.pEnabledValidationFeatures = &synchronization;
    features.pNext = &messages;
    info.pNext = &features;
  }
  info.enabledLayerCount = uint32_t(layers.size());
  info.ppEnabledLayerNames = layers.data();
  info.enabledExtensionCount = uint32_t(extensions.size());
  info.ppEnabledExtensionNames = extensions.data();
  VkResult result = vkCreateInstance(&info, nullptr, &handle);
  if (result == VK_ERROR_INCOMPATIBLE_DRIVER ||
      result == VK_ERROR_INITIALIZATION_FAILED)
    fail(Status::NoDevice, "there is no Vulkan driver on this machine; ",
         installAdvice);
  checkVulkan(result, "opening Vulkan");
  volkLoadInstanceOnly(handle);
  if (validate)
    checkVulkan(
        vkCreateDebugUtilsMessengerEXT(handle, &messages, nullptr, &messenger),
        "listening to the validation");

  uint32_t count = 0;
  result = vkEnumeratePhysicalDevices(handle, &count, nullptr);
  if (result == VK_ERROR_INITIALIZATION_FAILED) // no driver had a device
    count = 0;
  else
    checkVulkan(result, "listing the devices");
  std::vector<VkPhysicalDevice> handles(count);
  if (count > 0)
    checkVulkan(vkEnumeratePhysicalDevices(handle, &count, handles.data()),
                "listing the devices");
  handles.resize(count);
  for (uint32_t i = 0; i < count; ++i)
    if (std::optional<DeviceInfo> device = describeDevice(handles[i], i)) {
      device->debugUtils = debugUtils;
      list.push_back(std::move(*device));
    }
  if (list.empty())
    fail(Status::NoDevice, "no Vulkan 1.1 device with compute was found; ",
         installAdvice);
}

Instance::~Instance() {
  if (messenger)
    vkDestroyDebugUtilsMessengerEXT(handle, messenger, nullptr);
  if (handle)
    vkDestroyInstance(handle, nullptr);
}

unsigned Instance::validationMessages() { return messageCount; }

} // namespace descent::runtime

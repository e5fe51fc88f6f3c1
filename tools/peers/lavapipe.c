/*
 * Stands between Chromium and Mesa's lavapipe as a Vulkan driver. Dawn asks for features that
 * Mesa 22.3's lavapipe does not have and that compute shaders do not need, and Chromium takes a
 * CPU adapter only if it is SwiftShader. So the driver's answers say both, and what is only
 * claimed is taken out again where a device is created.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <vulkan/vk_icd.h>
#include <vulkan/vulkan.h>

enum { SWIFTSHADER_VENDOR = 0x1AE0, SWIFTSHADER_DEVICE = 0xC0DE };

static PFN_vkGetInstanceProcAddr driver;
static VkResult (*negotiate)(uint32_t *);

static void load(void) {
  if (driver) return;
  void *lib = dlopen(DRIVER, RTLD_NOW | RTLD_LOCAL);
  if (!lib) {
    fprintf(stderr, "lavapipe: %s\n", dlerror());
    return;
  }
  driver = (PFN_vkGetInstanceProcAddr)dlsym(lib, "vk_icdGetInstanceProcAddr");
  negotiate = (VkResult(*)(uint32_t *))dlsym(lib, "vk_icdNegotiateLoaderICDInterfaceVersion");
}

/* What Dawn wants, claimed (1) or taken back (0). */
static void features(VkPhysicalDeviceFeatures *f, VkBool32 on) {
  f->shaderSampledImageArrayDynamicIndexing = on;
  f->shaderStorageImageArrayDynamicIndexing = on;
}

static void chain(void *first, VkBool32 on) {
  for (VkBaseOutStructure *s = first; s; s = s->pNext) switch (s->sType) {
      case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2:
        features(&((VkPhysicalDeviceFeatures2 *)s)->features, on);
        break;
      case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SAMPLER_YCBCR_CONVERSION_FEATURES:
        ((VkPhysicalDeviceSamplerYcbcrConversionFeatures *)s)->samplerYcbcrConversion = on;
        break;
      case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES:
        ((VkPhysicalDeviceVulkan11Features *)s)->samplerYcbcrConversion = on;
        break;
      default:
        break;
    }
}

static PFN_vkGetPhysicalDeviceFeatures real_features;
static PFN_vkGetPhysicalDeviceFeatures2 real_features2;
static PFN_vkGetPhysicalDeviceProperties real_properties;
static PFN_vkGetPhysicalDeviceProperties2 real_properties2;
static PFN_vkCreateDevice real_create;

static VKAPI_ATTR void VKAPI_CALL get_features(VkPhysicalDevice d, VkPhysicalDeviceFeatures *f) {
  real_features(d, f);
  features(f, VK_TRUE);
}

static VKAPI_ATTR void VKAPI_CALL get_features2(VkPhysicalDevice d, VkPhysicalDeviceFeatures2 *f) {
  real_features2(d, f);
  chain(f, VK_TRUE);
}

static void disguise(VkPhysicalDeviceProperties *p) {
  p->vendorID = SWIFTSHADER_VENDOR;
  p->deviceID = SWIFTSHADER_DEVICE;
}

static VKAPI_ATTR void VKAPI_CALL get_properties(VkPhysicalDevice d, VkPhysicalDeviceProperties *p) {
  real_properties(d, p);
  disguise(p);
}

static VKAPI_ATTR void VKAPI_CALL get_properties2(VkPhysicalDevice d, VkPhysicalDeviceProperties2 *p) {
  real_properties2(d, p);
  disguise(&p->properties);
}

static VKAPI_ATTR VkResult VKAPI_CALL create_device(VkPhysicalDevice d, const VkDeviceCreateInfo *info,
                                                    const VkAllocationCallbacks *a, VkDevice *out) {
  VkDeviceCreateInfo copy = *info;
  VkPhysicalDeviceFeatures enabled;
  if (copy.pEnabledFeatures) {
    enabled = *copy.pEnabledFeatures;
    features(&enabled, VK_FALSE);
    copy.pEnabledFeatures = &enabled;
  }
  chain((void *)copy.pNext, VK_FALSE);
  return real_create(d, &copy, a, out);
}

static PFN_vkVoidFunction replace(const char *name, PFN_vkVoidFunction real) {
  static const struct {
    const char *name;
    PFN_vkVoidFunction ours, *real;
  } table[] = {
      {"vkGetPhysicalDeviceFeatures", (PFN_vkVoidFunction)get_features, (PFN_vkVoidFunction *)&real_features},
      {"vkGetPhysicalDeviceFeatures2", (PFN_vkVoidFunction)get_features2, (PFN_vkVoidFunction *)&real_features2},
      {"vkGetPhysicalDeviceFeatures2KHR", (PFN_vkVoidFunction)get_features2, (PFN_vkVoidFunction *)&real_features2},
      {"vkGetPhysicalDeviceProperties", (PFN_vkVoidFunction)get_properties, (PFN_vkVoidFunction *)&real_properties},
      {"vkGetPhysicalDeviceProperties2", (PFN_vkVoidFunction)get_properties2, (PFN_vkVoidFunction *)&real_properties2},
      {"vkGetPhysicalDeviceProperties2KHR", (PFN_vkVoidFunction)get_properties2, (PFN_vkVoidFunction *)&real_properties2},
      {"vkCreateDevice", (PFN_vkVoidFunction)create_device, (PFN_vkVoidFunction *)&real_create},
  };
  for (size_t i = 0; real && i < sizeof table / sizeof *table; i++)
    if (!strcmp(name, table[i].name)) {
      *table[i].real = real;
      return table[i].ours;
    }
  return real;
}

/* The entry points of a driver behind the Vulkan loader. */

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL vk_icdGetInstanceProcAddr(VkInstance instance, const char *name) {
  load();
  return driver ? replace(name, driver(instance, name)) : NULL;
}

VKAPI_ATTR VkResult VKAPI_CALL vk_icdNegotiateLoaderICDInterfaceVersion(uint32_t *version) {
  load();
  return negotiate ? negotiate(version) : VK_ERROR_INITIALIZATION_FAILED;
}

/* The entry point that Dawn calls where it opens SwiftShader's library itself. */
VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL vkGetInstanceProcAddr(VkInstance instance, const char *name) {
  static int negotiated;
  load();
  if (!negotiated && negotiate) {
    uint32_t version = 5;
    negotiate(&version);
    negotiated = 1;
  }
  if (!strcmp(name, "vkGetInstanceProcAddr")) return (PFN_vkVoidFunction)vkGetInstanceProcAddr;
  return vk_icdGetInstanceProcAddr(instance, name);
}

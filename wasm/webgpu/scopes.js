// @ts-check
// Error scopes: what WebGPU found wrong with the calls between pushScopes and popScopes.

/** @param {GPUDevice} device */
export const pushScopes = (device) => {
  device.pushErrorScope('out-of-memory');
  device.pushErrorScope('internal');
  device.pushErrorScope('validation');
};

/** What the scopes caught, the innermost first. @param {GPUDevice} device @returns {Promise<GPUError | null>} */
export const popScopes = async (device) => {
  const errors = await Promise.all([device.popErrorScope(), device.popErrorScope(), device.popErrorScope()]);
  return errors.find((error) => error) ?? null;
};

/** Of this software, as `homeward-cloud --version` tells it. */
export const CLOUD_VERSION = '0.1.0';

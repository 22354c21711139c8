/** For the SDK's small clients: a place that cannot be reached is told within seconds instead of minutes. */
export const SDK_SETTINGS = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 5_000, requestTimeout: 15_000, throwOnRequestTimeout: true },
  /** Without one the SDK writes hints to the console. */
  logger: { debug() {}, info() {}, warn() {}, error() {} },
};

/** `b-1.NAME.abc123.c2.kafka.REGION.amazonaws.com`, and `kafka-serverless` for clusters of that kind. */
const BROKER = /\.kafka(?:-serverless)?\.([a-z]{2,}(?:-[a-z]+)+-\d+)\.amazonaws\.com(?:\.cn)?(?::\d+)?$/i;

/** The region of a broker by its name (with or without port); undefined for names that are not MSK's own. */
export function regionOfBroker(server: string): string | undefined {
  return BROKER.exec(server)?.[1]?.toLowerCase();
}

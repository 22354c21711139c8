import { randomNumbers, writeLines } from './lines.ts';

/** A reading of a sensor, 70 bytes: `device-004711 2026-01-02T03:04:05Z temperature=21.53 humidity=0.41 ok`. */
function reading(random: () => number, number: number): string {
  const device = String(Math.floor(random() * 20_000)).padStart(6, '0');
  const time = new Date(1_767_225_600_000 + number * 250).toISOString().slice(0, 19);
  const temperature = (10 + random() * 25).toFixed(2);
  const humidity = (0.1 + random() * 0.8).toFixed(2);
  return `device-${device} ${time}Z temperature=${temperature} humidity=${humidity} ok`;
}

/** Writes one reading a line, for `ProducerPerformance --payload-file`. */
export async function writeReadings(path: string, lines: number): Promise<void> {
  const random = randomNumbers(7);
  await writeLines(path, lines, (number) => reading(random, number));
}

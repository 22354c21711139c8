import type { ArgumentProblem } from './refuse.ts';

interface Size {
  /** CPU units. */
  cpu: number;
  memoryMiB: number[];
}

const GIB = 1024;

/** "Amazon ECS task CPU and memory" for Linux on Fargate (Amazon ECS developer guide). */
const SIZES: Size[] = [
  { cpu: 256, memoryMiB: [512, GIB, 2 * GIB] },
  { cpu: 512, memoryMiB: gib(1, 4, 1) },
  { cpu: 1024, memoryMiB: gib(2, 8, 1) },
  { cpu: 2048, memoryMiB: gib(4, 16, 1) },
  { cpu: 4096, memoryMiB: gib(8, 30, 1) },
  { cpu: 8192, memoryMiB: gib(16, 60, 4) },
  { cpu: 16384, memoryMiB: gib(32, 120, 8) },
];

export const DEFAULT_CPU = 1024;
const DEFAULT_MEMORY_MIB = 2 * GIB;

function gib(first: number, last: number, step: number): number[] {
  return Array.from({ length: (last - first) / step + 1 }, (_, i) => (first + i * step) * GIB);
}

/** What is asked for, with the defaults filled in: memory is 2 GiB, or the least that goes with the CPU. */
export function fargateSize(cpu = DEFAULT_CPU, memoryMiB?: number): { cpu: number; memoryMiB: number } {
  const least = SIZES.find((size) => size.cpu === cpu)?.memoryMiB.find((memory) => memory >= DEFAULT_MEMORY_MIB);
  return { cpu, memoryMiB: memoryMiB ?? least ?? DEFAULT_MEMORY_MIB };
}

/** A pair that Fargate does not have, and the nearest one that is enough for both. */
export function fargateProblems(
  cpu: number | undefined,
  memoryMiB: number | undefined,
  propertyPath: string,
): ArgumentProblem[] {
  const asked = fargateSize(cpu, memoryMiB);
  const size = SIZES.find((it) => it.cpu === asked.cpu);
  if (size?.memoryMiB.includes(asked.memoryMiB)) return [];
  const key = size === undefined ? 'cpu' : 'memoryMiB';
  const enough = nearest(asked);
  const advice =
    enough === undefined
      ? `the most is cpu ${SIZES.at(-1)!.cpu} with memoryMiB ${SIZES.at(-1)!.memoryMiB.at(-1)}`
      : `the nearest is cpu ${enough.cpu} with memoryMiB ${enough.memoryMiB}`;
  return [
    {
      propertyPath: `${propertyPath}.${key}`,
      reason: `Fargate has no task with cpu ${asked.cpu} and memoryMiB ${asked.memoryMiB}: ${advice}`,
    },
  ];
}

/** The smallest with at least as much of both. */
function nearest(asked: { cpu: number; memoryMiB: number }): { cpu: number; memoryMiB: number } | undefined {
  for (const { cpu, memoryMiB } of SIZES) {
    const memory = memoryMiB.find((it) => it >= asked.memoryMiB);
    if (cpu >= asked.cpu && memory !== undefined) return { cpu, memoryMiB: memory };
  }
  return undefined;
}

export { RuntimeImage, type RuntimeImageArgs } from './runtime-image.ts';

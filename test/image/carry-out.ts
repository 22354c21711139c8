/**
 * Carries the steps of the Dockerfile out without Docker: each stage in a directory of its own, COPY from the context as
 * .dockerignore leaves it or from another stage's directory, RUN by the same shell line with this repository's Node 24.
 * A stage whose steps and files are those of an earlier time is taken from there, as Docker does.
 *
 * What it does not show: that the base images have what is needed (only `apt-get` is left to this machine: the tools that
 * it would install have to be there), and how a container runtime treats users and read-only file systems.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { cacheDirectory, cached } from '../support/cache.ts';
import { runOk } from '../support/process.ts';
import { isIgnored } from './docker-ignore.ts';
import { type Instruction, parseDockerfile, type Stage } from './dockerfile.ts';

const KEPT_MS = 15 * 60 * 1000;

export const ROOT = resolve(import.meta.dirname, '../..');

export interface Image {
  /** Stands for `/`. */
  root: string;
  env: Record<string, string>;
  labels: Record<string, string>;
  user: string | undefined;
  workdir: string;
  entrypoint: string[];
  cmd: string[];
  healthcheck: string[] | undefined;
  /** Commands of the stage itself and those that it is made of. */
  ran: string[];
}

interface Made extends Image {
  key: string;
}

export class Builder {
  readonly stages: Stage[];
  readonly #ignore: string;
  readonly #arch: string;
  readonly #made = new Map<string, Promise<Made>>();

  /** @param arch as Docker calls it: `amd64`, `arm64` */
  constructor(arch: string) {
    this.stages = parseDockerfile(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'));
    this.#ignore = readFileSync(join(ROOT, '.dockerignore'), 'utf8');
    this.#arch = arch;
  }

  make(name: string): Promise<Image> {
    return this.#make(name);
  }

  #make(name: string): Promise<Made> {
    let made = this.#made.get(name);
    if (made === undefined) {
      const stage = this.stages.find((each) => each.name === name);
      made = stage === undefined ? this.#base(name) : this.#carryOut(stage);
      this.#made.set(name, made);
    }
    return made;
  }

  /** Of Node's images the program itself is used here; of Debian nothing. */
  async #base(name: string): Promise<Made> {
    const node = name.startsWith('node:');
    if (!node && !name.startsWith('debian:')) throw new Error(`an image that is not known: ${name}`);
    const root = await cached(`image/${name.replaceAll(/[^\w.-]/g, '-')}-${process.version}`, async (directory) => {
      if (!node) return;
      await mkdir(join(directory, 'usr/local/bin'), { recursive: true });
      await cp(process.execPath, join(directory, 'usr/local/bin/node'), { dereference: true });
      // The full image has what native modules are compiled with.
      if (!name.includes('slim')) await fetchHeaders(join(directory, 'usr/local'));
    });
    const empty = {
      env: {},
      labels: {},
      user: undefined,
      workdir: '/',
      entrypoint: [],
      cmd: [],
      healthcheck: undefined,
    };
    return { ...empty, root, ran: [], key: `${name} ${process.version}` };
  }

  async #carryOut(stage: Stage): Promise<Made> {
    const base = await this.#make(stage.base);
    const hash = createHash('sha256').update(`${base.key}\0${process.arch}\0`);
    const args: Record<string, string> = {};
    const work: ((root: string) => Promise<void>)[] = [];
    const image: Made = { ...base, env: { ...base.env }, labels: { ...base.labels }, ran: [...base.ran] };
    for (const step of stage.instructions) {
      hash.update(`${JSON.stringify(step)}\0`);
      switch (step.name) {
        case 'COPY':
          work.push(await this.#copy(step, image.workdir, hash));
          break;
        case 'RUN': {
          hash.update(JSON.stringify(args));
          image.ran.push(step.script);
          const { workdir, env } = image;
          work.push((root) => runStep(step.script, join(root, workdir), { ...inside(root, env), ...args }));
          break;
        }
        case 'ARG':
          args[step.value] = step.value === 'TARGETARCH' ? this.#arch : '';
          break;
        case 'ENV':
          Object.assign(image.env, step.pairs);
          break;
        case 'LABEL':
          Object.assign(image.labels, step.pairs);
          break;
        case 'WORKDIR':
          image.workdir = step.value;
          break;
        case 'USER':
          image.user = step.value;
          break;
        default:
          if (step.name === 'CMD') image.cmd = step.words;
          else if (step.name === 'ENTRYPOINT') image.entrypoint = step.words;
          else image.healthcheck = step.words;
      }
    }
    image.key = hash.digest('hex').slice(0, 20);
    // A stage without steps is its base.
    image.root =
      work.length === 0
        ? base.root
        : await cached(`image/${stage.name}-${image.key}`, async (root) => {
            await cp(base.root, root, { recursive: true, verbatimSymlinks: true });
            await mkdir(join(root, image.workdir), { recursive: true });
            for (const step of work) await step(root);
          });
    await forgetOld(stage.name, image.root);
    return image;
  }

  async #copy(step: Extract<Instruction, { name: 'COPY' }>, workdir: string, hash: ReturnType<typeof createHash>) {
    const { from, sources } = step;
    const source = from === undefined ? undefined : await this.#make(from);
    const root = source?.root ?? ROOT;
    if (source !== undefined) hash.update(source.key);
    const paths: string[] = [];
    for (const path of sources) {
      if (source === undefined) {
        const files = filesOf(path).filter((file) => !isIgnored(file, this.#ignore));
        if (files.length === 0) throw new Error(`COPY ${path}: not in the context`);
        for (const file of files) hash.update(`${file}\0`).update(readFileSync(join(ROOT, file)));
        paths.push(...files);
      } else paths.push(path);
    }
    return async (made: string) => {
      const target = join(made, step.target.startsWith('/') ? '' : workdir, step.target);
      // A folder's content goes into the target; files go into it by their names, or become it.
      const folder = step.target.endsWith('/');
      for (const path of paths) {
        const given = sources.find((each) => path === each || path.startsWith(`${each}/`))!;
        const isFile = statSync(join(root, given)).isFile();
        const below = isFile ? (folder ? (given.split('/').at(-1) as string) : '') : path.slice(given.length);
        const to = join(target, below);
        await mkdir(dirname(to), { recursive: true });
        await cp(join(root, path), to, { recursive: true, verbatimSymlinks: true });
      }
    };
  }
}

/** What a stage was with other sources: nobody asks for it again, and it is as large as an image. */
async function forgetOld(stage: string, now: string): Promise<void> {
  const folder = join(cacheDirectory(), 'image');
  for (const entry of readdirSync(folder).filter((name) => /^(.*)-[0-9a-f]{20}$/.exec(name)?.[1] === stage)) {
    const path = join(folder, entry);
    // Another process may be using one that is new, or is for the other processor.
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.ctimeMs ?? Date.now());
    if (path !== now && age > KEPT_MS && stage !== 'modules') await rm(path, { recursive: true, force: true });
  }
}

/** Variables that name a path of the stage name it where the stage lies. */
function inside(root: string, env: Record<string, string>): Record<string, string> {
  const moved = (value: string) => (value.startsWith('/') && existsSync(join(root, value)) ? join(root, value) : value);
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, moved(value)]));
}

function filesOf(path: string): string[] {
  if (!existsSync(join(ROOT, path))) return [];
  if (statSync(join(ROOT, path)).isFile()) return [path];
  const entries = readdirSync(join(ROOT, path), { recursive: true, withFileTypes: true });
  const found = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return found.map((file) => file.slice(ROOT.length + 1)).sort();
}

/** From npm's registry: the package that has the program of this version has its headers, too. */
async function fetchHeaders(target: string): Promise<void> {
  const name = `node-${process.platform}-${process.arch}@${process.versions.node}`;
  const scratch = await mkdtemp(join(tmpdir(), 'msk-backup-headers-'));
  await runOk('npm', ['pack', '--silent', '--pack-destination', scratch, name], { cwd: scratch });
  const [file] = readdirSync(scratch);
  await runOk('tar', ['xzf', join(scratch, file!), '-C', scratch, 'package/include']);
  await cp(join(scratch, 'package/include'), join(target, 'include'), { recursive: true });
  await rm(scratch, { recursive: true });
}

/** With Node 24 before the machine's own. `apt-get` would change this machine: what it installs has to be there. */
async function runStep(script: string, cwd: string, env: Record<string, string>): Promise<void> {
  const apt = /^apt-get update && apt-get install -y --no-install-recommends (.+)$/.exec(script);
  if (apt !== null) {
    for (const tool of apt[1]!.split(' ')) await runOk('which', [tool]);
    return;
  }
  const tools = await cached(`image/tools-${process.version}`, async (directory) => {
    await symlink(process.execPath, join(directory, 'node'));
    await chmod(directory, 0o755);
  });
  await runOk('/bin/sh', ['-c', script], {
    cwd,
    env: { PATH: `${tools}:${process.env.PATH}`, ...env },
    timeoutMs: 900_000,
  });
}

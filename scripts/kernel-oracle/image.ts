/** An unpacked kernel package: its image, configuration and modules. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { FetchedPackage } from './apt.js';

export interface KernelImage {
  /** What `uname -r` says, e.g. `6.12.107+deb13-amd64`. */
  readonly uname: string;
  readonly vmlinuz: string;
  readonly config: string;
  /** Module files by name, dashes written as underscores. */
  readonly modules: ReadonlyMap<string, string>;
}

/** A module of the guest, as a plain `.ko`. */
export interface GuestModule {
  readonly name: string;
  readonly contents: Buffer;
}

/**
 * Unpacks the packages under `folder` unless that has been done.
 * @throws Error when they hold no kernel image
 */
export function unpackKernel(packages: readonly FetchedPackage[], folder: string): KernelImage {
  const key = packages.map((one) => `${one.name}_${one.version}`)[0];
  const root = join(folder, 'unpacked', key);
  if (!existsSync(root)) {
    const partial = `${root}.partial`;
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true });
    for (const { file } of packages) execFileSync('dpkg', ['-x', file, partial], { stdio: 'inherit' });
    renameSync(partial, root);
  }
  const modulesRoot = ['usr/lib/modules', 'lib/modules']
    .map((path) => join(root, path))
    .find((path) => existsSync(path));
  const uname = modulesRoot === undefined ? undefined : readdirSync(modulesRoot).sort().at(-1);
  if (modulesRoot === undefined || uname === undefined) throw new Error(`${key}: no modules inside`);
  // Since 7.x image and configuration lie beside the modules.
  const pick = (name: string): string => {
    const places = [join(root, 'boot', `${name}-${uname}`), join(modulesRoot, uname, name)];
    const found = places.find((path) => existsSync(path));
    if (found === undefined) throw new Error(`${key}: no ${name} inside`);
    return found;
  };
  const modules = new Map<string, string>();
  const walk = (at: string): void => {
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      const path = join(at, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (/\.ko(\.xz|\.zst)?$/.test(entry.name)) modules.set(moduleName(path), path);
    }
  };
  walk(join(modulesRoot, uname));
  return { uname, vmlinuz: pick('vmlinuz'), config: pick('config'), modules };
}

function moduleName(path: string): string {
  return basename(path)
    .replace(/\.ko(\.xz|\.zst)?$/, '')
    .replaceAll('-', '_');
}

function readModule(path: string): Buffer {
  if (path.endsWith('.xz')) return execFileSync('xz', ['-dc', path], { maxBuffer: 1 << 28 });
  if (path.endsWith('.zst')) return execFileSync('zstd', ['-dcq', path], { maxBuffer: 1 << 28 });
  return readFileSync(path);
}

/** The wanted modules and what they depend on, in the order to load them; missing ones are left out. */
export function guestModules(image: KernelImage, wanted: readonly string[]): GuestModule[] {
  const ordered: GuestModule[] = [];
  const visited = new Set<string>();
  const visit = (name: string): void => {
    const path = image.modules.get(name);
    if (visited.has(name) || path === undefined) return;
    visited.add(name);
    const contents = readModule(path);
    // `.modinfo` is a list of zero-terminated KEY=VALUE.
    const depends = /(?:^|\0)depends=([^\0]*)\0/.exec(contents.toString('latin1'))?.[1] ?? '';
    for (const needed of depends.split(',')) if (needed !== '') visit(needed.replaceAll('-', '_'));
    ordered.push({ name, contents });
  };
  for (const name of wanted) visit(name);
  return ordered;
}

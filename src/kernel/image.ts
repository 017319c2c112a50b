/**
 * The kernels of the profiles as an object is relocated against them: types, configuration and symbols of the very
 * packages the tables were taken from, stored compressed (scripts/store-kernel-image.ts makes them).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import {
  Btf,
  loadKernelBtf,
  ObjectError,
  parseKernelConfig,
  type KernelModule,
  type KernelTarget,
} from '../object/index.js';
import { packageRoot } from '../package-root.js';
import { profileOf } from './index.js';
import { unpackSymbols } from './stored-symbols.js';

/** Modules that programs name functions of; their types continue the kernel's. */
export const STORED_MODULES = ['nf_conntrack'] as const;

/** A stored part of a kernel. */
export type ImagePart = 'btf' | 'config' | 'symbols' | `${(typeof STORED_MODULES)[number]}.btf`;

const images = new Map<string, StoredImage>();

/**
 * The kernel of a profile. Its parts are read when they are first asked for: most programs need none.
 * @throws Error naming the releases there are
 */
function kernelImageOf(release: string): StoredImage {
  const known = images.get(release);
  if (known !== undefined) return known;
  const image = new StoredImage(profileOf(release).release, profileOf(release).source);
  images.set(release, image);
  return image;
}

/**
 * The kernel to relocate for: that of a profile, or one with other types.
 * @param btfFile raw BTF or an ELF file that holds it; the profile's own when absent
 * @throws ObjectError when that file is no BTF
 */
export function kernelTargetOf(release: string, btfFile?: string): KernelTarget {
  const image = kernelImageOf(release);
  if (btfFile === undefined) return image;
  const { config, symbolAddress } = image;
  return { release: image.release, config, symbolAddress, btf: loadKernelBtf(btfFile) };
}

/** Folder and name of a stored part of a kernel. */
export function imagePath(release: string, part: ImagePart): string {
  return join(packageRoot(), 'src', 'kernel', 'data', `${release}.${part}.br`);
}

class StoredImage implements KernelTarget {
  private types: Btf | undefined;
  private settings: ReadonlyMap<string, string> | undefined;
  private symbols: ReadonlyMap<string, bigint> | undefined;
  readonly modules: readonly KernelModule[];

  constructor(
    private readonly profile: string,
    private readonly source: string,
  ) {
    this.modules = STORED_MODULES.map((name) => new StoredModule(name, profile, this));
  }

  /** `uname -r` is part of the package's name: `linux-image-6.12.107+deb13-amd64 6.12.107-1`. */
  get release(): string {
    return /^linux-(?:image|binary)-(\S+)/.exec(this.source)?.[1] ?? this.profile;
  }

  get btf(): Btf {
    const path = imagePath(this.profile, 'btf');
    this.types ??= new Btf(stored(path), 'BTF', (what) => new ObjectError(path, what));
    return this.types;
  }

  /** Addresses as a kernel has them that was booted without randomising them. */
  readonly symbolAddress = (name: string): bigint | undefined => {
    this.symbols ??= unpackSymbols(stored(imagePath(this.profile, 'symbols')));
    return this.symbols.get(name);
  };

  get config(): ReadonlyMap<string, string> {
    this.settings ??= parseKernelConfig(stored(imagePath(this.profile, 'config')).toString('utf8'));
    return this.settings;
  }
}

class StoredModule implements KernelModule {
  private types: Btf | undefined;

  constructor(
    readonly name: (typeof STORED_MODULES)[number],
    private readonly profile: string,
    private readonly kernel: StoredImage,
  ) {}

  get btf(): Btf {
    const path = imagePath(this.profile, `${this.name}.btf`);
    this.types ??= this.kernel.btf.extend(stored(path), 'BTF', (what) => new ObjectError(path, what));
    return this.types;
  }
}

function stored(path: string): Buffer {
  return brotliDecompressSync(readFileSync(path));
}

/**
 * The kernels of the profiles as an object is relocated against them: types and configuration of the very packages the
 * tables were taken from, stored compressed (scripts/store-kernel-image.ts makes them).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { Btf, loadKernelBtf, ObjectError, parseKernelConfig, type KernelTarget } from '../object/index.js';
import { packageRoot } from '../package-root.js';
import { profileOf } from './index.js';

const images = new Map<string, StoredImage>();

/**
 * The kernel of a profile. Its types and configuration are read when they are first asked for: most programs need
 * neither.
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
  return btfFile === undefined ? image : { ...partsOf(image), btf: loadKernelBtf(btfFile) };
}

function partsOf({ release, config }: StoredImage): Omit<KernelTarget, 'btf'> {
  return { release, config };
}

/** Folder and name of a stored part of a kernel. */
export function imagePath(release: string, part: 'btf' | 'config'): string {
  return join(packageRoot(), 'src', 'kernel', 'data', `${release}.${part}.br`);
}

class StoredImage implements KernelTarget {
  private types: Btf | undefined;
  private settings: ReadonlyMap<string, string> | undefined;

  constructor(
    private readonly profile: string,
    private readonly source: string,
  ) {}

  /** `uname -r` is part of the package's name: `linux-image-6.12.107+deb13-amd64 6.12.107-1`. */
  get release(): string {
    return /^linux-(?:image|binary)-(\S+)/.exec(this.source)?.[1] ?? this.profile;
  }

  get btf(): Btf {
    const path = imagePath(this.profile, 'btf');
    this.types ??= new Btf(stored(path), 'BTF', (what) => new ObjectError(path, what));
    return this.types;
  }

  get config(): ReadonlyMap<string, string> {
    this.settings ??= parseKernelConfig(stored(imagePath(this.profile, 'config')).toString('utf8'));
    return this.settings;
  }
}

function stored(path: string): Buffer {
  return brotliDecompressSync(readFileSync(path));
}

/**
 * Stores a kernel's types, configuration and symbols for `src/kernel/image.ts`:
 *
 *     node dist/scripts/store-kernel-image.js RELEASE --btf FILE --config FILE --kallsyms FILE --modules FOLDER
 *
 * FILE is raw BTF (`.BTF` of that kernel's vmlinux), `/boot/config-…` of the same package and `/proc/kallsyms` of it booted
 * with `nokaslr`; the oracle leaves the first and the last in its cache folder. FOLDER has the modules whose types are
 * stored, NAME.ko or raw BTF as NAME.btf.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { Command } from 'commander';
import { writeFileAtomic } from '../src/bench/atomic-file.js';
import { EXIT_FAILURE, sayError } from '../src/cli/outcome.js';
import { imagePath, STORED_MODULES } from '../src/kernel/image.js';
import { packSymbols } from '../src/kernel/stored-symbols.js';
import { loadKernelBtf, loadModuleBtf, parseKernelConfig, rawBtf } from '../src/object/index.js';

const command = new Command('store-kernel-image')
  .argument('<release>', 'release of the profile, e.g. 6.12')
  .requiredOption('--btf <file>', 'raw BTF of the kernel')
  .requiredOption('--config <file>', 'configuration of the kernel')
  .requiredOption('--kallsyms <file>', "the kernel's symbols without address randomisation")
  .requiredOption('--modules <folder>', `folder with ${STORED_MODULES.join(', ')}`);

interface ImageFiles {
  readonly btf: string;
  readonly config: string;
  readonly kallsyms: string;
  readonly modules: string;
}

command.action((release: string, { btf, config, kallsyms, modules }: ImageFiles) => {
  try {
    const kernel = loadKernelBtf(btf);
    const text = readFileSync(config, 'utf8');
    if (parseKernelConfig(text).size === 0) throw new Error(`${config}: sets no CONFIG_`);
    const symbols = packSymbols(readFileSync(kallsyms, 'utf8'));
    const types = STORED_MODULES.map((name) => {
      const path = [`${name}.btf`, `${name}.ko`].map((file) => join(modules, file)).find(existsSync);
      if (path === undefined) throw new Error(`${modules}: no ${name}.btf or ${name}.ko`);
      loadModuleBtf(path, kernel);
      return [name, rawBtf(path)] as const;
    });
    store(imagePath(release, 'btf'), rawBtf(btf));
    store(imagePath(release, 'config'), Buffer.from(settingsOnly(text)));
    store(imagePath(release, 'symbols'), symbols);
    for (const [name, bytes] of types) store(imagePath(release, `${name}.btf`), bytes);
  } catch (error) {
    sayError(error);
    process.exitCode = EXIT_FAILURE;
  }
});

command.parse();

/** The lines that set something. */
function settingsOnly(text: string): string {
  return text
    .split('\n')
    .filter((line) => line.startsWith('CONFIG_'))
    .join('\n');
}

function store(path: string, bytes: Uint8Array): void {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_LGWIN]: 24,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  writeFileAtomic(path, brotliCompressSync(bytes, { params }));
}

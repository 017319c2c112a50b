/**
 * Stores a kernel's types and configuration for `src/kernel/image.ts`:
 *
 *     node dist/scripts/store-kernel-image.js RELEASE --btf FILE --config FILE
 *
 * FILE is raw BTF (`.BTF` of that kernel's vmlinux) and `/boot/config-…` of the same package.
 */
import { readFileSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';
import { Command } from 'commander';
import { writeFileAtomic } from '../src/bench/atomic-file.js';
import { EXIT_FAILURE, sayError } from '../src/cli/outcome.js';
import { imagePath } from '../src/kernel/image.js';
import { loadKernelBtf, parseKernelConfig } from '../src/object/index.js';

const command = new Command('store-kernel-image')
  .argument('<release>', 'release of the profile, e.g. 6.12')
  .requiredOption('--btf <file>', 'raw BTF of the kernel')
  .requiredOption('--config <file>', 'configuration of the kernel');

command.action((release: string, { btf, config }: { btf: string; config: string }) => {
  try {
    loadKernelBtf(btf);
    const text = readFileSync(config, 'utf8');
    if (parseKernelConfig(text).size === 0) throw new Error(`${config}: sets no CONFIG_`);
    store(imagePath(release, 'btf'), readFileSync(btf));
    store(imagePath(release, 'config'), Buffer.from(settingsOnly(text)));
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

/**
 * Takes structure offsets and sizes out of a kernel's BTF and writes them as a stored table of a profile:
 *
 *     node dist/scripts/extract-profile.js BTF-FILE RELEASE > src/kernel/data/RELEASE-structs.ts
 *
 * BTF-FILE is a raw `.BTF` section, e.g. /sys/kernel/btf/vmlinux of a running kernel or what the kernel oracle brings back;
 * RELEASE names the profile, e.g. 6.12. Which members are taken says src/kernel/wanted-members.ts; one that the kernel lacks
 * is named on stderr and left out, since kernels differ in what they have.
 */
import { readFileSync } from 'node:fs';
import { extractStructs } from '../src/kernel/struct-extraction.js';
import { WANTED_MEMBERS } from '../src/kernel/wanted-members.js';
import { Btf } from '../src/object/btf.js';

function fail(message: string): never {
  console.error(`extract-profile: ${message}`);
  process.exit(1);
}

const parameters = process.argv.slice(2);
if (parameters.length !== 2) fail('usage: extract-profile BTF-FILE RELEASE');
const [file = '', release = ''] = parameters;

function readBtf(): Btf {
  try {
    return new Btf(readFileSync(file), file, (message) => new Error(message));
  } catch (error) {
    return fail((error as Error).message);
  }
}

const { structs, missing } = extractStructs(readBtf(), WANTED_MEMBERS);
for (const line of missing) console.error(`extract-profile: ${release} has ${line}`);

const keyOf = (name: string): string => (/^\w+$/.test(name) ? name : `'${name}'`);
const lines = Object.entries(structs).flatMap(([struct, { size, members }]) => [
  `  ${struct}: {`,
  `    size: ${size},`,
  '    members: {',
  ...Object.entries(members).map(([path, member]) => `      ${keyOf(path)}: [${member.join(', ')}],`),
  '    },',
  '  },',
]);
console.log(`/** Structure sizes and members of Linux ${release}, from its BTF by scripts/extract-profile.ts. */
import type { ProfileTables } from '../profile-tables.js';

export const STRUCTS_${release.replaceAll(/\W/g, '_')}: ProfileTables['structs'] = {
${lines.join('\n')}
};`);

import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemMirrors } from './apt.js';
import { needsInterpreter } from './ask.js';
import { CpioArchive } from './cpio.js';
import { readTar } from './tar.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oracle-test-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** One member as the loader writes it. */
function tarMember(name: string, contents: string): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write(contents.length.toString(8).padStart(11, '0'), 124);
  header.write('ustar', 257);
  const body = Buffer.alloc(Math.ceil(contents.length / 512) * 512);
  body.write(contents);
  return Buffer.concat([header, body]);
}

describe('the results of a guest', () => {
  function members(bytes: Buffer): [string, string][] {
    const file = join(folder, 'results.tar');
    writeFileSync(file, bytes);
    const found: [string, string][] = [];
    readTar(file, (name, contents) => found.push([name, contents.toString()]));
    return found;
  }

  it('are read up to the first empty block', () => {
    const tar = [tarMember('0.json', '{}'), tarMember('1.json', 'x'.repeat(513)), Buffer.alloc(2048)];
    expect(members(Buffer.concat(tar))).toEqual([
      ['0.json', '{}'],
      ['1.json', 'x'.repeat(513)],
    ]);
  });

  it('end in front of a member that is cut short', () => {
    const tar = Buffer.concat([
      tarMember('0.json', '{}'),
      tarMember('1.json', 'x'.repeat(2000)).subarray(0, 1024),
    ]);
    expect(members(tar)).toEqual([['0.json', '{}']]);
  });

  it('may be none', () => {
    expect(members(Buffer.alloc(0))).toEqual([]);
  });
});

describe('the first root file system', () => {
  it('has folders in front of what is in them, once, and ends with a trailer', () => {
    const archive = new CpioArchive();
    archive.file('objects/1/a.o', 'abc');
    archive.file('objects/2/b.o', '');
    archive.characterDevice('dev/null', 1, 3);
    const text = archive.finish().toString('latin1');
    const names = [...text.matchAll(/070701[0-9a-f]{104}([^\0]+)\0/g)].map((match) => match[1]);
    expect(names).toEqual([
      ...[
        'objects',
        'objects/1',
        'objects/1/a.o',
        'objects/2',
        'objects/2/b.o',
        'dev',
        'dev/null',
        'TRAILER!!!',
      ],
    ]);
    expect(text.length % 4).toBe(0);
    expect(text).toContain('abc');
  });
});

describe('a program of the guest', () => {
  /** An ELF64 header with program headers of these types. */
  function elf(...types: number[]): Buffer {
    const bytes = Buffer.alloc(64 + 56 * types.length);
    bytes.writeBigUInt64LE(64n, 32);
    bytes.writeUInt16LE(56, 54);
    bytes.writeUInt16LE(types.length, 56);
    types.forEach((type, index) => bytes.writeUInt32LE(type, 64 + 56 * index));
    return bytes;
  }

  it('must be one that needs no dynamic linker', () => {
    expect(needsInterpreter(elf(1, 1, 4))).toBe(false);
    expect(needsInterpreter(elf(1, 3, 4))).toBe(true);
  });
});

describe('the archives packages are fetched from', () => {
  function write(file: string, text: string): void {
    mkdirSync(join(folder, 'sources.list.d'), { recursive: true });
    writeFileSync(join(folder, file), text);
  }

  it("are those of the system's .sources files, with their keyrings", () => {
    const stanzas = [
      'Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm\nComponents: main\nSigned-By: /k.gpg\n',
      'Types: deb\nURIs: http://mirror.example/debian-security\nSuites: bookworm-security\nComponents: main\n',
      'Types: deb\nURIs: http://other.example/tools\nSuites: stable\n',
    ];
    write('sources.list.d/debian.sources', stanzas.join('\n'));
    expect(systemMirrors(folder).map(({ uri, security }) => [uri, security])).toEqual([
      ['http://mirror.example/debian', false],
      ['http://mirror.example/debian-security', true],
    ]);
    expect(systemMirrors(folder)[0].keyring).toBe('/k.gpg');
  });

  it('are those of one-line sources where there are no others', () => {
    write('sources.list', '# comment\ndeb [arch=amd64] http://mirror.example/debian/ bookworm main\n');
    expect(systemMirrors(folder).map(({ uri }) => uri)).toEqual(['http://mirror.example/debian/']);
  });

  it("are Debian's own where the system names none", () => {
    expect(systemMirrors(folder).map(({ uri }) => uri)).toEqual(['http://deb.debian.org/debian']);
  });
});

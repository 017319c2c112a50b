/** Reads the tar (ustar) stream that the guest's loader leaves on its disk. */
import { closeSync, openSync, readSync } from 'node:fs';

const BLOCK = 512;

/**
 * Calls `member` for each complete member of the archive. Ends without an error at the first block that is no header:
 * zeroes end an archive, and a guest that died leaves one without an end.
 */
export function readTar(file: string, member: (name: string, contents: Buffer) => void): void {
  const fd = openSync(file, 'r');
  try {
    const header = Buffer.alloc(BLOCK);
    let at = 0;
    while (readSync(fd, header, 0, BLOCK, at) === BLOCK && header.toString('latin1', 257, 262) === 'ustar') {
      const text = (from: number, to: number): string =>
        header.toString('latin1', from, to).replace(/\0.*$/s, '');
      const size = Number.parseInt(text(124, 136), 8);
      const contents = Buffer.alloc(size);
      if (readSync(fd, contents, 0, size, at + BLOCK) !== size) break;
      member(text(0, 100), contents);
      at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    }
  } finally {
    closeSync(fd);
  }
}

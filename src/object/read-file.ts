/** Opening files a user names: regular files only, so that nothing waits at a pipe or reads a device for ever. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { ByteSource } from './elf-sections.js';
import { ObjectError } from './program.js';

/**
 * Opens a file for the time of a call and hands its bytes over.
 * @param path used as is in messages
 * @throws ObjectError when the file cannot be opened or read, or is no regular file; whatever `use` throws
 */
export function withFile<Result>(path: string, use: (source: ByteSource) => Result): Result {
  let fd: number;
  try {
    // O_NONBLOCK: opening a FIFO must not wait for its other end.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw new ObjectError(path, explainOpenError(error));
  }
  try {
    const stat = fstatSync(fd);
    if (stat.isDirectory()) throw new ObjectError(path, 'is a directory');
    if (!stat.isFile()) throw new ObjectError(path, 'is no regular file');
    return use({ size: stat.size, read: (offset, length) => readBytes(fd, offset, length) });
  } catch (error) {
    if (error instanceof Error && 'code' in error && 'syscall' in error) {
      throw new ObjectError(path, `cannot be read (${String(error.code)})`);
    }
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** Reads what is there: a file that shrank meanwhile gives fewer bytes. */
function readBytes(fd: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let got = 0;
  while (got < length) {
    const count = readSync(fd, bytes, got, length - got, offset + got);
    if (count === 0) break;
    got += count;
  }
  return bytes.subarray(0, got);
}

function explainOpenError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EACCES') return 'permission denied';
  return `cannot be opened (${code})`;
}

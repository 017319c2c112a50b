/** Files that exist whole or not at all. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Writes `contents` to a temporary file beside `path` and renames it over `path`, so that a reader never sees half a
 * file and a failed write leaves what was there. Makes the folder when it is missing.
 * @throws Error (node:fs) when the folder cannot be written to; the temporary file is gone then
 */
export function writeFileAtomic(path: string, contents: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, contents, { flush: true });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

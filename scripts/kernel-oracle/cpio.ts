/** Writes a cpio archive in the `newc` format, as the kernel unpacks it for its first root file system. */

const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFCHR = 0o020000;
const S_IFLNK = 0o120000;

/** Collects entries; parents before children. */
export class CpioArchive {
  readonly #parts: Buffer[] = [];
  readonly #folders = new Set<string>();
  #inode = 1;

  #entry(path: string, mode: number, contents: Buffer, major = 0, minor = 0): void {
    const name = Buffer.from(`${path}\0`);
    const fields = [this.#inode++, mode, 0, 0, 1, 0, contents.length, 0, 0, major, minor, name.length, 0];
    const header = Buffer.from(
      `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`,
    );
    const pad = (length: number): Buffer => Buffer.alloc((4 - (length % 4)) % 4);
    this.#parts.push(header, name, pad(header.length + name.length), contents, pad(contents.length));
  }

  /** Adds a folder and those above it. */
  folder(path: string): void {
    if (path === '' || this.#folders.has(path)) return;
    this.folder(path.split('/').slice(0, -1).join('/'));
    this.#folders.add(path);
    this.#entry(path, S_IFDIR | 0o755, Buffer.alloc(0));
  }

  /** Adds a file, and the folders above it; `path` has no leading slash. */
  file(path: string, contents: Buffer | string, mode = 0o644): void {
    this.folder(path.split('/').slice(0, -1).join('/'));
    this.#entry(path, S_IFREG | mode, Buffer.from(contents));
  }

  link(path: string, target: string): void {
    this.folder(path.split('/').slice(0, -1).join('/'));
    this.#entry(path, S_IFLNK | 0o777, Buffer.from(target));
  }

  characterDevice(path: string, major: number, minor: number): void {
    this.folder(path.split('/').slice(0, -1).join('/'));
    this.#entry(path, S_IFCHR | 0o600, Buffer.alloc(0), major, minor);
  }

  /** The whole archive with its trailer. */
  finish(): Buffer {
    this.#entry('TRAILER!!!', 0, Buffer.alloc(0));
    return Buffer.concat(this.#parts);
  }
}

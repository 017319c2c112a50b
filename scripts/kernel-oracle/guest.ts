/** Boots a kernel in QEMU under plain emulation and has it load objects. The running machine's kernel is not asked. */
import { execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { CpioArchive } from './cpio.js';
import { guestModules, type KernelImage } from './image.js';
import { GUEST_MODULES } from './kernels.js';
import { readTar } from './tar.js';

export interface GuestOptions {
  /** Folder with `guest/init` and `loader/*.c`. */
  readonly sources: string;
  /** Scratch folder; emptied by nobody, its files are overwritten. */
  readonly scratch: string;
  /** Seconds one program may take in the kernel. */
  readonly seconds: number;
  /** Told about progress, one line at a time. */
  readonly progress: (line: string) => void;
}

/** What a boot (or several, when the kernel crashed) brought back. */
export interface GuestResults {
  /** One per object, in the order given: the loader's JSON, or why there is none. */
  readonly objects: readonly (string | { readonly crashed: string })[];
  /** `/proc/version`. */
  readonly version: string;
  /** Version of the libbpf that the loader is linked with. */
  readonly libbpf: string;
  readonly kallsyms: string;
  readonly btf: Buffer;
}

/** Upper bound on results of one boot; the file is sparse. */
const DISK_BYTES = 8 * 2 ** 30;
const MAX_BOOTS = 50;
/** Starts of the kernel that may fail. */
const MAX_FAILED_STARTS = 2;
/**
 * The kernel's own line. A busy machine holds up the emulated timer, which the kernel would take for a broken one and panic:
 * it is told not to check.
 */
const KERNEL_LINE = 'console=ttyS0 nokaslr quiet panic=-1 oops=panic mitigations=off no_timer_check';

const WRAPPED = ['syscall', 'btf__load_vmlinux_btf', 'btf__free'];

/**
 * Compiles the loader, statically, against the system's libbpf.
 * @throws Error with the compiler's last line
 */
export function buildLoader(sources: string, output: string): void {
  const folder = join(sources, 'loader');
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.c'))
    .map((name) => join(folder, name));
  const wrap = WRAPPED.map((name) => `-Wl,--wrap=${name}`);
  const compile = (libraries: string[]): void => {
    execFileSync(
      'cc',
      ['-O2', '-w', '-static', '-o', output, ...files, ...wrap, '-lbpf', '-lelf', '-lz', ...libraries],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
  };
  try {
    compile([]);
  } catch {
    // libelf of Debian 13 and later wants zstd too.
    try {
      compile(['-lzstd']);
    } catch (error) {
      const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
      throw new Error(`the guest's loader does not compile: ${said.split('\n').at(-1)!}`);
    }
  }
}

function buildInitramfs(
  image: KernelImage,
  objects: readonly (readonly [number, string])[],
  options: GuestOptions,
): Buffer {
  const archive = new CpioArchive();
  archive.file('init', readFileSync(join(options.sources, 'guest/init')), 0o755);
  archive.file('bin/busybox', readFileSync('/bin/busybox'), 0o755);
  archive.file('bin/oracle-loader', readFileSync(join(options.scratch, 'oracle-loader')), 0o755);
  archive.folder('dev');
  archive.characterDevice('dev/console', 5, 1);
  archive.characterDevice('dev/null', 1, 3);
  archive.file(`boot/config-${image.uname}`, readFileSync(image.config));
  const modules = guestModules(image, GUEST_MODULES);
  for (const { name, contents } of modules) archive.file(`modules/${name}.ko`, contents);
  archive.file('modules/list', modules.map(({ name }) => `${name}.ko\n`).join(''));
  archive.file('objects/seconds', `${options.seconds}\n`);
  // Each in a folder of its own: libbpf names an object's data maps after its file.
  const path = (number: number, file: string): string => `objects/${number}/${basename(file)}`;
  for (const [number, file] of objects) archive.file(path(number, file), readFileSync(file));
  archive.file(
    'objects/list',
    objects.map(([number, file]) => `${number} /${path(number, file)}\n`).join(''),
  );
  return archive.finish();
}

/** What one boot said on its console. */
interface Console {
  /** The guest came as far as loading objects. */
  readonly ready: boolean;
  /** Number of the last object that was begun, -1 for none. */
  readonly inProgress: number;
  /** The last lines. */
  readonly lines: readonly string[];
  readonly libbpf: string;
}

/** Follows one boot and passes its progress on. */
async function watch(
  image: KernelImage,
  objects: readonly string[],
  options: GuestOptions,
): Promise<Console> {
  const lines: string[] = [];
  let inProgress = -1;
  let ready = false;
  let libbpf = '';
  await boot(image, options, (line) => {
    const [tag, value] = line.split(' ', 2);
    if (tag === '@object') {
      inProgress = Number(value);
      options.progress(`${image.uname}: ${basename(objects[inProgress])}`);
    } else if (tag === '@ready') ready = true;
    else if (tag === '@libbpf') libbpf = value;
    else if (tag === '@warning' || tag === '@failed') options.progress(line);
    if (line !== '') lines.push(line);
    if (lines.length > 200) lines.shift();
  });
  return { ready, inProgress, lines, libbpf };
}

/** Runs QEMU until the guest powers off or dies, or writes nothing to its console for too long. */
async function boot(
  image: KernelImage,
  options: GuestOptions,
  onLine: (line: string) => void,
): Promise<void> {
  const scratch = (name: string): string => join(options.scratch, name);
  const disk = scratch('results.tar');
  closeSync(openSync(disk, 'w'));
  truncateSync(disk, DISK_BYTES);
  const child = spawn(
    'qemu-system-x86_64',
    [
      ...['-accel', 'tcg,thread=multi', '-cpu', 'max', '-m', '4G', '-smp', '1'],
      ...['-nodefaults', '-display', 'none', '-no-reboot'],
      ...['-kernel', image.vmlinuz, '-initrd', scratch('initramfs.cpio')],
      ...['-append', KERNEL_LINE],
      ...['-drive', `file=${disk},format=raw,if=virtio,cache=unsafe`],
      ...['-serial', 'stdio'],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  // A program may be silent for its time; what is silent for longer hangs.
  const silence = (options.seconds + 60) * 1000;
  const kill = (): void => {
    onLine(`@silent for ${silence / 1000} seconds`);
    child.kill('SIGKILL');
  };
  let timer = setTimeout(kill, silence);
  let rest = '';
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    clearTimeout(timer);
    timer = setTimeout(kill, silence);
    const lines = (rest + text).split(/\r*\n/);
    rest = lines.pop()!;
    lines.forEach(onLine);
  });
  await new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => {
      resolve();
    });
  });
  clearTimeout(timer);
}

/**
 * Loads every program of the objects in the given kernel. A crash of the kernel costs the object in progress, the
 * others get another boot.
 * @throws Error when the guest does not come up
 */
export async function runGuest(
  image: KernelImage,
  objects: readonly string[],
  options: GuestOptions,
): Promise<GuestResults> {
  mkdirSync(options.scratch, { recursive: true });
  buildLoader(options.sources, join(options.scratch, 'oracle-loader'));
  const results = new Map<number, string | { crashed: string }>();
  const files = new Map<string, Buffer>();
  let libbpf = '';
  let failedStarts = 0;
  for (let boots = 0; results.size < objects.length || files.size === 0; boots++) {
    if (boots === MAX_BOOTS) throw new Error(`${image.uname}: the guest crashed ${MAX_BOOTS} times`);
    const left = objects
      .map((file, number) => [number, file] as const)
      .filter(([number]) => !results.has(number));
    writeFileSync(join(options.scratch, 'initramfs.cpio'), buildInitramfs(image, left, options));
    const console = await watch(image, objects, options);
    const { inProgress, lines } = console;
    if (!console.ready) {
      // A guest that was given no time to come up may be given it at the next attempt.
      if (++failedStarts <= MAX_FAILED_STARTS) continue;
      throw new Error(`${image.uname}: the guest did not come up: ${lines.slice(-20).join(' | ')}`);
    }
    libbpf = console.libbpf;
    readTar(join(options.scratch, 'results.tar'), (name, contents) => {
      const number = /^(\d+)\.json$/.exec(name);
      if (number === null) files.set(name, contents);
      else if (contents.at(-1) === 0x0a) results.set(Number(number[1]), contents.toString('latin1'));
    });
    if (inProgress >= 0 && !results.has(inProgress))
      results.set(inProgress, { crashed: lines.slice(-60).join('\n') });
    else if (inProgress < 0 && results.size < objects.length)
      throw new Error(`${image.uname}: ${lines.join(' | ')}`);
  }
  const text = (name: string): string => files.get(name)!.toString('latin1');
  return {
    objects: objects.map((_, number) => results.get(number)!),
    version: text('version').trim(),
    libbpf,
    kallsyms: text('kallsyms'),
    btf: files.get('btf')!,
  };
}

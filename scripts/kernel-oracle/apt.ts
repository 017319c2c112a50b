/**
 * Fetches packages of another Debian suite without touching the system: a scratch set of apt folders whose only
 * sources are the system's own mirrors with the suite exchanged.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { OracleKernel } from './kernels.js';

/** A package as fetched. */
export interface FetchedPackage {
  readonly name: string;
  readonly version: string;
  /** Path of the `.deb`. */
  readonly file: string;
}

/** A Debian archive as one stanza of a `.sources` file or one `deb` line names it. */
interface Mirror {
  readonly uri: string;
  /** Has the suites `NAME-security`. */
  readonly security: boolean;
  readonly keyring: string;
}

const DEFAULT_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const DEBIAN: Mirror = { uri: 'http://deb.debian.org/debian', security: false, keyring: DEFAULT_KEYRING };

function archives(uris: string, keyring: string): Mirror[] {
  return uris
    .split(/\s+/)
    .filter((uri) => /\/debian(-security)?\/?$/.test(uri))
    .map((uri) => ({ uri, security: /-security\/?$/.test(uri), keyring }));
}

/** The archives the system itself uses; Debian's own when it names none. */
export function systemMirrors(etcApt = '/etc/apt'): Mirror[] {
  const parts = join(etcApt, 'sources.list.d');
  const files = existsSync(parts) ? readdirSync(parts).sort() : [];
  const mirrors: Mirror[] = [];
  for (const file of files.filter((name) => name.endsWith('.sources'))) {
    for (const stanza of readFileSync(join(parts, file), 'utf8').split(/\n\s*\n/)) {
      const keyring = /^Signed-By:\s*(\/\S+)/m.exec(stanza)?.[1] ?? DEFAULT_KEYRING;
      mirrors.push(...archives(/^URIs:\s*(.+)$/m.exec(stanza)?.[1] ?? '', keyring));
    }
  }
  const lists = files.filter((name) => name.endsWith('.list')).map((name) => join(parts, name));
  for (const file of [join(etcApt, 'sources.list'), ...lists]) {
    if (!existsSync(file)) continue;
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      mirrors.push(...archives(/^deb\s+(?:\[[^\]]*\]\s*)?(\S+)/.exec(line)?.[1] ?? '', DEFAULT_KEYRING));
    }
  }
  return mirrors.some((mirror) => !mirror.security) ? mirrors : [DEBIAN, ...mirrors];
}

/** Contents of a `.sources` file that has the suite, with its security updates where there are any. */
function sourcesOf(suite: string): string {
  const stanzas = systemMirrors()
    .filter((mirror) => !mirror.security || suite !== 'sid')
    .map(
      ({ uri, security, keyring }) =>
        `Types: deb\nURIs: ${uri}\nSuites: ${suite}${security ? '-security' : ''}\n` +
        `Components: main\nSigned-By: ${keyring}\n`,
    );
  return [...new Set(stanzas)].join('\n');
}

/**
 * Downloads a kernel's packages into `folder`. Those of an earlier call are taken again, so that runs agree while the
 * suite moves on: remove the folder for newer ones.
 * @throws Error naming suite and pattern when no package matches, or apt's own message
 */
export function fetchPackages(kernel: OracleKernel, folder: string): FetchedPackage[] {
  const record = join(folder, `packages-${kernel.release}.json`);
  if (existsSync(record)) {
    const known = (JSON.parse(readFileSync(record, 'utf8')) as FetchedPackage[]).map((one) => ({
      ...one,
      file: join(folder, one.file),
    }));
    if (known.every(({ file }) => existsSync(file))) return known;
  }
  const path = (name: string): string => join(folder, 'apt', name);
  for (const name of ['etc', 'lists/partial', 'cache/archives/partial']) {
    mkdirSync(path(name), { recursive: true });
  }
  writeFileSync(path('etc/suite.sources'), sourcesOf(kernel.suite));
  const options = [
    'Dir::Etc::SourceList=/dev/null',
    `Dir::Etc::SourceParts=${path('etc')}`,
    `Dir::State::Lists=${path('lists')}`,
    `Dir::Cache=${path('cache')}`,
    'APT::Architecture=amd64',
    'APT::Architectures::=amd64',
    'APT::Sandbox::User=',
    'Acquire::Languages=none',
  ].flatMap((option) => ['-o', option]);
  const apt = (tool: string, args: string[]): string =>
    execFileSync(tool, [...options, ...args], {
      encoding: 'utf8',
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
      maxBuffer: 1 << 28,
    });

  apt('apt-get', ['-qq', 'update']);
  const names = apt('apt-cache', ['pkgnames', 'linux-']).split('\n');
  const fetched = kernel.packages.map((pattern) => {
    const candidates = names
      .filter((name) => pattern.test(name))
      .flatMap((name) =>
        [...apt('apt-cache', ['show', name]).matchAll(/^Version: (\S+)$/gm)].map((match) => ({
          name,
          version: match[1],
        })),
      )
      .sort((a, b) => compareVersions(a.version, b.version));
    const chosen = candidates.find(({ version }) => version === kernel.preferred) ?? candidates.at(-1);
    if (chosen === undefined) throw new Error(`suite ${kernel.suite} has no package like ${pattern.source}`);
    const file = join(folder, `${chosen.name}_${chosen.version.replace(':', '%3a')}_amd64.deb`);
    if (!existsSync(file)) apt('apt-get', ['-qq', 'download', `${chosen.name}=${chosen.version}`]);
    return { ...chosen, file };
  });
  writeFileSync(record, JSON.stringify(fetched.map((one) => ({ ...one, file: basename(one.file) }))));
  return fetched;
}

/** Kernel package versions differ in numbers only: compares the runs of digits. */
function compareVersions(a: string, b: string): number {
  const digits = (version: string): number[] => (version.match(/\d+/g) ?? []).map(Number);
  const left = digits(a);
  const right = digits(b);
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const order = (left[i] ?? -1) - (right[i] ?? -1);
    if (order !== 0) return order;
  }
  return 0;
}

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compiledModule } from '../bench/child-process.js';
import { corpusFolder } from '../bench/manifest.js';

const BALANCER = join(corpusFolder(), 'xdp_balancer.bpf.o');

function patchbench(...args: string[]) {
  return spawnSync(process.execPath, [compiledModule('src/cli/main.js'), ...args], {
    encoding: 'utf8',
    timeout: 60_000,
  });
}

describe('explain', () => {
  test('names pass, rule, origin and source line of an instruction', () => {
    const { status, stdout } = patchbench('explain', BALANCER, '--prog', 'balance', '--slot', '1');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^1: \(79\) r2 = \*\(u64 \*\)\(r1 \+8\)\n/);
    expect(stdout).toContain('  made by convert-ctx-accesses: context load of 4 bytes at offset 4\n');
    expect(stdout).toContain('    from (61) r2 = *(u32 *)(r1 +4)\n');
    expect(stdout).toContain('  loaded as 1: (61) r2 = *(u32 *)(r1 +4)\n');
    expect(stdout).toMatch(/ {2}source \S*xdp_balancer\.bpf\.c:\d+:\d+: .+\n/);
  });

  test('says what became of an instruction as loaded', () => {
    const { stdout } = patchbench('explain', BALANCER, '--prog', 'balance', '--original', '42');
    expect(stdout).toMatch(/^42: \(85\) call bpf_map_lookup_elem#1\n {2}became\n/);
    expect(stdout.match(/\[misc-fixups: helper call bpf_map_lookup_elem on map services\]/g)).toHaveLength(3);
  });

  test('counts the rules where no instruction is named', () => {
    const { stdout } = patchbench('explain', BALANCER, '--prog', 'balance');
    expect(stdout).toMatch(/^Pass +Rule +Applied +Insns of it\n/);
    expect(stdout).toMatch(/\nbalance: \d+ instructions as loaded, \d+ after the rewriting; /);
  });

  test.each([
    [['--prog', 'balance', '--slot', '99999'], 'balance has'],
    [['--prog', 'balance', '--original', '99999'], 'balance has'],
    [['--slot', '1'], 'name one program with --prog'],
    [['--prog', 'balance', '--slot', '1', '--original', '1'], 'exclude each other'],
  ])('refuses %j in one line', (args, message) => {
    const { status, stderr, stdout } = patchbench('explain', BALANCER, ...args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr.trimEnd().split('\n')).toEqual([expect.stringContaining(message)]);
  });
});

describe('xlated --diff', () => {
  test('puts what an instruction became beside it, with the pass, and no colours off a terminal', () => {
    const { status, stdout } = patchbench('xlated', BALANCER, '--prog', 'balance', '--diff');
    expect(status).toBe(0);
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/^ {4}0: .+ {6,}0: /);
    expect(lines.some((line) => /^ +42: .*\| +42: \(85\) call .* {3}misc-fixups$/.test(line))).toBe(true);
    expect(lines.some((line) => /^ +> +43: .* {3}misc-fixups$/.test(line))).toBe(true);
    expect(stdout).not.toContain('\u001b');
  });

  test('shows what was removed, in an object with dead code', () => {
    const { stdout } = patchbench('xlated', join(corpusFolder(), 'rodata_config.bpf.o'), '--diff');
    expect(stdout).toMatch(/^ +\d+: .* <$/m);
  });

  test('goes with neither --json nor --raw', () => {
    expect(patchbench('xlated', BALANCER, '--diff', '--json').status).toBe(2);
  });
});

describe('verify', () => {
  test('compares every strategy with the reference', () => {
    const { status, stdout } = patchbench('verify', BALANCER, '--blind-constants');
    expect(status).toBe(0);
    const counts = [...stdout.matchAll(/ (\d+) of (\d+)\n/g)];
    expect(counts.length).toBeGreaterThan(2);
    for (const [, equal, all] of counts) expect(equal).toBe(all);
  });

  test('ends with 1 and one line when an object cannot be read', () => {
    const { status, stderr } = patchbench('verify', '/no/such.o');
    expect(status).toBe(1);
    expect(stderr).toBe('patchbench: /no/such.o: no such file\n');
  });
});

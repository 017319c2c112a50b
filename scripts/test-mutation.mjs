/**
 * `npm run test:mutation`: mutation testing of strategies and patcher with Stryker, and results/mutation.md from what it found.
 *
 *     npm run test:mutation                              everything
 *     npm run test:mutation -- strategies/rope.ts …      these files; what is known of the others is kept
 *     npm run test:mutation -- --report                  only writes the page again
 *
 * `RUNS=…` sets the generated cases a mutant meets (see stryker.config.json for the rest). The reasons for survivors are
 * in results/mutation-reasons.json: file, the line's text, and the mutant's text, so that they outlive other edits.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CACHE = path.join(ROOT, '.cache/mutation');
/** Stryker's report of the last run. */
const REPORT = path.join(CACHE, 'report.json');
/** Per file the mutants of the last run that had it. */
const KNOWN = path.join(CACHE, 'known.json');
const REASONS = path.join(ROOT, 'results/mutation-reasons.json');
const PAGE = path.join(ROOT, 'results/mutation.md');
const AIM = 85;

const KILLED = ['Killed', 'Timeout'];
const ALIVE = ['Survived', 'NoCoverage'];

const readJson = (file, absent) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : absent);
const hashOf = (text) => createHash('sha256').update(text).digest('hex').slice(0, 16);

function runStryker(files) {
  const stryker = path.join(ROOT, 'node_modules/@stryker-mutator/core/bin/stryker.js');
  const args = files.length === 0 ? [] : ['--mutate', files.join(',')];
  const { status } = spawnSync(process.execPath, [stryker, 'run', ...args], { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** Adds what a report says to what is known of each file. */
function learn(report) {
  mkdirSync(CACHE, { recursive: true });
  const known = readJson(KNOWN, {});
  for (const [file, { source, mutants }] of Object.entries(report.files)) {
    if (!mutants.some(({ status }) => KILLED.includes(status) || ALIVE.includes(status))) continue;
    const lines = source.split('\n');
    known[file] = {
      source: hashOf(source),
      mutants: mutants.map(({ status, mutatorName, replacement, location: { start, end } }) => ({
        status,
        mutatorName,
        line: start.line,
        text: lines[start.line - 1].trim(),
        original: original(lines, start, end),
        replacement: oneLine(replacement ?? ''),
      })),
    };
  }
  writeFileSync(KNOWN, `${JSON.stringify(known)}\n`);
  return known;
}

function original(lines, start, end) {
  const last = end.line === start.line ? end.column - 1 : undefined;
  const text = lines[start.line - 1].slice(start.column - 1, last);
  return oneLine(end.line === start.line ? text : `${text} …`);
}

function oneLine(text) {
  const joined = text.replace(/\s+/g, ' ').trim();
  return joined.length > 90 ? `${joined.slice(0, 89)}…` : joined;
}

/**
 * The reason given for a survivor: by its file (`*`: any), its line's `text` or a `pattern` for it, and, where they are
 * given, its `mutator` and its `replacement`. The first that fits counts, so the particular come first.
 */
function reasonFor(reasons, file, { text, replacement, mutatorName }) {
  const found = reasons.find(
    (reason) =>
      (reason.file === file || reason.file === '*') &&
      (reason.text === undefined || reason.text === text) &&
      (reason.pattern === undefined || new RegExp(reason.pattern).test(text)) &&
      (reason.mutator === undefined || reason.mutator === mutatorName) &&
      (reason.replacement === undefined || reason.replacement === replacement),
  );
  return found?.reason;
}

const count = (mutants, statuses) => mutants.filter(({ status }) => statuses.includes(status)).length;

function scoreOf(mutants) {
  const killed = count(mutants, KILLED);
  const all = killed + count(mutants, ALIVE);
  return all === 0 ? '-' : `${((100 * killed) / all).toFixed(1)} %`;
}

/** The files that are to be tested, see stryker.config.json. */
function mutable() {
  return readdirSync(path.join(ROOT, 'strategies'))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && name !== 'reference.ts')
    .map((name) => `strategies/${name}`)
    .concat('src/patcher.ts');
}

const code = (text) => `\`${text.replaceAll('`', "'").replaceAll('|', '\\|')}\``;

function page(known, reasons) {
  const files = Object.keys(known).sort();
  const all = files.flatMap((file) => known[file].mutants);
  const stale = files.filter((file) => {
    const now = path.join(ROOT, file);
    return !existsSync(now) || hashOf(readFileSync(now, 'utf8')) !== known[file].source;
  });
  const absent = mutable().filter((file) => known[file] === undefined);
  const row = (name, mutants) =>
    `| ${name} | ${count(mutants, KILLED)} | ${count(mutants, ['Timeout'])} | ${count(mutants, ['Survived'])} | ${count(mutants, ['NoCoverage'])} | ${count(mutants, ['Ignored'])} | ${scoreOf(mutants)} |`;
  const survivors = files.flatMap((file) =>
    known[file].mutants.filter(({ status }) => ALIVE.includes(status)).map((mutant) => ({ file, mutant })),
  );
  const explained = survivors.map(({ file, mutant }) => ({
    file,
    mutant,
    reason: reasonFor(reasons, file, mutant),
  }));
  const open = explained.filter(({ reason }) => reason === undefined).length;
  return `# Mutation testing

Score: **${scoreOf(all)}** of ${all.length - count(all, ['Ignored'])} mutants killed (aim: ${AIM} %). Made by \`npm run test:mutation\`; never edited by hand.
A mutant that does not end counts as killed. Ignored are mutants of what runs once while modules are loaded, such as
the texts of the registry.${absent.length === 0 ? '' : `\n\nNot tested here, or without a mutant that is: ${absent.map((file) => code(file)).join(', ')}.`}${stale.length === 0 ? '' : `\n\nChanged since they were tested: ${stale.map((file) => code(file)).join(', ')}.`}

| file | killed | of these by time | survived | not reached | ignored | score |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
${[...files.map((file) => row(file, known[file].mutants)), row('all', all)].join('\n')}

## Survivors

${survivors.length} of them, ${open} without a reason yet.

| where | original | mutant | reason |
| --- | --- | --- | --- |
${explained
  .map(
    ({ file, mutant, reason }) =>
      `| ${file}:${mutant.line} | ${code(mutant.original)} | ${code(mutant.replacement || mutant.mutatorName)} | ${reason ?? ''} |`,
  )
  .join('\n')}
`;
}

const given = process.argv.slice(2);
const reports = given.filter((name) => name.endsWith('.json'));
if (!given.includes('--report')) runStryker(given);
let known = {};
for (const file of reports.length > 0 ? reports : [REPORT]) {
  if (!existsSync(file)) {
    console.error(`test:mutation: no report ${file}`);
    process.exit(1);
  }
  known = learn(readJson(file));
}
writeFileSync(PAGE, page(known, readJson(REASONS, [])));
const all = Object.values(known).flatMap(({ mutants }) => mutants);
console.log(`mutation score ${scoreOf(all)} over ${Object.keys(known).length} files: results/mutation.md`);

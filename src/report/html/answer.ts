/** The answer in a few sentences: every figure in them is worked out from rows, and what was not measured is not said. */
import { PARTS } from '../../../strategies/ablation/parts.js';
import { COMPARED_BY, effectsOf, type Effect } from '../ablation.js';
import { isProposal, partShare, type Claim, type Verdict } from '../claims.js';
import { extrapolations, patchesOf } from '../extrapolation.js';
import { formatDuration } from '../duration.js';
import { threeDigits } from '../figure-text.js';
import { slotsOf } from '../growth.js';
import type { Lab } from '../lab.js';
import { grouped } from '../markdown.js';
import { BASELINE } from '../totals.js';

/** Sentences with Markdown’s code, each with the id of the section that its figures are in. */
export interface Sentence {
  readonly text: string;
  readonly section: string;
}

/** The sentences that the rows give, the most telling first. */
export function answerOf(lab: Lab, claims: readonly Claim[]): Sentence[] {
  return [
    ...COMPARED_BY.flatMap((workload) => fastestOn(lab, workload)),
    ...COMPARED_BY.flatMap((workload) => decisionOn(lab, workload)),
    ...COMPARED_BY.flatMap((workload) => partsOn(lab, workload)),
    ...farthestRung(lab),
    ...verdicts(claims),
  ];
}

function fastestOn(lab: Lab, workload: string): Sentence[] {
  const baseline = lab.times(workload, BASELINE);
  const ranked = rankedOn(lab, workload);
  if (baseline === undefined || ranked.length === 0) return [];
  const [best] = ranked;
  const next = ranked.at(1);
  const size = `${grouped(slotsOf(lab, workload))} instructions, ${grouped(patchesOf(lab, workload))} expanding patches`;
  const floors = lab.floors(workload, best.strategy);
  const faster = ranked.filter(({ ns }) => ns < baseline.median).length;
  const parts = [
    `On \`${workload}\` (${size}) the kernel’s way, \`${BASELINE}\`, takes ${duration(baseline.median)}.`,
    `The fastest is \`${best.strategy}\` with ${duration(best.ns)}: ${times(baseline.median / best.ns)} as fast` +
      (floors === undefined ? '' : `, ${times(floors)} the floor’s time`) +
      (next === undefined ? '.' : `; then \`${next.strategy}\` with ${duration(next.ns)}.`),
    `${faster} of ${ranked.length} strategies are faster than \`${BASELINE}\`.`,
  ];
  return [{ text: parts.join(' '), section: 'large' }];
}

/** Registered strategies other than the kernel’s, fastest first. */
function rankedOn(lab: Lab, workload: string): { strategy: string; ns: number }[] {
  return lab
    .strategies(workload)
    .filter((strategy) => isProposal(strategy) && strategy !== BASELINE)
    .flatMap((strategy) => {
      const ns = lab.times(workload, strategy)?.median;
      return ns === undefined ? [] : [{ strategy, ns }];
    })
    .sort((a, b) => a.ns - b.ns);
}

const DECISION_TEXTS: Readonly<Record<Effect['decision'], (to: string) => string>> = {
  container: (to) => `a ${to === 'gap' ? 'gap buffer' : to} instead of an array`,
  branches: () => 'fixing branches once at the end',
  aux: () => 'keeping aux records by handle',
};

function decisionOn(lab: Lab, workload: string): Sentence[] {
  const effects = effectsOf(lab, workload);
  if (effects.length === 0) return [];
  const told = [...effects]
    .sort((a, b) => b.median - a.median)
    .map(({ decision, to, least, median, most }) => {
      const range = least === most ? '' : ` (${threeDigits(least)} to ${threeDigits(most)})`;
      return `${DECISION_TEXTS[decision](to)} ${times(median)}${range}`;
    });
  return [
    {
      text: `How many times faster one decision alone makes \`${workload}\`, all others equal (median, least to most): ${told.join('; ')}.`,
      section: 'ablation',
    },
  ];
}

function partsOn(lab: Lab, workload: string): Sentence[] {
  const shares = PARTS.flatMap((part) => {
    const percent = partShare(lab, workload, part);
    return percent === undefined ? [] : [{ part, percent }];
  }).sort((a, b) => b.percent - a.percent);
  if (shares.length === 0) return [];
  const told = shares.slice(0, 3).map(({ part, percent }) => `${part} ${threeDigits(percent)} %`);
  return [
    {
      text: `\`${BASELINE}\` spends its time on \`${workload}\` mostly in: ${told.join(', ')}.`,
      section: 'anatomy',
    },
  ];
}

/** The rung with the most patches that anything was measured on. */
function farthestRung(lab: Lab): Sentence[] {
  const rungs = lab.workloads.filter((name) => name.startsWith('ladder-') && rankedOn(lab, name).length > 0);
  if (rungs.length === 0) return [];
  const rung = rungs.reduce((far, name) => (patchesOf(lab, name) > patchesOf(lab, far) ? name : far));
  const [best] = rankedOn(lab, rung);
  const own = lab.times(rung, BASELINE);
  const law = extrapolations(lab).find((each) => each.workload === rung && each.strategy === BASELINE);
  const baseline =
    own !== undefined
      ? ` \`${BASELINE}\` takes ${duration(own.median)}.`
      : law !== undefined
        ? ` \`${BASELINE}\` was too slow to be measured there; its law extrapolated gives ${duration(law.ns)}.`
        : '';
  return [
    {
      text: `With ${grouped(patchesOf(lab, rung))} patches (\`${rung}\`) \`${best.strategy}\` takes ${duration(best.ns)}.${baseline}`,
      section: 'ladder',
    },
  ];
}

function verdicts(claims: readonly Claim[]): Sentence[] {
  const count = (verdict: Verdict) => claims.filter((claim) => claim.verdict === verdict).length;
  const missing = count('not measured');
  const measured = claims.length - missing;
  if (measured === 0) return [];
  const rest = missing === 0 ? '' : `; ${missing} were not measured`;
  return [
    {
      text: `Of ${measured} claims from the literature that were measured ${count('holds')} hold, ${count('holds in part')} hold in part and ${count('does not hold')} do not${rest}.`,
      section: 'claims',
    },
  ];
}

function times(factor: number): string {
  return `${grouped(threeDigits(factor))} times`;
}

function duration(ns: number): string {
  return formatDuration(ns).replace(/^\d{4,}/, (whole) => grouped(Number(whole)));
}

/** The kernel releases there are profiles of: one line each. */
import type { KernelProfile } from './profile.js';
import { V6_1 } from './v6.1.js';
import { V6_12 } from './v6.12.js';
import { V7_2 } from './v7.2.js';

/** Oldest first. */
const ALL: readonly KernelProfile[] = [V6_1, V6_12, V7_2];

const PROFILES: ReadonlyMap<string, KernelProfile> = new Map(
  ALL.map((profile) => [profile.release, profile]),
);

/** The release that is taken when none is named. */
export const DEFAULT_RELEASE = '6.12';

/** Releases there are profiles of, oldest first. */
export const RELEASES: readonly string[] = [...PROFILES.keys()];

/**
 * The profile of a kernel release, e.g. `6.12`.
 * @throws Error naming the releases there are
 */
export function profileOf(release: string): KernelProfile {
  const profile = PROFILES.get(release);
  if (profile === undefined)
    throw new Error(`no profile of kernel ${release}; there are ${RELEASES.join(', ')}`);
  return profile;
}

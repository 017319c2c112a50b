/** The option that names a kernel release. */
import { InvalidArgumentError } from 'commander';
import { profileOf } from '../kernel/index.js';

/** A release that there is a profile of; anything else is wrong usage. */
export function kernelRelease(release: string): string {
  try {
    profileOf(release);
    return release;
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

/**
 * Real programs rewritten in ways that patch far more than the usual one: with random upper halves wherever one is not known
 * to be zero (`BPF_F_TEST_RND_HI32`), and with constants blinded (`net.core.bpf_jit_harden`, which the JIT does before
 * it compiles, one patch for every immediate). The program that profilers load is the one of the corpus that is large
 * and not made to be large.
 */

export interface ProgramVariant {
  /** Object of the corpus. */
  readonly file: string;
  readonly rndHi32: boolean;
  readonly blindConstants: boolean;
}

export const PROGRAM_VARIANTS: readonly ProgramVariant[] = [
  { file: 'pystacks180.bpf.o', rndHi32: true, blindConstants: false },
  { file: 'pystacks180.bpf.o', rndHi32: false, blindConstants: true },
];

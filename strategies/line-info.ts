/**
 * Per subprogram the index of its first line info entry: the first at or after its start (`linfo_idx` of
 * `struct bpf_subprog_info`; the kernel insists on one exactly there, `check_btf_line()`, kernel/bpf/verifier.c, 6.12).
 * The number of entries when there is none.
 */
export function firstLineInfo(subprogStarts: Int32Array, lineInfoSlots: Int32Array): Int32Array {
  const first = new Int32Array(subprogStarts.length);
  let entry = 0;
  for (let k = 0; k < subprogStarts.length; k++) {
    while (entry < lineInfoSlots.length && lineInfoSlots[entry] < subprogStarts[k]) entry++;
    first[k] = entry;
  }
  return first;
}

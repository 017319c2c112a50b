/**
 * Fields through which trust goes on to what they point to: the `BTF_TYPE_SAFE_…` lists of kernel/bpf/verifier.c, Linux
 * 6.12, as `structure: fields`.
 */

type FieldTable = ReadonlyMap<string, ReadonlySet<string>>;

function table(lines: Readonly<Record<string, string>>): FieldTable {
  return new Map(Object.entries(lines).map(([struct, fields]) => [struct, new Set(fields.split(' '))]));
}

/** Protected by RCU, never null. */
const SAFE_RCU = table({
  task_struct: 'cpus_ptr cgroups real_parent group_leader',
  cgroup: 'kn',
  css_set: 'dfl_cgrp',
});

/** Protected by RCU, may be null. */
const SAFE_RCU_OR_NULL = table({
  mm_struct: 'exe_file',
  sk_buff: 'sk',
  request_sock: 'sk',
});

/** Trusted as the structure is. */
const SAFE_TRUSTED = table({
  bpf_iter_meta: 'seq',
  bpf_iter__task: 'meta task',
  linux_binprm: 'file',
  file: 'f_inode',
  dentry: 'd_inode',
});

/** Trusted as the structure is, may be null. */
const SAFE_TRUSTED_OR_NULL = table({
  socket: 'sk',
});

function holds(fields: FieldTable, struct: string, field: string): boolean {
  return fields.get(struct)?.has(field) === true;
}

export function isRcuField(struct: string, field: string): boolean {
  return holds(SAFE_RCU, struct, field);
}

export function isRcuOrNullField(struct: string, field: string): boolean {
  return holds(SAFE_RCU_OR_NULL, struct, field);
}

export function isTrustedField(struct: string, field: string): boolean {
  return holds(SAFE_TRUSTED, struct, field);
}

export function isTrustedOrNullField(struct: string, field: string): boolean {
  return holds(SAFE_TRUSTED_OR_NULL, struct, field);
}

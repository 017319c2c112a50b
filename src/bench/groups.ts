/**
 * Which workloads share a process. Starting one costs some 0.2 s, a hundred times what a small program takes; a large
 * one has the process to itself, so that neither its memory nor its garbage is another's.
 */

/** Slots that the workloads of one process have together. */
export const GROUP_SLOTS = 4_000;
/** Most workloads of one process: so many are lost for a while when one of them ends the process. */
export const GROUP_MEMBERS = 48;

/**
 * Parts `list`, in its order, into groups that share a process each.
 * @param slotsOf instructions of a workload; undefined when not known: it stays alone
 * @param classOf only workloads of one class are put together
 */
export function groupsOf<T>(
  list: readonly T[],
  slotsOf: (item: T) => number | undefined,
  classOf: (item: T) => string = () => '',
): T[][] {
  const groups: T[][] = [];
  const open = new Map<string, { readonly members: T[]; slots: number }>();
  for (const item of list) {
    const slots = slotsOf(item);
    if (slots === undefined || slots > GROUP_SLOTS) {
      groups.push([item]);
      continue;
    }
    const kind = classOf(item);
    const group = open.get(kind);
    if (group !== undefined && group.slots + slots <= GROUP_SLOTS && group.members.length < GROUP_MEMBERS) {
      group.members.push(item);
      group.slots += slots;
    } else {
      const members = [item];
      groups.push(members);
      open.set(kind, { members, slots });
    }
  }
  return groups;
}

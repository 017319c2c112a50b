/** How many cases a property tries: `RUNS` from the environment, or as many as it has time for in `npm test`. */
export function casesOf(usual: number): number {
  const runs = Number.parseInt(process.env['RUNS'] ?? '', 10);
  return runs > 0 ? runs : usual;
}

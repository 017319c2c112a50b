/** Power laws through measured points: straight lines where both axes are logarithms. */
import { linearRegression, linearRegressionLine, rSquared } from 'simple-statistics';

/** `y = factor * x ** exponent`. */
export interface PowerLaw {
  readonly factor: number;
  readonly exponent: number;
  /** Share of the variance (of the logarithms) that the law explains: 1 when all points lie on it. */
  readonly r2: number;
}

/**
 * Least squares over the logarithms.
 * @throws RangeError for fewer than two points or one that is not positive
 */
export function fitPowerLaw(points: readonly (readonly [x: number, y: number])[]): PowerLaw {
  if (points.length < 2 || points.some(([x, y]) => !(x > 0 && y > 0)))
    throw new RangeError('a power law needs two points or more, all positive');
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)]);
  const line = linearRegression(logs);
  return {
    factor: Math.exp(line.b),
    exponent: line.m,
    r2: rSquared(logs, linearRegressionLine(line)),
  };
}

/** How far the sample line's set-up is: rendering its pictures is the first third, the training the rest. */
const renderingShare = 0.3;

/**
 * @param message what the server does now, such as "Rendered 74 of 120 castings to learn from"
 * @param training progress of the training, 0 to 1; undefined before it began
 */
export function setUpShare(message: string, training: number | undefined): number {
  if (training !== undefined) return renderingShare + (1 - renderingShare) * training;
  const [, done, all] = /(\d+) of (\d+)/.exec(message) ?? [];
  if (done === undefined || all === undefined || Number(all) === 0) return 0;
  return renderingShare * Math.min(1, Number(done) / Number(all));
}

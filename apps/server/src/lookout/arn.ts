/** Amazon Resource Names of projects and model versions. */
import { invalid } from "./wire-errors.js";

interface Place {
  readonly region: string;
  readonly accountId: string;
}

const prefix = ({ region, accountId }: Place) => `arn:aws:lookoutvision:${region}:${accountId}`;

export const projectArn = (place: Place, projectName: string): string => `${prefix(place)}:project/${projectName}`;

export const modelArn = (place: Place, projectName: string, version: number): string =>
  `${prefix(place)}:model/${projectName}/${version}`;

/** What a model's ARN names, of whatever region and account: ARNs kept from AWS go on working. @throws LookoutError ValidationException */
export function parseModelArn(arn: string): { projectName: string; version: number } {
  const match = /^arn:aws[\w-]*:lookoutvision:[\w-]*:\d*:model\/([a-zA-Z0-9][\w-]*)\/([1-9]\d*)$/.exec(arn);
  if (match === null)
    throw invalid(`"${arn}" is not the ARN of a model: arn:aws:lookoutvision:REGION:ACCOUNT:model/PROJECT/VERSION.`);
  return { projectName: match[1] ?? "", version: Number(match[2]) };
}

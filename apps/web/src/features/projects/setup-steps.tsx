/** Where one is on the way from a name to a running inspection. */
import { Stepper } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useNavigate } from "react-router";

export const setupSteps = ["name", "pictures", "train", "result"] as const;
export type SetupStep = (typeof setupSteps)[number];
const titles: Record<SetupStep, string> = { name: "Name", pictures: "Pictures", train: "Train", result: "Result" };

export interface SetupStepsProps {
  at: SetupStep;
  projectId: string | undefined;
  /** Index of the furthest step that may be opened. */
  reached: number;
}

export function SetupSteps({ at, projectId, reached }: SetupStepsProps) {
  const navigate = useNavigate();
  const isPhone = useMediaQuery("(max-width: 36em)") ?? false;
  const active = setupSteps.indexOf(at);
  return (
    <Stepper
      active={active}
      size="sm"
      iconSize={30}
      aria-label="Steps"
      onStepClick={(index) => projectId && void navigate(`/projects/${projectId}/setup?step=${setupSteps[index]}`)}
      {...(isPhone ? { styles: { stepBody: { display: "none" }, separator: { marginInline: 6 } } } : {})}
    >
      {setupSteps.map((step, index) => (
        <Stepper.Step
          key={step}
          label={titles[step]}
          aria-label={`${titles[step]}, step ${index + 1} of ${setupSteps.length}`}
          allowStepSelect={projectId !== undefined && index > 0 && index <= reached}
        />
      ))}
    </Stepper>
  );
}

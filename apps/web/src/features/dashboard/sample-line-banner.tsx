/** Says that what one sees is the simulated line, and lets an admin remove it. */
import { Alert, Group, Text } from "@mantine/core";
import { mdiAlertOutline, mdiFactory } from "@mdi/js";
import { useApi, useChange } from "../../app/api.js";
import { ConfirmButton } from "../../components/action-button.js";
import { Icon } from "../../components/icon.js";

export function SampleLineBanner() {
  const line = useApi("getSystem").data?.sampleLine;
  const remove = useChange("removeSampleLine", { done: "The sample line is gone." });
  if (line === undefined || line.state === "absent") return null;
  const failed = line.state === "failed";
  return (
    <Alert
      color={failed ? "defect" : "petrol"}
      variant="light"
      radius="lg"
      icon={<Icon path={failed ? mdiAlertOutline : mdiFactory} />}
      py="sm"
    >
      <Group justify="space-between" gap="sm">
        <Text size="sm" flex="1 1 260px">
          {failed
            ? `The sample line stopped: ${line.message}`
            : "This is the sample line: a simulated camera whose castings a model, trained here, inspects. Try everything on it."}
        </Text>
        <ConfirmButton
          route="removeSampleLine"
          size="xs"
          variant="default"
          loading={remove.isPending}
          question="Remove the sample line?"
          consequence="Its project, camera, model and all its inspections are deleted. Your own projects stay as they are."
          confirm="Remove it"
          onClick={() => remove.mutate({})}
        >
          Remove the sample line
        </ConfirmButton>
      </Group>
    </Alert>
  );
}

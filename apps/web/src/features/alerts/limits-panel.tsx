/** When a verdict is mailed without any rule, and how many mails one camera may cause. */
import { Button, Group, Select, Slider, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { Project } from "@sightline/api/projects";
import { useChange } from "../../app/api.js";
import { useMay } from "../../app/session.js";
import { ActionButton } from "../../components/action-button.js";
import { percent } from "../../components/format.js";
import { Panel } from "../../components/panel.js";

const spans = [
  { value: "0", label: "A mail for each alert" },
  { value: "60", label: "One digest a minute" },
  { value: "300", label: "One digest in 5 minutes" },
  { value: "900", label: "One digest in 15 minutes" },
  { value: "3600", label: "One digest an hour" },
  { value: "86400", label: "One digest a day" },
];

export function LimitsPanel({ project }: { project: Project }) {
  const may = useMay("changeProject");
  const form = useForm({
    initialValues: { alertConfidence: project.alertConfidence, digestSeconds: String(project.digestSeconds) },
  });
  const change = useChange("changeProject", { done: "Saved.", onDone: () => form.resetDirty() });
  const known = spans.some(({ value }) => value === form.values.digestSeconds);
  const other = { value: form.values.digestSeconds, label: `One digest in ${form.values.digestSeconds} seconds` };
  return (
    <Panel title="Alerts by mail" note="Defects are mailed, and every verdict below the limit, marked as unsure.">
      <form
        onSubmit={form.onSubmit(({ alertConfidence, digestSeconds }) =>
          change.mutate({
            params: { projectId: project.id },
            body: { alertConfidence, digestSeconds: Number(digestSeconds) },
          }),
        )}
      >
        <Stack gap="lg">
          <div>
            <Text size="sm" fw={500} mb="sm">
              Low-confidence limit: {percent(form.values.alertConfidence)}
            </Text>
            <Slider
              {...form.getInputProps("alertConfidence")}
              min={0}
              max={1}
              step={0.01}
              label={percent}
              disabled={!may.allowed}
              thumbLabel="Low-confidence limit"
              thumbValueText={percent(form.values.alertConfidence)}
            />
          </div>
          <Select
            {...form.getInputProps("digestSeconds")}
            label="Many alerts of one camera"
            description="The first is mailed at once; the rest come together"
            data={known ? spans : [...spans, other]}
            allowDeselect={false}
            disabled={!may.allowed}
            maw={360}
          />
          <Group>
            <ActionButton
              route="changeProject"
              type="submit"
              onClick={() => undefined}
              loading={change.isPending}
              blocked={form.isDirty() ? undefined : "Nothing was changed."}
            >
              Save
            </ActionButton>
            {form.isDirty() && (
              <Button variant="subtle" color="gray" onClick={form.reset}>
                Undo
              </Button>
            )}
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}

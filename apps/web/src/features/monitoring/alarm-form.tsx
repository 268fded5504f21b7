/** The settings of an alarm, new or changed: what is watched, when it rings, whom it tells. */
import {
  Button,
  Checkbox,
  Group,
  Modal,
  NumberInput,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  Text,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { conditionText, periodText } from "@sightline/api/alarm-words";
import { type Alarm, AlarmSettings, factsOf, metricNames } from "@sightline/api/monitoring";
import { useApi, useChange } from "../../app/api.js";
import { ProjectSelect } from "../../components/project-select.js";
import { ReceiversSelect } from "./receivers.js";

export interface AlarmFormProps {
  isOpen: boolean;
  close: () => void;
  /** The alarm to change; without it a new one is made. */
  alarm?: Alarm | undefined;
  projectId?: string | undefined;
  onAdded?: (alarm: Alarm) => void;
}

export function AlarmForm({ isOpen, close, ...rest }: AlarmFormProps) {
  const title = rest.alarm === undefined ? "New alarm" : "Change the alarm";
  return (
    <Modal opened={isOpen} onClose={close} size="lg" title={<Text fw={620}>{title}</Text>}>
      {isOpen && <Fields close={close} {...rest} />}
    </Modal>
  );
}

const usual: AlarmSettings = {
  name: "",
  metric: "anomalies",
  statistic: "sum",
  cameraId: null,
  comparison: ">=",
  threshold: 1,
  periodSeconds: 60,
  evaluationPeriods: 1,
  datapointsToAlarm: 1,
  missingData: "notBreaching",
  isOn: true,
  notifyOn: ["ALARM", "OK"],
  tells: null,
};

const statisticWords = { sum: "Sum", average: "Average", minimum: "Minimum", maximum: "Maximum", samples: "Readings" };
const comparisons = [
  { value: ">=", label: "≥ at least" },
  { value: ">", label: "> more than" },
  { value: "<", label: "< less than" },
  { value: "<=", label: "≤ at most" },
];
const treatments = [
  { value: "notBreaching", label: "All is well" },
  { value: "breaching", label: "Counts as a breach" },
  { value: "ignore", label: "The state stays" },
  { value: "missing", label: "No data" },
];
const periods = [60, 300, 900, 3600, 21_600, 86_400];

function settingsOf(alarm: Alarm): AlarmSettings {
  const { name, metric, statistic, cameraId, comparison, threshold, periodSeconds } = alarm;
  const { evaluationPeriods, datapointsToAlarm, missingData, isOn, notifyOn, tells } = alarm;
  return {
    ...{ name, metric, statistic, cameraId, comparison, threshold, periodSeconds },
    ...{ evaluationPeriods, datapointsToAlarm, missingData, isOn, notifyOn, tells },
  };
}

/** Of the first problem in each field, in the schema's own words. */
function problemsOf(settings: AlarmSettings): Record<string, string> {
  const result = AlarmSettings.safeParse(settings);
  if (result.success) return {};
  return Object.fromEntries(result.error.issues.toReversed().map(({ path, message }) => [path.join("."), message]));
}

function Fields({ close, alarm, projectId, onAdded }: Omit<AlarmFormProps, "isOpen">) {
  const projects = useApi("listProjects").data?.items ?? [];
  const form = useForm({
    initialValues: {
      ...(alarm === undefined ? usual : settingsOf(alarm)),
      projectId: alarm?.projectId ?? projectId ?? projects[0]?.id ?? "",
    },
    validate: ({ projectId: project, ...settings }) => ({
      ...problemsOf(settings),
      ...(settings.name.trim() === "" ? { name: "Give it a name." } : {}),
      ...(project === "" ? { projectId: "Choose a project." } : {}),
    }),
  });
  const { projectId: project, ...settings } = form.values;
  const cameras = useApi("listCameras", { query: { project } }, { enabled: project !== "" }).data?.items ?? [];
  const add = useChange("addAlarm", {
    showsError: true,
    onDone: (made) => {
      close();
      onAdded?.(made);
    },
  });
  const change = useChange("changeAlarm", { showsError: true, done: "The alarm has its new settings.", onDone: close });
  const error = add.error ?? change.error;
  const isNumbers = [settings.threshold, settings.evaluationPeriods, settings.datapointsToAlarm].every(Number.isFinite);

  const save = form.onSubmit(({ projectId: owner, ...body }) => {
    if (alarm === undefined) add.mutate({ params: { projectId: owner }, body });
    else change.mutate({ params: { alarmId: alarm.id }, body });
  });
  const chooseMetric = (metric: string | null) => {
    const chosen = metricNames.find((name) => name === metric);
    if (chosen === undefined) return;
    form.setFieldValue("metric", chosen);
    const [first, ...others] = factsOf(chosen).statistics;
    if (first !== undefined && ![first, ...others].includes(settings.statistic)) form.setFieldValue("statistic", first);
  };

  return (
    <form onSubmit={save}>
      <Stack>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <TextInput {...form.getInputProps("name")} label="Name" required data-autofocus autoComplete="off" />
          <ProjectSelect
            label="Project"
            required
            allowDeselect={false}
            disabled={alarm !== undefined}
            value={project}
            onChange={(id) => form.setValues({ projectId: id ?? "", cameraId: null, tells: null })}
            error={form.errors.projectId}
          />
          <Select
            label="Metric"
            description={factsOf(settings.metric).description}
            data={metricNames.map((name) => ({ value: name, label: factsOf(name).title }))}
            value={settings.metric}
            onChange={chooseMetric}
            allowDeselect={false}
          />
          <Select
            label="Camera"
            description="All cameras together, or one"
            placeholder="All cameras"
            data={cameras.map(({ id }) => id)}
            value={settings.cameraId}
            onChange={(id) => form.setFieldValue("cameraId", id)}
            clearable
          />
        </SimpleGrid>
        <SimpleGrid cols={{ base: 2, sm: 4 }}>
          <Select
            {...form.getInputProps("statistic")}
            label="Statistic"
            data={factsOf(settings.metric).statistics.map((name) => ({ value: name, label: statisticWords[name] }))}
            allowDeselect={false}
          />
          <Select {...form.getInputProps("comparison")} label="Rings when" data={comparisons} allowDeselect={false} />
          <NumberInput
            {...form.getInputProps("threshold")}
            label="Threshold"
            description={
              factsOf(settings.metric).unit === "share" && settings.statistic === "average" ? "0.05 is 5 %" : undefined
            }
            inputWrapperOrder={["label", "input", "description", "error"]}
            required
          />
          <Select
            label="Period"
            data={[...new Set([...periods, settings.periodSeconds])]
              .toSorted((a, b) => a - b)
              .map((seconds) => ({
                value: String(seconds),
                label: periodText(seconds),
              }))}
            value={String(settings.periodSeconds)}
            onChange={(value) => form.setFieldValue("periodSeconds", Number(value))}
            error={form.errors.periodSeconds}
            allowDeselect={false}
          />
          <NumberInput {...form.getInputProps("datapointsToAlarm")} label="Breaches" min={1} max={1440} required />
          <NumberInput
            {...form.getInputProps("evaluationPeriods")}
            label="out of periods"
            min={1}
            max={1440}
            required
          />
          <Select
            {...form.getInputProps("missingData")}
            label="Without data"
            data={treatments}
            allowDeselect={false}
            style={{ gridColumn: "span 2" }}
          />
        </SimpleGrid>
        {isNumbers && (
          <Text size="sm" c="dimmed">
            Rings when: {conditionText(settings)}.
          </Text>
        )}
        <Checkbox.Group {...form.getInputProps("notifyOn")} label="Tell when it becomes">
          <Group mt={6}>
            <Checkbox value="ALARM" label="Alarm" />
            <Checkbox value="OK" label="OK" />
            <Checkbox value="INSUFFICIENT_DATA" label="No data" />
          </Group>
        </Checkbox.Group>
        {settings.notifyOn.length > 0 && (
          <ReceiversSelect
            projectId={project}
            value={settings.tells}
            onChange={(tells) => form.setFieldValue("tells", tells)}
          />
        )}
        <Switch {...form.getInputProps("isOn", { type: "checkbox" })} label="On" />
        {error && (
          <Text size="sm" c="defect" role="alert">
            {error.message}
          </Text>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={add.isPending || change.isPending}>
            {alarm === undefined ? "Add it" : "Save"}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

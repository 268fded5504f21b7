/** Monitoring: which alarms ring, what the counters say, what each camera did. */
import { Group, SegmentedControl, Stack } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { mdiBellOutline, mdiCctv, mdiPlus } from "@mdi/js";
import { useNavigate } from "react-router";
import { useApi } from "../../app/api.js";
import { ActionButton } from "../../components/action-button.js";
import { Answer } from "../../components/answer.js";
import { Face } from "../../components/face.js";
import { Icon } from "../../components/icon.js";
import { PageHeader } from "../../components/page-header.js";
import { Panel } from "../../components/panel.js";
import { ProjectSelect } from "../../components/project-select.js";
import { useUrlFilters } from "../../components/url-filters.js";
import { AlarmForm } from "./alarm-form.js";
import { AlarmRows } from "./alarm-rows.js";
import { CameraTable } from "./camera-table.js";
import { CounterTiles } from "./counter-tiles.js";
import { MetricPanel } from "./metric-panel.js";
import { spanOf, spans } from "./spans.js";

export function Page() {
  const { filters, set } = useUrlFilters(["project", "span", "metric"]);
  const span = spanOf(filters.span);
  const { project } = filters;
  const alarms = useApi("listAlarms", { query: { project } }, { keepPrevious: true, refetchEveryMs: 15_000 });
  const monitoring = useApi(
    "getMonitoring",
    { query: { project, from: spans[span].from() } },
    { keepPrevious: true, refetchEveryMs: 30_000 },
  );
  const drifts = useApi("listDrifts", { query: { project } }, { refetchEveryMs: 60_000 }).data?.items ?? [];
  const projects = useApi("listProjects");
  const first = project ?? projects.data?.items[0]?.id;
  const [isAdding, adding] = useDisclosure(false);
  const navigate = useNavigate();
  const addButton = (
    <ActionButton
      route="addAlarm"
      leftSection={<Icon path={mdiPlus} size={18} />}
      blocked={projects.data?.items.length === 0 ? "Create a project first." : undefined}
      onClick={adding.open}
    >
      New alarm
    </ActionButton>
  );
  return (
    <>
      <PageHeader
        title="Monitoring"
        note="What the service counts, and alarms on it. Alarms are looked at all the time."
      >
        <ProjectSelect
          value={project ?? null}
          onChange={(id) => set({ project: id })}
          placeholder="All projects"
          w={{ base: "100%", xs: 200 }}
        />
        {addButton}
      </PageHeader>
      <Stack gap="lg">
        <Panel title="Alarms" flush>
          <Answer query={alarms} compact>
            {({ items }) =>
              items.length > 0 ? (
                <AlarmRows alarms={items} showProject={project === undefined} />
              ) : (
                <Face compact icon={mdiBellOutline} title="No alarm here" action={addButton}>
                  An alarm watches a metric and tells the project’s recipients and targets when it leaves its limits.
                </Face>
              )
            }
          </Answer>
        </Panel>
        <Group justify="flex-end">
          <SegmentedControl
            aria-label="Time shown"
            value={span}
            onChange={(value) => set({ span: value })}
            data={Object.entries(spans).map(([value, { title }]) => ({ value, label: title }))}
          />
        </Group>
        <CounterTiles totals={monitoring.data?.totals} />
        {first !== undefined && (
          <MetricPanel projectId={first} span={span} metric={filters.metric} onMetric={(metric) => set({ metric })} />
        )}
        <Panel title="Cameras" flush>
          <Answer query={monitoring} compact>
            {({ cameras }) =>
              cameras.length > 0 ? (
                <CameraTable cameras={cameras} drifts={drifts} />
              ) : (
                <Face compact icon={mdiCctv} title="Nothing was inspected in this time">
                  Choose a longer time, or wait for the next picture.
                </Face>
              )
            }
          </Answer>
        </Panel>
      </Stack>
      <AlarmForm
        isOpen={isAdding}
        close={adding.close}
        projectId={project}
        onAdded={(alarm) => navigate(`/monitoring/${alarm.id}`)}
      />
    </>
  );
}

/** The dashboard: what the lines do now, and how they did over the chosen time. */
import { Grid, SegmentedControl, Stack } from "@mantine/core";
import { useApi } from "../../app/api.js";
import { Answer } from "../../components/answer.js";
import { PageHeader } from "../../components/page-header.js";
import { ProjectSelect } from "../../components/project-select.js";
import { useUrlFilters } from "../../components/url-filters.js";
import { Welcome, welcomeNeeded } from "../welcome/welcome.js";
import { Breakdown } from "./breakdown.js";
import { Callouts } from "./callouts.js";
import { LivePanel } from "./live-panel.js";
import { RatePanel } from "./rate-panel.js";
import { SampleLineBanner } from "./sample-line-banner.js";
import { StatTiles } from "./stat-tiles.js";
import { useStats } from "./use-stats.js";
import { type WindowName, windowOf, windows } from "./windows.js";

export function Page() {
  const system = useApi("getSystem", {}, { refetchEveryMs: 30_000 });
  return (
    <Answer query={system}>{(answer) => (welcomeNeeded(answer) ? <Welcome system={answer} /> : <Dashboard />)}</Answer>
  );
}

function Dashboard() {
  const { filters, set } = useUrlFilters(["project", "window"]);
  const window = windowOf(filters.window);
  const stats = useStats(filters.project, window);
  return (
    <>
      <PageHeader title="Dashboard">
        <ProjectSelect
          value={filters.project ?? null}
          onChange={(project) => set({ project })}
          placeholder="All projects"
          w={{ base: "100%", xs: 200 }}
        />
        <SegmentedControl
          aria-label="Time window"
          w={{ base: "100%", xs: "auto" }}
          value={window}
          onChange={(value) => set({ window: value })}
          data={(Object.keys(windows) as WindowName[]).map((name) => ({ value: name, label: windows[name].title }))}
        />
      </PageHeader>
      <Stack gap="lg">
        <SampleLineBanner />
        <Callouts stats={stats.data} project={filters.project} />
        <StatTiles stats={stats.data} />
        <Grid gap="lg">
          <Grid.Col span={{ base: 12, lg: 5 }}>
            <LivePanel project={filters.project} />
          </Grid.Col>
          <Grid.Col span={{ base: 12, lg: 7 }}>
            <Stack gap="lg">
              <RatePanel stats={stats} window={window} />
              <Breakdown stats={stats.data} project={filters.project} />
            </Stack>
          </Grid.Col>
        </Grid>
      </Stack>
    </>
  );
}

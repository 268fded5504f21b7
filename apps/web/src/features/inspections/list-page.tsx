/** All inspections: filter, scroll, open one. */
import { Button, Center, Group, Stack } from "@mantine/core";
import { mdiArrowUp, mdiClipboardTextSearchOutline, mdiFilterRemoveOutline } from "@mdi/js";
import { useChange } from "../../app/api.js";
import { ActionButton } from "../../components/action-button.js";
import { Refusal } from "../../components/answer.js";
import { Face } from "../../components/face.js";
import { plural } from "../../components/format.js";
import { Icon } from "../../components/icon.js";
import { RowsLoading } from "../../components/loading.js";
import { PageHeader } from "../../components/page-header.js";
import { Panel } from "../../components/panel.js";
import { useUrlFilters } from "../../components/url-filters.js";
import { FilterBar } from "./filter-bar.js";
import { filterNames } from "./filters.js";
import { InspectionRows } from "./inspection-rows.js";
import { useInspectionPages } from "./use-inspection-pages.js";

export function Page() {
  const { filters, set, text } = useUrlFilters(filterNames);
  const { pages, items, fresh } = useInspectionPages(filters);
  const retry = useChange("retryInspections", {
    done: ({ count }) => `${plural(count, "inspection")} in the queue again.`,
  });
  const isFiltered = Object.keys(filters).length > 0;
  const clear = () => set(Object.fromEntries(filterNames.map((name) => [name, null])));
  return (
    <>
      <PageHeader title="Inspections" note="Every picture that came in, newest first.">
        {filters.status === "failed" && items.length > 0 && (
          <ActionButton
            route="retryInspections"
            loading={retry.isPending}
            onClick={() => retry.mutate({ body: { project: filters.project, camera: filters.camera } })}
          >
            Inspect all again
          </ActionButton>
        )}
      </PageHeader>
      <Stack gap="lg">
        <FilterBar filters={filters} set={set} clear={isFiltered ? clear : undefined} />
        {fresh > 0 && items.length > 0 && (
          <Center>
            <Button
              size="xs"
              radius="xl"
              variant="light"
              leftSection={<Icon path={mdiArrowUp} size={16} />}
              onClick={() => void pages.refetch()}
            >
              {plural(fresh, "new inspection")}
            </Button>
          </Center>
        )}
        <Panel flush>
          {pages.isPending ? (
            <RowsLoading rows={8} />
          ) : pages.data === undefined ? (
            <Refusal error={pages.error} retry={() => void pages.refetch()} compact />
          ) : items.length === 0 ? (
            <NoInspections isFiltered={isFiltered} clear={clear} />
          ) : (
            <InspectionRows items={items} search={text} />
          )}
        </Panel>
        {pages.hasNextPage && (
          <Group justify="center">
            <Button variant="default" loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
              Show earlier ones
            </Button>
          </Group>
        )}
      </Stack>
    </>
  );
}

function NoInspections({ isFiltered, clear }: { isFiltered: boolean; clear: () => void }) {
  if (isFiltered) {
    return (
      <Face
        compact
        icon={mdiFilterRemoveOutline}
        title="Nothing matches these filters"
        action={
          <Button variant="light" onClick={clear}>
            Clear the filters
          </Button>
        }
      />
    );
  }
  return (
    <Face compact icon={mdiClipboardTextSearchOutline} title="No inspection yet">
      Connect a camera, or send a picture with <code>sightline upload</code>: it appears here at once.
    </Face>
  );
}

/** One inspection: the picture, the verdict and everything that led to it. */
import { ActionIcon, Grid, Group, Stack, Tooltip } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { mdiChevronLeft, mdiChevronRight } from "@mdi/js";
import { Link, useNavigate, useParams } from "react-router";
import { client, useApi, useChange } from "../../app/api.js";
import { ActionButton, ConfirmButton } from "../../components/action-button.js";
import { Answer } from "../../components/answer.js";
import { Icon } from "../../components/icon.js";
import { PageHeader } from "../../components/page-header.js";
import { useUrlFilters } from "../../components/url-filters.js";
import { ExplainButton } from "../explain/explain-button.js";
import { FactsPanel } from "./facts-panel.js";
import { filterNames } from "./filters.js";
import { type InspectionDetail, InspectionGone } from "./inspection-detail.js";
import { MessagesPanel } from "./messages-panel.js";
import { PicturePanel } from "./picture-panel.js";
import { useNeighbours } from "./use-neighbours.js";
import { VerdictPanel } from "./verdict-panel.js";

export function Page() {
  const { inspectionId = "" } = useParams();
  const inspection = useApi("getInspection", { params: { inspectionId } });
  return (
    <Answer query={inspection} missing={<InspectionGone />}>
      {(detail) => <Detail inspection={detail} />}
    </Answer>
  );
}

function Detail({ inspection }: { inspection: InspectionDetail }) {
  const navigate = useNavigate();
  const { filters, text } = useUrlFilters(filterNames);
  const search = text === "" ? "" : `?${text}`;
  const { newer, older } = useNeighbours(inspection, filters);
  const go = (id: string | undefined) => id && void navigate(`/inspections/${id}${search}`);
  useHotkeys([
    ["ArrowLeft", () => go(newer)],
    ["ArrowRight", () => go(older)],
  ]);
  const params = { inspectionId: inspection.id };
  const retry = useChange("retryInspection", { done: "It is in the queue again." });
  const ask = useChange("askForReview", { done: "It is in the review queue." });
  const remove = useChange("deleteInspection", {
    done: "The inspection is deleted.",
    onDone: () => void navigate(older ? `/inspections/${older}${search}` : `/inspections${search}`, { replace: true }),
  });
  return (
    <>
      <PageHeader title={`Picture ${inspection.imageId}`} back={{ to: `/inspections${search}`, title: "Inspections" }}>
        <Group gap={6}>
          <Step id={newer} icon={mdiChevronLeft} title="Newer (left arrow key)" search={search} />
          <Step id={older} icon={mdiChevronRight} title="Older (right arrow key)" search={search} />
        </Group>
        {inspection.modelId !== null && (
          <ExplainButton
            key={inspection.id}
            src={client.address("getInspectionImage", { params })}
            alt={`Picture ${inspection.imageId}`}
            labels={[]}
            detections={inspection.detections}
            start={(ask) => client.call("explainInspection", { params, query: ask })}
          />
        )}
        <ActionButton
          route="askForReview"
          variant="default"
          loading={ask.isPending}
          onClick={() => ask.mutate({ params })}
        >
          Ask for review
        </ActionButton>
        {inspection.status === "failed" && (
          <ActionButton route="retryInspection" loading={retry.isPending} onClick={() => retry.mutate({ params })}>
            Inspect again
          </ActionButton>
        )}
        <ConfirmButton
          route="deleteInspection"
          variant="default"
          loading={remove.isPending}
          question="Delete this inspection?"
          consequence="The record, its picture and its heat map are deleted. This can’t be undone."
          confirm="Delete"
          onClick={() => remove.mutate({ params })}
        >
          Delete
        </ConfirmButton>
      </PageHeader>
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <PicturePanel inspection={inspection} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 5 }}>
          <Stack gap="lg">
            <VerdictPanel inspection={inspection} />
            <FactsPanel inspection={inspection} />
            <MessagesPanel inspection={inspection} />
          </Stack>
        </Grid.Col>
      </Grid>
    </>
  );
}

interface StepProps {
  id: string | undefined;
  icon: string;
  title: string;
  search: string;
}

function Step({ id, icon, title, search }: StepProps) {
  if (id === undefined) {
    return (
      <ActionIcon variant="default" size={36} disabled aria-label={`${title}: there is none`}>
        <Icon path={icon} />
      </ActionIcon>
    );
  }
  return (
    <Tooltip label={title}>
      <ActionIcon component={Link} to={`/inspections/${id}${search}`} variant="default" size={36} aria-label={title}>
        <Icon path={icon} />
      </ActionIcon>
    </Tooltip>
  );
}

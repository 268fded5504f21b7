/** Two versions measured by the server on the same test pictures: figures side by side, and the pictures on which they differ. */
import { Anchor, Button, Group, Stack, Table, Text } from "@mantine/core";
import { mdiCheck, mdiClose, mdiScaleBalance } from "@mdi/js";
import type { ComparedPicture, Comparison, ComparisonResult, ComparisonSide } from "@sightline/api/comparisons";
import type { Model } from "@sightline/api/models";
import { useState } from "react";
import { Link } from "react-router";
import { client, useApi, useChange } from "../../app/api.js";
import { ActionButton } from "../../components/action-button.js";
import { Answer } from "../../components/answer.js";
import { Face } from "../../components/face.js";
import { milliseconds, percent, plural } from "../../components/format.js";
import { Icon } from "../../components/icon.js";
import { isUnderWay, MeasurementProgress, NotMeasured } from "../../components/measurement-progress.js";
import { Panel } from "../../components/panel.js";
import { Picture } from "../../components/picture.js";
import { TimeText } from "../../components/time-text.js";
import { titleOf } from "../projects/labels.js";
import { inWords } from "./comparison-words.js";
import css from "./measured-together.module.css";

/** @param base usually the running version. */
export function MeasuredTogether({ base, candidate }: { base: Model; candidate: Model }) {
  const query = { base: base.id, candidate: candidate.id, limit: 1 };
  const comparisons = useApi("listComparisons", { query });
  const start = useChange("startComparison");
  const measure = (
    <ActionButton
      route="startComparison"
      size="xs"
      variant="default"
      loading={start.isPending}
      onClick={() =>
        start.mutate({ params: { projectId: base.projectId }, body: { base: base.id, candidate: candidate.id } })
      }
    >
      {comparisons.data?.items.length === 0 ? "Measure both" : "Measure again"}
    </ActionButton>
  );
  return (
    <Panel
      title="On the same test pictures"
      note={`Version ${base.version} against version ${candidate.version}, each at the threshold it would inspect with.`}
      side={measure}
    >
      <Answer query={comparisons} compact>
        {({ items: [newest] }) => (newest === undefined ? <NotYet /> : <Latest comparison={newest} />)}
      </Answer>
    </Panel>
  );
}

function NotYet() {
  return (
    <Face compact icon={mdiScaleBalance} title="Not measured together yet">
      Figures of trainings are of the pictures each version had then. Measured together, both answer the same ones.
    </Face>
  );
}

function Latest({ comparison }: { comparison: Comparison }) {
  const cancel = useChange("cancelComparison");
  const { id, result } = comparison;
  if (isUnderWay(comparison)) {
    return (
      <MeasurementProgress
        measurement={comparison}
        isCancelling={cancel.isPending}
        cancel={() => cancel.mutate({ params: { comparisonId: id } })}
      />
    );
  }
  if (result === null) return <NotMeasured measurement={comparison} did="measured" again="Measure again" />;
  return <Result comparison={comparison} result={result} />;
}

const toneColors = {
  better: "var(--good-text)",
  worse: "var(--defect-text)",
  open: "var(--mantine-color-text)",
} as const;

type Row = [title: string, pick: (side: ComparisonSide) => number | null];
const rows: readonly Row[] = [
  ["mAP50", ({ metrics }) => metrics.mAP50],
  ["mAP50–95", ({ metrics }) => metrics.mAP50_95],
  ["Accuracy", ({ metrics }) => metrics.accuracy],
  ["Recall", ({ metrics }) => metrics.recall],
  ["Precision", ({ metrics }) => metrics.precision],
  ["F1", ({ metrics }) => metrics.f1],
  ["AUROC", ({ metrics }) => metrics.auroc],
];

function Result({ comparison, result }: { comparison: Comparison; result: ComparisonResult }) {
  const { base, candidate } = comparison;
  const words = inWords(result, base.version, candidate.version);
  const shown = rows.filter(([, pick]) => pick(result.base) !== null || pick(result.candidate) !== null);
  const skipped = result.skipped.length;
  return (
    <Stack gap="md">
      <div>
        <Text fw={620} c={toneColors[words.tone]}>
          {words.headline}
        </Text>
        <Text size="sm" c="dimmed">
          {words.detail} <TimeText time={comparison.endedAt ?? comparison.createdAt} style="ago" />.
          {skipped > 0 && ` ${plural(skipped, "picture")} left out: ${result.skipped[0]?.reason}`}
        </Text>
      </div>
      <Table.ScrollContainer minWidth={320}>
        <Table aria-label="Measured together" fz="sm">
          <Table.Thead>
            <Table.Tr>
              <Table.Td />
              <Table.Th scope="col">Version {base.version}</Table.Th>
              <Table.Th scope="col">Version {candidate.version}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody className="figures">
            {shown.map(([title, pick]) => (
              <FigureRow key={title} title={title} values={[pick(result.base), pick(result.candidate)]} />
            ))}
            <Table.Tr>
              <Table.Th scope="row" fw={560}>
                A picture takes
              </Table.Th>
              <Table.Td>{milliseconds(result.base.msPerImage.p50)}</Table.Td>
              <Table.Td>{milliseconds(result.candidate.msPerImage.p50)}</Table.Td>
            </Table.Tr>
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {result.pictures.length > 0 && <Pictures comparison={comparison} pictures={result.pictures} />}
    </Stack>
  );
}

function FigureRow({ title, values }: { title: string; values: readonly (number | null)[] }) {
  const best = Math.max(...values.map((value) => value ?? Number.NEGATIVE_INFINITY));
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={560}>
        {title}
      </Table.Th>
      {values.map((value, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two columns that never move
        <Table.Td key={index} fw={value === best && values[0] !== values[1] ? 650 : 400}>
          {percent(value)}
        </Table.Td>
      ))}
    </Table.Tr>
  );
}

const first = 12;

function Pictures({ comparison, pictures }: { comparison: Comparison; pictures: readonly ComparedPicture[] }) {
  const [limit, setLimit] = useState(first);
  const differing = pictures.filter((one) => one.base.isRight !== one.candidate.isRight).length;
  return (
    <div>
      <Text size="sm" fw={560} mb="xs">
        {differing > 0
          ? `${plural(differing, "picture")} on which they differ${differing < pictures.length ? ", then those both get wrong" : ""}`
          : "Pictures that both get wrong"}
      </Text>
      <ul className={css.pictures}>
        {pictures.slice(0, limit).map((picture) => (
          <li key={picture.sampleId} className={css.picture}>
            <Anchor
              component={Link}
              to={`/projects/${comparison.projectId}/pictures/${picture.sampleId}`}
              underline="never"
              c="inherit"
            >
              <div className={css.frame}>
                <Picture
                  lazy
                  fit="cover"
                  alt={picture.name}
                  src={client.address("getSampleImage", { params: { sampleId: picture.sampleId } })}
                />
              </div>
              <Text size="sm" fw={560} truncate mt={6}>
                {titleOf(picture.truth)}
              </Text>
            </Anchor>
            <Said version={comparison.base.version} said={picture.base} />
            <Said version={comparison.candidate.version} said={picture.candidate} />
          </li>
        ))}
      </ul>
      {pictures.length > limit && (
        <Button variant="subtle" size="xs" mt="sm" onClick={() => setLimit(limit + 48)}>
          Show more of {pictures.length}
        </Button>
      )}
    </div>
  );
}

function Said({ version, said }: { version: number; said: ComparedPicture["base"] }) {
  return (
    <Group gap={4} wrap="nowrap" c={said.isRight ? "var(--good-text)" : "var(--defect-text)"}>
      <Icon path={said.isRight ? mdiCheck : mdiClose} size={15} />
      <Text size="xs" truncate>
        {version}: {said.answer}, {percent(said.confidence)} sure
      </Text>
    </Group>
  );
}

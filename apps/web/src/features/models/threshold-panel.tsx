/** The threshold in the user's hand: what escapes and what is wrongly rejected, as it moves; applied without training. */
import { Badge, Button, Group, SimpleGrid, Slider, Stack, Text } from "@mantine/core";
import type { ModelDetail } from "@sightline/api/models";
import type { Project } from "@sightline/api/projects";
import { useChange } from "../../app/api.js";
import { ActionButton } from "../../components/action-button.js";
import { plural } from "../../components/format.js";
import { Panel } from "../../components/panel.js";
import { CostChooser } from "./cost-chooser.js";
import { ScoreHistogram } from "./score-histogram.js";
import { highest, lowest, type Outcome, outcomeAt, suggestions } from "./threshold.js";
import { ThresholdHistory } from "./threshold-history.js";

export interface ThresholdPanelProps {
  model: ModelDetail;
  project: Project;
  threshold: number;
  /** What the line uses now; for a version that does not run, its own threshold. */
  inForce: number;
  onChange: (threshold: number | undefined) => void;
}

export function ThresholdPanel({ model, project, threshold, inForce, onChange }: ThresholdPanelProps) {
  const { scores } = model;
  const outcome = outcomeAt(scores, threshold);
  const isMoved = Math.abs(threshold - inForce) > 0.0004;
  const set = useChange("setThreshold", { done: "The new threshold is in force.", onDone: () => onChange(undefined) });
  const note = model.isRunning
    ? `In force now: ${inForce.toFixed(3)}`
    : "This version is not running: move the threshold to see what it would do.";
  return (
    <Panel
      title="Threshold"
      note={note}
      side={
        isMoved ? (
          <Badge color="yellow" variant="light">
            not applied
          </Badge>
        ) : undefined
      }
    >
      <Stack gap="md">
        <OutcomeWords outcome={outcome} />
        <div>
          <ScoreHistogram scores={scores} threshold={threshold} inForce={inForce} />
          <Slider
            min={lowest}
            max={highest}
            step={0.001}
            value={threshold}
            onChange={onChange}
            label={(value) => value.toFixed(3)}
            thumbLabel="Threshold"
            thumbValueText={wordsFor(threshold, outcome)}
            color="petrol"
          />
          <Group justify="space-between" mt={6} wrap="nowrap">
            <Text size="xs" c="dimmed" flex={1}>
              stricter: rejects more
            </Text>
            <Text size="sm" fw={600}>
              {threshold.toFixed(3)}
            </Text>
            <Text size="xs" c="dimmed" flex={1} ta="right">
              laxer: lets more through
            </Text>
          </Group>
        </div>
        <Group gap="xs">
          {outcome.defects > 0 && (
            <>
              <Button size="xs" variant="default" onClick={() => onChange(suggestions.noEscapes(scores))}>
                No escapes
              </Button>
              <Button size="xs" variant="default" onClick={() => onChange(suggestions.fewestMistakes(scores))}>
                Fewest mistakes
              </Button>
              <Button size="xs" variant="default" onClick={() => onChange(suggestions.noFalseRejects(scores))}>
                No false rejects
              </Button>
              <CostChooser scores={scores} outcome={outcome} kept={project.mistakeCosts} onChoose={onChange} />
            </>
          )}
          <Button size="xs" variant="default" onClick={() => onChange(0.5)}>
            The model’s own (0.500)
          </Button>
        </Group>
        <Group justify="space-between">
          <ThresholdHistory project={project} />
          <Group gap="sm">
            {isMoved && (
              <Button variant="subtle" color="gray" onClick={() => onChange(undefined)}>
                Undo
              </Button>
            )}
            <ActionButton
              route="setThreshold"
              loading={set.isPending}
              blocked={
                !model.isRunning
                  ? "Start this version first: the threshold belongs to the running model."
                  : isMoved
                    ? undefined
                    : "Move the threshold first."
              }
              onClick={() => set.mutate({ params: { projectId: project.id }, body: { threshold } })}
            >
              Apply
            </ActionButton>
          </Group>
        </Group>
      </Stack>
    </Panel>
  );
}

function wordsFor(threshold: number, { escapes, falseRejects }: Outcome): string {
  return `${threshold.toFixed(3)}: ${plural(escapes, "escape")}, ${plural(falseRejects, "false reject")}`;
}

function OutcomeWords({ outcome }: { outcome: Outcome }) {
  return (
    <SimpleGrid cols={2} spacing="md" role="status">
      {outcome.defects > 0 ? (
        <Count title="Escapes" value={outcome.escapes} of={`of ${plural(outcome.defects, "defect")} pass as good`} />
      ) : (
        <Count title="Escapes" value="?" of="no defective pictures to count on" />
      )}
      <Count
        title="False rejects"
        value={outcome.falseRejects}
        of={`of ${plural(outcome.good, "good part")} are rejected`}
      />
    </SimpleGrid>
  );
}

function Count({ title, value, of }: { title: string; value: number | string; of: string }) {
  return (
    <div>
      <Text size="sm" c="dimmed">
        {title}
      </Text>
      <Text fz={30} fw={640} lh={1.2} className="figures" style={{ letterSpacing: "-0.02em" }}>
        {value}
      </Text>
      <Text size="xs" c="dimmed">
        {of}
      </Text>
    </div>
  );
}

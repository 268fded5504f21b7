/** Asks for a version's training to be done again by folds and seeds: how much of its figures is luck. */
import { Button, Group, NumberInput, Popover, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { RepeatsAsked } from "@sightline/api/evaluations";
import { useState } from "react";
import { ActionButton } from "../../components/action-button.js";
import { plural } from "../../components/format.js";

export interface RepeatFormProps {
  isStarting: boolean;
  start: (repeats: RepeatsAsked) => void;
}

/** As the server takes them. */
const [fewestFolds, mostFolds, mostSeeds] = [2, 20, 20];

export function RepeatForm({ isStarting, start }: RepeatFormProps) {
  const [isOpen, form] = useDisclosure(false);
  const [folds, setFolds] = useState<number | string>(5);
  const [seeds, setSeeds] = useState<number | string>(1);
  const asked = { folds: Number(folds), seeds: Number(seeds) };
  const isWhole = asked.folds >= fewestFolds && asked.seeds >= 1;
  const begin = () => {
    form.close();
    start(asked);
  };
  return (
    <Popover opened={isOpen} onChange={form.toggle} trapFocus withArrow position="bottom-end" width={320}>
      <Popover.Target>
        <ActionButton route="startEvaluation" variant="default" loading={isStarting} onClick={form.toggle}>
          Train again…
        </ActionButton>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="sm">
          <Text size="sm">
            Evaluates, then trains the method again on the training pictures, each time without one fold, and measures
            it there: how much of a figure is luck.
          </Text>
          <Group grow>
            <NumberInput
              label="Folds"
              value={folds}
              onChange={setFolds}
              min={fewestFolds}
              max={mostFolds}
              allowDecimal={false}
              clampBehavior="strict"
            />
            <NumberInput
              label="Seeds"
              value={seeds}
              onChange={setSeeds}
              min={1}
              max={mostSeeds}
              allowDecimal={false}
              clampBehavior="strict"
            />
          </Group>
          <Text size="xs" c="dimmed">
            {isWhole ? plural(asked.folds * asked.seeds, "training") : "–"}, each about as long as this version’s own.
            It can be cancelled; other evaluations wait.
          </Text>
          <Button disabled={!isWhole} onClick={begin}>
            Start
          </Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}

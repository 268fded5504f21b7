/** Ends a running training and keeps what it has: as a checkpoint to go on from, or as a model. */
import { Menu, Text } from "@mantine/core";
import { mdiContentSaveOutline, mdiCubeOutline, mdiStopCircleOutline } from "@mdi/js";
import type { Job } from "@sightline/api/jobs";
import { useState } from "react";
import { useChange } from "../../app/api.js";
import { ActionButton } from "../../components/action-button.js";
import { Icon } from "../../components/icon.js";

export function StopMenu({ job }: { job: Job }) {
  const stop = useChange("stopJob", {
    done: (after) => (after.status === "stopped" ? "The training is stopped." : "The best state becomes a model."),
  });
  const [isOpen, setOpen] = useState(false);
  const params = { jobId: job.id };
  return (
    <Menu position="top-end" width={300} withinPortal opened={isOpen} onChange={setOpen}>
      <Menu.Target>
        <div>
          <ActionButton
            route="stopJob"
            onClick={() => setOpen(!isOpen)}
            loading={stop.isPending}
            blocked={job.canStop ? undefined : "There is nothing to keep yet. Cancel it, or wait a little."}
            leftSection={<Icon path={mdiStopCircleOutline} size={18} />}
          >
            Stop
          </ActionButton>
        </div>
      </Menu.Target>
      <Menu.Dropdown>
        <Choice
          icon={mdiCubeOutline}
          title="Make a model now"
          note="The best state so far becomes a version."
          onClick={() => stop.mutate({ params, body: { keep: "model" } })}
        />
        <Choice
          icon={mdiContentSaveOutline}
          title="Stop, go on later"
          note="Everything learnt is kept on this machine."
          onClick={() => stop.mutate({ params, body: { keep: "checkpoint" } })}
        />
      </Menu.Dropdown>
    </Menu>
  );
}

function Choice({ icon, title, note, onClick }: { icon: string; title: string; note: string; onClick: () => void }) {
  return (
    <Menu.Item leftSection={<Icon path={icon} size={20} />} onClick={onClick}>
      <Text size="sm" fw={560}>
        {title}
      </Text>
      <Text size="xs" c="dimmed">
        {note}
      </Text>
    </Menu.Item>
  );
}

/** Gives a camera a token of its own and shows the commands that send its first picture. */
import { Alert, Button, Group, Modal, Stack, Text } from "@mantine/core";
import { mdiKeyOutline } from "@mdi/js";
import type { Camera } from "@sightline/api/cameras";
import { useApi, useChange } from "../../app/api.js";
import { useMay } from "../../app/session.js";
import { CopyLine } from "../../components/copy-line.js";
import { Icon } from "../../components/icon.js";
import { curlCommand, uploadCommand } from "./commands.js";

export function ConnectCamera({ camera, close }: { camera: Camera | undefined; close: () => void }) {
  return (
    <Modal opened={camera !== undefined} onClose={close} size="lg" title={<Text fw={620}>Connect {camera?.id}</Text>}>
      {camera && <Connect key={camera.id} camera={camera} close={close} />}
    </Modal>
  );
}

function Connect({ camera, close }: { camera: Camera; close: () => void }) {
  const may = useMay("createToken");
  const system = useApi("getSystem").data;
  const create = useChange("createToken");
  const secret = create.data?.secret;
  const url = system?.publicUrl ?? window.location.origin;
  if (secret === undefined) {
    return (
      <Stack>
        <Text size="sm">
          The camera proves who it is with a token. It may send pictures for {camera.id} only, and nothing else.
        </Text>
        {!may.allowed && <Alert color="yellow">{may.reason}</Alert>}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            Later
          </Button>
          <Button
            leftSection={<Icon path={mdiKeyOutline} size={18} />}
            loading={create.isPending}
            disabled={!may.allowed}
            onClick={() => create.mutate({ body: { name: camera.id, role: "device", cameraIds: [camera.id] } })}
          >
            Make a token
          </Button>
        </Group>
      </Stack>
    );
  }
  const target = { url, token: secret, cameraId: camera.id, lineId: camera.assemblyLineId };
  return (
    <Stack gap="sm">
      <Alert color="yellow" variant="light" icon={<Icon path={mdiKeyOutline} />}>
        The token is shown only now. Copy it to the camera before you close this.
      </Alert>
      <CopyLine label="Token" text={secret} />
      <CopyLine label="Send every picture of a folder, one a second" text={uploadCommand(target)} />
      <CopyLine label="Or send one picture from any machine with curl" text={curlCommand(target)} />
      <Group justify="flex-end">
        <Button onClick={close}>Done</Button>
      </Group>
    </Stack>
  );
}

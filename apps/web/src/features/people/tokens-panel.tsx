/** The tokens that exist, and the end of each. */
import { Badge, Table, Text } from "@mantine/core";
import { mdiKeyOutline } from "@mdi/js";
import type { Token } from "@sightline/api/people";
import { useApi, useChange } from "../../app/api.js";
import { ConfirmButton } from "../../components/action-button.js";
import { Answer } from "../../components/answer.js";
import { Face } from "../../components/face.js";
import { Panel } from "../../components/panel.js";
import { TimeText } from "../../components/time-text.js";

export function TokensPanel() {
  const tokens = useApi("listTokens");
  return (
    <Panel title="Tokens" flush>
      <Answer query={tokens} compact>
        {({ items }) =>
          items.length === 0 ? (
            <Face compact icon={mdiKeyOutline} title="No token yet">
              A camera or a program needs one to send or read anything.
            </Face>
          ) : (
            <Table.ScrollContainer minWidth={560}>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Name</Table.Th>
                    <Table.Th>May</Table.Th>
                    <Table.Th>Last used</Table.Th>
                    <Table.Th>Valid until</Table.Th>
                    <Table.Th />
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {items.map((token) => (
                    <TokenRow key={token.id} token={token} />
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )
        }
      </Answer>
    </Panel>
  );
}

function TokenRow({ token }: { token: Token }) {
  const revoke = useChange("revokeToken", { done: `Token ${token.name} is revoked.` });
  const isOver = token.revokedAt !== null || (token.expiresAt !== null && Date.parse(token.expiresAt) < Date.now());
  return (
    <Table.Tr opacity={isOver ? 0.6 : 1}>
      <Table.Td fw={560}>{token.name}</Table.Td>
      <Table.Td>
        {token.role}
        {token.cameraIds.length > 0 && (
          <Text size="xs" c="dimmed">
            {token.cameraIds.slice(0, 4).join(", ")}
            {token.cameraIds.length > 4 && ` and ${token.cameraIds.length - 4} more`}
          </Text>
        )}
      </Table.Td>
      <Table.Td>{token.lastUsedAt === null ? "never" : <TimeText time={token.lastUsedAt} style="ago" />}</Table.Td>
      <Table.Td>
        {token.revokedAt !== null ? (
          <Badge variant="default" radius="sm">
            Revoked
          </Badge>
        ) : token.expiresAt === null ? (
          "no end"
        ) : (
          <TimeText time={token.expiresAt} />
        )}
      </Table.Td>
      <Table.Td ta="right">
        {token.revokedAt === null && (
          <ConfirmButton
            route="revokeToken"
            size="xs"
            variant="default"
            loading={revoke.isPending}
            question={`Revoke ${token.name}?`}
            consequence="Whatever uses this token is refused from that moment on. A revoked token can’t be brought back."
            confirm="Revoke"
            onClick={() => revoke.mutate({ params: { tokenId: token.id } })}
          >
            Revoke
          </ConfirmButton>
        )}
      </Table.Td>
    </Table.Tr>
  );
}

/** Where the links in mails lead: to confirm or to leave, by one button, without signing in. */
import { Button } from "@mantine/core";
import { mdiEmailCheckOutline, mdiEmailOffOutline, mdiEmailOutline, mdiLinkOff } from "@mdi/js";
import type { MailLink } from "@sightline/api/alerts";
import { useParams } from "react-router";
import { useApi, useChange } from "../../app/api.js";
import { Answer } from "../../components/answer.js";
import { Face } from "../../components/face.js";

/** Looking changes nothing: mail scanners open links, too. */
export function Page() {
  const { code = "" } = useParams();
  const link = useApi("getMailLink", { params: { code } });
  const follow = useChange("followMailLink");
  const gone = (
    <Face icon={mdiLinkOff} title="This link is no longer good" tone="alert">
      It was replaced by a newer mail, or the address was removed.
    </Face>
  );
  return (
    <main>
      <Answer query={link} missing={gone}>
        {(found) => (
          <Purpose
            link={follow.data ?? found}
            isPending={follow.isPending}
            follow={() =>
              follow.mutate({
                params: { code },
                bytes: new TextEncoder().encode("List-Unsubscribe=One-Click"),
                contentType: "application/x-www-form-urlencoded",
              })
            }
          />
        )}
      </Answer>
    </main>
  );
}

function Purpose({ link, isPending, follow }: { link: MailLink; isPending: boolean; follow: () => void }) {
  const { purpose, address, projectName, status } = link;
  if (status === "left") {
    return (
      <Face icon={mdiEmailOffOutline} title="You get no more mails">
        {address} gets no more mails of project {projectName}.
      </Face>
    );
  }
  if (purpose === "leave") {
    return (
      <Face
        icon={mdiEmailOffOutline}
        title={`Mails of project ${projectName}`}
        action={
          <Button onClick={follow} loading={isPending}>
            Get no more of them
          </Button>
        }
      >
        They go to {address}.
      </Face>
    );
  }
  if (status === "confirmed") {
    return (
      <Face icon={mdiEmailCheckOutline} title="Thank you">
        {address} gets the alerts of project {projectName}. Each mail has a link to leave.
      </Face>
    );
  }
  return (
    <Face
      icon={mdiEmailOutline}
      title={`Alerts of project ${projectName}`}
      action={
        <Button onClick={follow} loading={isPending}>
          Get these mails
        </Button>
      }
    >
      Sightline mails {address} when it finds a defect.
    </Face>
  );
}

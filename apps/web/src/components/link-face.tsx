/** A face whose next step is another page. */
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { Face } from "./face.js";

export interface LinkFaceProps {
  icon: string;
  title: string;
  to: string;
  link: string;
  children?: ReactNode;
}

export function LinkFace({ icon, title, to, link, children }: LinkFaceProps) {
  const action = (
    <Button component={Link} to={to}>
      {link}
    </Button>
  );
  return (
    <Face icon={icon} title={title} action={action}>
      {children}
    </Face>
  );
}

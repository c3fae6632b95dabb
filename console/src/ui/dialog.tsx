import type { ReactNode } from "react";
import { Button, Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { Glyph } from "./icon.tsx";

/** A dialog over the screen; Escape and a press beside it close it. */
export const ScreenDialog = ({
  title,
  isOpen,
  onClose,
  children,
}: {
  readonly title: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) => (
  <ModalOverlay
    className="dialog-cover"
    isDismissable
    isOpen={isOpen}
    onOpenChange={(opens) => {
      if (!opens) onClose();
    }}
  >
    <Modal className="dialog-frame">
      <Dialog className="dialog">
        <header>
          <Heading slot="title">{title}</Heading>
          <Button slot="close" className="icon-button" aria-label="Close">
            <Glyph name="clear" />
          </Button>
        </header>
        {children}
      </Dialog>
    </Modal>
  </ModalOverlay>
);

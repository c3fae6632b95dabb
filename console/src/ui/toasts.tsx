import {
  Button,
  Text,
  UNSTABLE_Toast as Toast,
  UNSTABLE_ToastContent as ToastContent,
  UNSTABLE_ToastQueue as ToastQueue,
  UNSTABLE_ToastRegion as ToastRegion,
} from "react-aria-components";
import { Glyph, SignMark } from "./icon.tsx";

const toasts = new ToastQueue<{ readonly text: string; readonly tone: "good" | "bad" }>({
  maxVisibleToasts: 3,
});

/** Says for a few seconds that something was done, or could not be. */
export const announce = (text: string, tone: "good" | "bad" = "good"): void => {
  toasts.add({ text, tone }, { timeout: tone === "good" ? 6000 : 15_000 });
};

export const Toasts = () => (
  <ToastRegion queue={toasts} className="toasts">
    {({ toast }) => (
      <Toast toast={toast} className="toast" data-tone={toast.content.tone}>
        <SignMark sign={toast.content.tone === "good" ? "check" : "cross"} isFilled />
        <ToastContent>
          <Text slot="title">{toast.content.text}</Text>
        </ToastContent>
        <Button slot="close" className="icon-button" aria-label="Close">
          <Glyph name="clear" />
        </Button>
      </Toast>
    )}
  </ToastRegion>
);

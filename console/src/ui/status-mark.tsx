import { type Sign, SignMark } from "./icon.tsx";
import type { Choice } from "./select.tsx";
import type { Tone } from "./tone.ts";

/** How a status looks: a word, a sign and a colour, each enough by itself. */
export interface StatusLook {
  readonly word: string;
  readonly sign: Sign;
  readonly tone: Tone;
  readonly isFilled?: boolean;
}

export const StatusMark = ({ look }: { readonly look: StatusLook }) => (
  <span className="status" data-tone={look.tone}>
    <SignMark sign={look.sign} isFilled={look.isFilled ?? false} />
    {look.word}
  </span>
);

/** A status as a choice of a select. */
export const statusChoice = (id: string, look: StatusLook): Choice => ({
  id,
  text: look.word,
  shown: <StatusMark look={look} />,
});

/** A text in place of a drawing. */
export function Message({ text }: { readonly text: string }): JSX.Element {
  return <div className="message">{text}</div>;
}

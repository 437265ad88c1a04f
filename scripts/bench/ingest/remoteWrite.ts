import { BinaryWriter } from "google-protobuf";

/** The labels of a series, `__name__` among them. */
export type Labels = Readonly<Record<string, string>>;

/** What Prometheus sends, before it is compressed: `encodeSeries` of each. */
export function encodeRequest(series: readonly Uint8Array[]): Uint8Array {
  return message((writer) => {
    for (const each of series) {
      writer.writeBytes(1, each);
    }
  });
}

/**
 * A series with one sample. Of a message in protobuf, its parts may be written one after the other.
 * Source: https://prometheus.io/docs/specs/prw/remote_write_spec/
 */
export function encodeSeries(labels: Uint8Array, value: number, milliseconds: number): Uint8Array {
  const sample = message((writer) => {
    writer.writeDouble(1, value);
    writer.writeInt64(2, milliseconds);
  });
  const samples = message((writer) => {
    writer.writeBytes(2, sample);
  });
  return Buffer.concat([labels, samples]);
}

/** What is the same in every request. */
export function encodeLabels(labels: Labels): Uint8Array {
  return message((writer) => {
    // By their names, as the protocol wants.
    for (const [name, value] of Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))) {
      writer.writeBytes(
        1,
        message((label) => {
          label.writeString(1, name);
          // Of a string, the library encodes one character at a time.
          label.writeBytes(2, Buffer.from(value));
        }),
      );
    }
  });
}

function message(write: (writer: BinaryWriter) => void): Uint8Array {
  const writer = new BinaryWriter();
  write(writer);
  return writer.getResultBuffer();
}

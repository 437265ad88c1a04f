/**
 * Takes the place of the part of Pulumi's SDK that serializes functions, which this program does not use. That part
 * loads TypeScript and npm's dependency resolver: half of the time in which a test file loads the SDK.
 */
export {};

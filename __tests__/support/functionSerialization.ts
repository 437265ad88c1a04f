/**
 * In place of the part of Pulumi's SDK that serializes functions, which this program does not use. That part loads
 * TypeScript and npm's dependency resolver, which is half of the time that a test file takes to load the SDK.
 */
export {};

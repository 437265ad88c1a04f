/** The environment variable that holds the scenario, as JSON. */
export const scenarioVariable = "PROVIDERS_SCENARIO";

/** What the suite can change between one `up` and the next. */
export interface Scenario {
  /** The server that plays the VPS and a Pi. */
  readonly ssh: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly hostKey: string;
    readonly keyFile: string;
  };
  /** Of everything that is made on the Docker engine. */
  readonly name: string;
  readonly image: string;
  readonly hostPort: number;
  /** A file to which each command adds a line. */
  readonly journal: string;
  readonly memory: number;
  readonly restart: string;
  readonly colour: string;
  readonly healthInterval: string;
  readonly stopSignal: string;
  readonly passwordLength: number;
  readonly generation: string;
  readonly trigger: string;
  /** A shell command in the middle of each `create`. */
  readonly duringCreate: string;
  /** A property that the program proper does not use. */
  readonly networkDriver: string | undefined;
}

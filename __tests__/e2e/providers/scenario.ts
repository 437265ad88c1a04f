/** The environment variable that holds the scenario, as JSON. */
export const scenarioVariable = "PROVIDERS_SCENARIO";

/** The inputs of the test program. The suite changes them between one `up` and the next. */
export interface Scenario {
  /** An SSH server of the suite. The program uses it as its VPS and as its Pi. */
  readonly ssh: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly hostKey: string;
    readonly keyFile: string;
  };
  /** The name of the container, the network and the volume. */
  readonly name: string;
  readonly image: string;
  readonly hostPort: number;
  /** A file to which each command adds a line. */
  readonly journal: string;
  /** In megabytes. */
  readonly memory: number;
  readonly restart: string;
  /** An environment variable of the container. */
  readonly colour: string;
  readonly healthInterval: string;
  readonly stopSignal: string;
  readonly passwordLength: number;
  /** A change of it updates the commands. */
  readonly generation: string;
  /** A change of it replaces the commands. */
  readonly trigger: string;
  /** A shell command that runs in the middle of the local `create`, and at the end of each remote script. */
  readonly extraCommand: string;
  /** The driver of the network, which pi-monitoring itself leaves to Docker. */
  readonly networkDriver: string | undefined;
}

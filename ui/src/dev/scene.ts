// A scene to look at: a snapshot, and what is done with the window then.
import type { Levels, Settings, Snapshot } from "../ipc/bindings.gen";

export interface Scene {
  snapshot: Partial<Snapshot>;
  levels?: Partial<Levels>;
  camera?: boolean;
  /** Settings that are chosen after the start. */
  later?: Partial<Settings>;
  /** What to press once it stands. */
  press?: string;
  /** And what then. */
  press2?: string;
  /** And after that. */
  press3?: string;
}

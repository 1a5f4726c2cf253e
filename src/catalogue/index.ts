// The catalogue: every failure mode longhaul knows, sorted by id. A mode that is not here does not exist.

import type { Mode } from "../model/mode.ts";
import { mode as actionWithoutAsync } from "./action-without-async/mode.ts";
import { mode as asyncIgnored } from "./async-ignored/mode.ts";
import { mode as asyncInCheckMode } from "./async-in-check-mode/mode.ts";
import { mode as backgroundUnderAsync } from "./background-under-async/mode.ts";
import { mode as failedWhenHidesJob } from "./failed-when-hides-job/mode.ts";
import { mode as failedWhenOnLaunch } from "./failed-when-on-launch/mode.ts";
import { mode as jobFileRemoved } from "./job-file-removed/mode.ts";
import { mode as launchNeverChecked } from "./launch-never-checked/mode.ts";
import { mode as launchSkippedThenStatus } from "./launch-skipped-then-status/mode.ts";
import { mode as limitNotANumber } from "./limit-not-a-number/mode.ts";
import { mode as limitTooShort } from "./limit-too-short/mode.ts";
import { mode as notALoginShell } from "./not-a-login-shell/mode.ts";
import { mode as pollLargerThanLimit } from "./poll-larger-than-limit/mode.ts";
import { mode as retriesTooShort } from "./retries-too-short/mode.ts";
import { mode as statusAsAnotherUser } from "./status-as-another-user/mode.ts";
import { mode as statusInAnotherDir } from "./status-in-another-dir/mode.ts";
import { mode as statusOfPolledTask } from "./status-of-polled-task/mode.ts";
import { mode as statusOnAnotherHost } from "./status-on-another-host/mode.ts";
import { mode as statusWithoutUntil } from "./status-without-until/mode.ts";
import { mode as untilNeverTrue } from "./until-never-true/mode.ts";
import { mode as untilNotBoolean } from "./until-not-boolean/mode.ts";
import { mode as untilOnAbsentKey } from "./until-on-absent-key/mode.ts";
import { mode as untilOnLaunch } from "./until-on-launch/mode.ts";
import { mode as untilTrueAtOnce } from "./until-true-at-once/mode.ts";

export const modes: readonly Mode[] = [
  actionWithoutAsync,
  asyncIgnored,
  asyncInCheckMode,
  backgroundUnderAsync,
  failedWhenHidesJob,
  failedWhenOnLaunch,
  jobFileRemoved,
  launchNeverChecked,
  launchSkippedThenStatus,
  limitNotANumber,
  limitTooShort,
  notALoginShell,
  pollLargerThanLimit,
  retriesTooShort,
  statusAsAnotherUser,
  statusInAnotherDir,
  statusOfPolledTask,
  statusOnAnotherHost,
  statusWithoutUntil,
  untilNeverTrue,
  untilNotBoolean,
  untilOnAbsentKey,
  untilOnLaunch,
  untilTrueAtOnce,
];

// The catalogue: every failure mode longhaul knows, sorted by id. A mode that is not here does not exist.

import type { Mode } from "../model/mode.ts";
import { mode as actionWithoutAsync } from "./action-without-async/mode.ts";
import { mode as asyncDirUnwritable } from "./async-dir-unwritable/mode.ts";
import { mode as asyncIgnored } from "./async-ignored/mode.ts";
import { mode as asyncInCheckMode } from "./async-in-check-mode/mode.ts";
import { mode as asyncOnBlock } from "./async-on-block/mode.ts";
import { mode as asyncZero } from "./async-zero/mode.ts";
import { mode as backgroundUnderAsync } from "./background-under-async/mode.ts";
import { mode as becomeUnprivilegedTmp } from "./become-unprivileged-tmp/mode.ts";
import { mode as changedWhenOnLaunch } from "./changed-when-on-launch/mode.ts";
import { mode as connectionLostWhileWaiting } from "./connection-lost-while-waiting/mode.ts";
import { mode as controllerInterrupted } from "./controller-interrupted/mode.ts";
import { mode as diskFull } from "./disk-full/mode.ts";
import { mode as factsAtLimit } from "./facts-at-limit/mode.ts";
import { mode as factsBeforeFinish } from "./facts-before-finish/mode.ts";
import { mode as failedWhenHidesJob } from "./failed-when-hides-job/mode.ts";
import { mode as failedWhenOnLaunch } from "./failed-when-on-launch/mode.ts";
import { mode as firstJobOnly } from "./first-job-only/mode.ts";
import { mode as interpreterMissing } from "./interpreter-missing/mode.ts";
import { mode as jidWrongExpression } from "./jid-wrong-expression/mode.ts";
import { mode as jobFileDamaged } from "./job-file-damaged/mode.ts";
import { mode as jobFileReadable } from "./job-file-readable/mode.ts";
import { mode as jobFileRemoved } from "./job-file-removed/mode.ts";
import { mode as killedFromOutside } from "./killed-from-outside/mode.ts";
import { mode as launchNeverChecked } from "./launch-never-checked/mode.ts";
import { mode as launchSkippedThenStatus } from "./launch-skipped-then-status/mode.ts";
import { mode as limitKillEscapes } from "./limit-kill-escapes/mode.ts";
import { mode as limitNotANumber } from "./limit-not-a-number/mode.ts";
import { mode as limitTooShort } from "./limit-too-short/mode.ts";
import { mode as loopOneByOne } from "./loop-one-by-one/mode.ts";
import { mode as noJobId } from "./no-job-id/mode.ts";
import { mode as noLogLost } from "./no-log-lost/mode.ts";
import { mode as notALoginShell } from "./not-a-login-shell/mode.ts";
import { mode as notifyBeforeFinish } from "./notify-before-finish/mode.ts";
import { mode as pollLargerThanLimit } from "./poll-larger-than-limit/mode.ts";
import { mode as rebootInTheMiddle } from "./reboot-in-the-middle/mode.ts";
import { mode as registerOverwritten } from "./register-overwritten/mode.ts";
import { mode as remoteTmpWithSpace } from "./remote-tmp-with-space/mode.ts";
import { mode as resultUsedBeforeFinish } from "./result-used-before-finish/mode.ts";
import { mode as retriesAsSeconds } from "./retries-as-seconds/mode.ts";
import { mode as retriesTooShort } from "./retries-too-short/mode.ts";
import { mode as slowStart } from "./slow-start/mode.ts";
import { mode as statusAsAnotherUser } from "./status-as-another-user/mode.ts";
import { mode as statusInAnotherDir } from "./status-in-another-dir/mode.ts";
import { mode as statusOfPolledTask } from "./status-of-polled-task/mode.ts";
import { mode as statusOnAnotherHost } from "./status-on-another-host/mode.ts";
import { mode as statusWithoutUntil } from "./status-without-until/mode.ts";
import { mode as throttleSerialPoll0 } from "./throttle-serial-poll0/mode.ts";
import { mode as timeoutAroundJob } from "./timeout-around-job/mode.ts";
import { mode as timeoutTextMatched } from "./timeout-text-matched/mode.ts";
import { mode as unparsableResults } from "./unparsable-results/mode.ts";
import { mode as untilInBraces } from "./until-in-braces/mode.ts";
import { mode as untilNeverTrue } from "./until-never-true/mode.ts";
import { mode as untilNotBoolean } from "./until-not-boolean/mode.ts";
import { mode as untilOnAbsentKey } from "./until-on-absent-key/mode.ts";
import { mode as untilOnLaunch } from "./until-on-launch/mode.ts";
import { mode as untilTrueAtOnce } from "./until-true-at-once/mode.ts";
import { mode as untilWrongVariable } from "./until-wrong-variable/mode.ts";

export const modes: readonly Mode[] = [
  actionWithoutAsync,
  asyncDirUnwritable,
  asyncIgnored,
  asyncInCheckMode,
  asyncOnBlock,
  asyncZero,
  backgroundUnderAsync,
  becomeUnprivilegedTmp,
  changedWhenOnLaunch,
  connectionLostWhileWaiting,
  controllerInterrupted,
  diskFull,
  factsAtLimit,
  factsBeforeFinish,
  failedWhenHidesJob,
  failedWhenOnLaunch,
  firstJobOnly,
  interpreterMissing,
  jidWrongExpression,
  jobFileDamaged,
  jobFileReadable,
  jobFileRemoved,
  killedFromOutside,
  launchNeverChecked,
  launchSkippedThenStatus,
  limitKillEscapes,
  limitNotANumber,
  limitTooShort,
  loopOneByOne,
  noJobId,
  noLogLost,
  notALoginShell,
  notifyBeforeFinish,
  pollLargerThanLimit,
  rebootInTheMiddle,
  registerOverwritten,
  remoteTmpWithSpace,
  resultUsedBeforeFinish,
  retriesAsSeconds,
  retriesTooShort,
  slowStart,
  statusAsAnotherUser,
  statusInAnotherDir,
  statusOfPolledTask,
  statusOnAnotherHost,
  statusWithoutUntil,
  throttleSerialPoll0,
  timeoutAroundJob,
  timeoutTextMatched,
  unparsableResults,
  untilInBraces,
  untilNeverTrue,
  untilNotBoolean,
  untilOnAbsentKey,
  untilOnLaunch,
  untilTrueAtOnce,
  untilWrongVariable,
];

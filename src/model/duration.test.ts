import assert from "node:assert/strict";
import { test } from "node:test";
import { shapeOfCommand } from "./duration.ts";

test("the shape of a command has its programs and options, and no value", () => {
  const shapes: readonly (readonly [string | readonly string[], string])[] = [
    ["/opt/shop/bin/reindex --all 5 /srv/x", "reindex --all"],
    ["mysqldump -uroot -pHUNTER2 --password=HUNTER2 shop", "mysqldump -u -p --password"],
    ["PASSWORD=HUNTER2 ./migrate.sh", "migrate.sh"],
    ["echo HUNTER2 | passwd --stdin root && sleep 5", "echo; passwd --stdin; sleep"],
    ["cat <<END\nHUNTER2 --x\nEND", "cat"],
    [["sh", "-c", "echo HUNTER2"], "sh -c"],
    ["reindex {{ options }}", ""],
    ["until test -e /srv/HUNTER2; do sleep 1; done; echo x", "test -e; sleep; echo"],
    ["'HUNTER 2'", ""],
    ["", ""],
  ];
  for (const [command, shape] of shapes) assert.equal(shapeOfCommand(command), shape);
});

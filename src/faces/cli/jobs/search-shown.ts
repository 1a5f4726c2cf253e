// A search for jobs with what it is at in a footer, for commands whose own output comes after it.

import { withFooter } from "../footer.ts";
import type { World } from "../world.ts";
import type { Errand, Search } from "./found.ts";
import { searchJobs } from "./found.ts";

/** As `searchJobs`, with its progress and its problems shown; the footer is away before `atLast`. */
export async function searchShown(world: World, search: Search, { use, atLast }: Pick<Errand, "use" | "atLast">): ReturnType<typeof searchJobs> {
  return withFooter(world, async (footer) =>
    searchJobs(world, search, {
      err: (text) => footer.print(text, "err"),
      progress: (text) => footer.set(text === undefined ? [] : [text]),
      use,
      ...(atLast === undefined ? {} : {
        atLast: async () => {
          footer.stop();
          await atLast();
        },
      }),
    }),
  );
}

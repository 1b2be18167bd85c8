/** The page of a report: all its parts, at the first stale read if there is one. */

import { listen } from "./controls.js";
import { showDiagram } from "./diagram.js";
import { showNow } from "./now.js";
import { showOperations } from "./operations.js";
import { preparePaper } from "./paper.js";
import { drawAll } from "./parts.js";
import { choosePace } from "./play.js";
import { showQueues } from "./queues.js";
import { begins, operations } from "./story.js";
import { showValues } from "./values.js";
import { showVerdicts } from "./verdicts.js";
import { moveTo, seeAll } from "./view.js";

choosePace();
showNow();
showDiagram();
showQueues();
showVerdicts();
showValues();
showOperations();
listen();
preparePaper();
seeAll();
moveTo(operations.find(({ staleBy }) => staleBy !== null)?.ended ?? begins);
drawAll();

/** The library's reports: found, narrowed, sorted and opened, and the ways to add, to describe and to delete some. */

import { button, make } from "../dom.js";
import { t } from "../i18n.js";
import { countReports, isOpen, library, openLibrary, source } from "../panes.js";
import { getScope, onScope, setScope } from "../scope.js";
import { words } from "../server.js";
import { openSource } from "../source/reading.js";
import { chooseTab } from "../tabs.js";
import { VirtualList } from "../virtual.js";
import { focusRow, walk } from "../walking.js";
import { showCitations } from "./cited.js";
import { watchDrops } from "./dropping.js";
import { editReport } from "./editing.js";
import { facetsButton, facetsElement, showCounts } from "./facets.js";
import { findField } from "./finding.js";
import { onJobEnded } from "./jobs.js";
import { narrowed } from "./narrowing.js";
import { itemsOf, sorted } from "./ordering.js";
import { hideReport, onReports, readReports, reportOf, reports } from "./records.js";
import { removeWithUndo } from "./removal.js";
import { groupRow, reportRow } from "./row.js";
import { toggleMenu } from "../menu.js";
import { onAdded } from "./uploading.js";
import { addButtons, uploadsElement } from "./uploads.js";
import { getView, viewButton } from "./view.js";
